"""What steps ask of the writer: JSON by a schema, or an answer from passages. Knows no step, no wording."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from assistant.generation.chat import first_line, spoken
from assistant.generation.types import Generation
from assistant.prompts import Style, open_book
from assistant.structured import declines
from assistant.types import Prompt
from assistant.writing import MAX_TOKENS
from assistant.writing import written as object_of
from core.language import Lang
from finetune.factory.types import Material
from ingest.types import Chunk

NOT_WRITTEN = "nothing whole was written"


class Asked(NamedTuple):
    """A question, and the passages that it is to be answered from."""

    question: str
    lang: Lang
    passages: Sequence[Chunk]


class Said(NamedTuple):
    """An answer, and whether it declines to answer."""

    text: str
    declines: bool


def written(material: Material, prompts: Sequence[Prompt]) -> list[Mapping[str, str]]:
    """Return the JSON objects that the writer made of the prompts, each value on one line.

    One is empty where what came is not whole, or is not an object of texts.
    """
    if not prompts:
        return []
    return [_texts(one) for one in material.tools.writer.generate(prompts, MAX_TOKENS)]


def answers(material: Material, asked: Sequence[Asked]) -> list[Said]:
    """Return what the writer answers from passages, without any lean towards declining."""
    if not asked:
        return []
    prompts = [_reading(one, material.style) for one in asked]
    return [said(one, material.style) for one in material.tools.writer.generate(prompts)]


def said(generation: Generation, style: Style) -> Said:
    """Return a completion as an answer."""
    text = spoken(generation.text)
    text = first_line(text) if style == "short" else text
    return Said(text, declines(text))


def _reading(asked: Asked, style: Style) -> Prompt:
    book = open_book(asked.question, asked.passages, asked.lang, style)
    return Prompt(book.messages, prefix=book.shared, one_line=style == "short")


def _texts(generation: Generation) -> Mapping[str, str]:
    try:
        found = object_of(generation)
    except (ValueError, TypeError, RecursionError):
        return {}
    if not all(isinstance(one, str) and one.strip() for one in found.values()):
        return {}
    return {key: " ".join(text.split()) for key, text in found.items()}
