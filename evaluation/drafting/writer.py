"""Has a model write questions about passages, as JSON that a schema holds it to. Knows nothing of guards.

The sentence that proves the answer comes first and can only be one of the passage's own: a quote that the
document does not hold cannot be written.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from assistant.generation.chat import spoken
from assistant.generation.types import Generation, Generator
from assistant.prompts import fenced, passage, titled
from assistant.types import Prompt
from assistant.writing import MAX_TOKENS, after_example, near_topic, written
from core.language import Lang
from core.quotes import spot
from evaluation.drafting.types import Draft, Dropped, Passage, Slot
from ingest.files.cleaning import clean_line
from ingest.types import Chunk

_MAX_CHARS = {"question": 240, "answer": 200}
_MOST_ITEMS = 8
_REPLY_CHARS = 500
"""What is kept of a reply that is no draft."""
_NOT_WRITTEN = (ValueError, KeyError, TypeError, RecursionError)
_SEPARATOR: dict[Lang, str] = {"en": ", ", "zh": "、"}
_WORDING = Path(__file__).with_name("wording.toml")

OnDone = Callable[[], None]


class Writer:
    """Writes by `generator`; each reply is heard by `on_done`."""

    def __init__(self, generator: Generator, on_done: OnDone = lambda: None) -> None:
        self._generator, self._on_done = generator, on_done

    def write(self, slots: Sequence[Slot]) -> Iterator[Draft | Dropped]:
        """Yield a draft for each slot, or what was written instead."""
        replies = self._ask([_prompt(slot) for slot in slots])
        for slot, reply in zip(slots, replies, strict=True):
            try:
                yield _draft(slot, written(reply))
            except _NOT_WRITTEN as error:
                reason = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
                yield Dropped(
                    "written", f"no such JSON: {reason}", slot, reply=spoken(reply.text)[:_REPLY_CHARS]
                )

    def reword(self, drafts: Sequence[Draft], count: int) -> list[Draft]:
        """Return the drafts, each with up to `count` other wordings of its question."""
        replies = self._ask([_rewording(draft, count) for draft in drafts])
        return [
            replace(draft, wordings=_wordings(reply)) for draft, reply in zip(drafts, replies, strict=True)
        ]

    def _ask(self, prompts: Sequence[Prompt]) -> list[Generation]:
        return self._generator.generate(prompts, MAX_TOKENS, lambda _, __: self._on_done()) if prompts else []


def _prompt(slot: Slot) -> Prompt:
    shown = [passage(one.chunk) for one in (slot.passage, slot.other) if one]
    if slot.type == "unanswerable":
        return near_topic(slot.lang, shown)
    said, one = _said(slot.lang), _said(slot.lang)["shown"][slot.kind]
    before = [titled(one["title"], one["passage"])]
    if "other_title" in one:
        before.append(titled(one["other_title"], one["other_passage"]))
    asks = said["asks"][slot.kind]
    rules = said["join" if slot.other else "write"].strip()
    reply = {key: one[key] for key in ("quote", "other_quote", "question", "answer") if key in one}
    example = f"{fenced(before)}\n\n{asks}", reply
    return after_example(rules, example, f"{fenced(shown)}\n\n{asks}", _keys(slot))


def _rewording(draft: Draft, count: int) -> Prompt:
    said, one = _said(draft.lang), _said(draft.lang)["shown"]["reword"]
    given = f"{one['question']}\n\n{_asks_again(draft.lang, len(one['questions']))}"
    told = f"{draft.question}\n\n{_asks_again(draft.lang, count)}"
    text = {"type": "string", "maxLength": _MAX_CHARS["question"]}
    listed = {"type": "array", "items": text, "minItems": count, "maxItems": count}
    example = given, {"questions": one["questions"]}
    return after_example(said["reword"].strip(), example, told, {"questions": listed})


def _asks_again(lang: Lang, count: int) -> str:
    return str(_said(lang)["asks"]["reword"]).format(n=count)


def _keys(slot: Slot) -> dict[str, Any]:
    """Return the schema of each key of a reply, the quotes first."""
    answer: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": _MAX_CHARS["answer"]}
    keys: dict[str, Any] = {"quote": {"enum": list(slot.quotes)}}
    if slot.others:
        keys["other_quote"] = {"enum": list(slot.others)}
    keys["question"] = {"type": "string", "minLength": 4, "maxLength": _MAX_CHARS["question"]}
    if slot.type == "list":
        keys["answer"] = {"type": "array", "items": answer, "minItems": 2, "maxItems": _MOST_ITEMS}
    else:
        keys["answer"] = {"enum": [_said(slot.lang)[slot.sense]]} if slot.sense else answer
    return keys


def _draft(slot: Slot, said: Mapping[str, Any]) -> Draft:
    """Return what was written, which an endpoint need not have held to the schema."""
    evidence = []
    if slot.quotes:
        evidence.append(_quoted(slot.passage, said["quote"]))
    if slot.other:
        evidence.append(_quoted(slot.other, said["other_quote"]))
    question = _line(said["question"], "question")
    if slot.type == "unanswerable":
        return Draft(slot, question, (), tuple(evidence))
    parts = said["answer"] if isinstance(said["answer"], list) else [said["answer"]]
    answer = _SEPARATOR[slot.lang].join(_line(part, "answer") for part in parts)
    return Draft(slot, question, (answer,) if answer else (), tuple(evidence))


def _line(value: Any, key: str) -> str:
    """Return a text on one line, cleaned as documents are."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"{key} is no text")
    if len(text := str(value)) > _MAX_CHARS[key]:
        raise ValueError(f"{key} has more than {_MAX_CHARS[key]} characters")
    return clean_line(text)


def _quoted(source: Passage, quote: Any) -> Chunk:
    """Return a quote as a passage of its own, in the words of its source; blanks may differ."""
    place = spot(quote, source.chunk.text) if isinstance(quote, str) else None
    if place is None:
        raise ValueError("the quote does not stand in the passage")
    start, end = place
    begin = source.chunk.start
    return replace(source.chunk, text=source.chunk.text[start:end], start=begin + start, end=begin + end)


def _wordings(reply: Generation) -> tuple[str, ...]:
    try:
        said = written(reply)["questions"]
        texts = said if isinstance(said, list) else []
        return tuple(dict.fromkeys(_line(text, "question") for text in texts))
    except _NOT_WRITTEN:
        return ()


@cache
def _said(lang: Lang) -> dict[str, Any]:
    said: dict[str, Any] = tomllib.loads(_WORDING.read_text(encoding="utf-8"))[lang]
    return said
