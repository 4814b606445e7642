"""Has a model answer drafts from chosen passages, or from none. Knows nothing of guards or of drafting."""

from collections.abc import Sequence

from assistant.agreement import correct
from assistant.declining import fitted_bias
from assistant.generation.chat import spoken
from assistant.generation.types import Generator
from assistant.prompts import Style, closed_book, open_book, refusal
from assistant.refusals import is_refusal
from assistant.types import Prompt
from evaluation.drafting.types import Draft
from ingest.types import Chunk

_MAX_TOKENS = 64
_LONG = {"list", "procedure"}
AGREES = 0.5
"""`correct` from which two answers count as the same."""


def read(
    reader: Generator, asked: Sequence[tuple[Draft, Sequence[Chunk]]], *, wary: bool = False
) -> list[str]:
    """Return what the reader answers from the passages given with each draft; `wary`, it declines sooner."""
    prompts = []
    for draft, passages in asked:
        book = open_book(draft.question, passages, draft.lang, _style(draft))
        bias = fitted_bias(reader.name, draft.lang) if wary else 0.0
        leaning = ((refusal(draft.lang), bias),) if bias else ()
        prompts.append(Prompt(book.messages, prefix=book.shared, one_line=True, first_bias=leaning))
    return _texts(reader, prompts)


def guess(reader: Generator, drafts: Sequence[Draft]) -> list[str]:
    """Return what the reader answers without any passage."""
    prompts = [Prompt(closed_book(one.question, one.lang, _style(one)), one_line=True) for one in drafts]
    return _texts(reader, prompts)


def agreement(draft: Draft, said: str) -> float:
    """Return how right an answer is, by the draft's own."""
    return correct(said, draft.answers, draft.type, draft.question, is_refusal(said))


def _style(draft: Draft) -> Style:
    return "sentence" if draft.type in _LONG else "short"


def _texts(reader: Generator, prompts: Sequence[Prompt]) -> list[str]:
    return [spoken(one.text).strip() for one in reader.generate(prompts, _MAX_TOKENS)] if prompts else []
