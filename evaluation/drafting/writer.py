"""Has a model write questions about passages, as JSON that a schema holds it to. Knows nothing of guards.

The sentence that proves the answer comes first and can only be one of the passage's own: a quote that the
document does not hold cannot be written.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from assistant.generation.chat import spoken
from assistant.generation.types import Generation, Generator
from assistant.prompts import fenced, passage, titled
from assistant.types import Message, Prompt
from core.language import Lang
from core.quotes import spot
from evaluation.drafting.types import Draft, Dropped, Passage, Slot
from ingest.files.cleaning import clean_line
from ingest.types import Chunk

_MAX_TOKENS = 320
"""Where a reply is cut, and then not used."""
_MAX_CHARS = {"question": 240, "answer": 200}
_MOST_ITEMS = 8
_REPLY_CHARS = 500
"""What is kept of a reply that is no draft."""
_NOT_WRITTEN = (ValueError, KeyError, TypeError, RecursionError)
_SEPARATOR: dict[Lang, str] = {"en": ", ", "zh": "、"}
_WORDING = Path(__file__).with_name("wording.toml")
_ROLES = {"multi_hop": "join", "unanswerable": "miss", "reword": "reword"}

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
                yield _draft(slot, _object(reply))
            except _NOT_WRITTEN as error:
                reason = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
                reason = "cut off at its limit" if reply.ending == "length" else f"no such JSON: {reason}"
                yield Dropped("written", reason, slot, reply=spoken(reply.text)[:_REPLY_CHARS])

    def reword(self, drafts: Sequence[Draft], count: int) -> list[Draft]:
        """Return the drafts, each with up to `count` other wordings of its question."""
        replies = self._ask([_rewording(draft, count) for draft in drafts])
        return [
            replace(draft, wordings=_wordings(reply)) for draft, reply in zip(drafts, replies, strict=True)
        ]

    def _ask(self, prompts: Sequence[Prompt]) -> list[Generation]:
        return (
            self._generator.generate(prompts, _MAX_TOKENS, lambda _, __: self._on_done()) if prompts else []
        )


def _prompt(slot: Slot) -> Prompt:
    said = _said(slot.lang)
    prefix = _prefix(slot.lang, slot.kind)
    shown = [passage(one.chunk) for one in (slot.passage, slot.other) if one]
    asked = Message("user", f"{fenced(shown)}\n\n{said['asks'][slot.kind]}")
    return Prompt((*prefix, asked), prefix=prefix, schema=_schema(slot))


def _rewording(draft: Draft, count: int) -> Prompt:
    prefix = _prefix(draft.lang, "reword")
    asked = Message("user", f"{draft.question}\n\n{_asks_again(draft.lang, count)}")
    text = {"type": "string", "maxLength": _MAX_CHARS["question"]}
    listed = {"type": "array", "items": text, "minItems": count, "maxItems": count}
    return Prompt((*prefix, asked), prefix=prefix, schema=_object_schema({"questions": listed}))


@cache
def _prefix(lang: Lang, kind: str) -> tuple[Message, ...]:
    """Return the rules and one example for what is to be written: the same for every slot of a kind."""
    said, one = _said(lang), _said(lang)["shown"][kind]
    if kind == "reword":
        asked = f"{one['question']}\n\n{_asks_again(lang, len(one['questions']))}"
        reply: Mapping[str, Any] = {"questions": one["questions"]}
    else:
        shown = [titled(one["title"], one["passage"])]
        if "other_title" in one:
            shown.append(titled(one["other_title"], one["other_passage"]))
        asked = f"{fenced(shown)}\n\n{said['asks'][kind]}"
        keys = ("quote", "other_quote", "question", "answer")
        reply = {key: one[key] for key in keys if key in one}
    rules = said[_ROLES.get(kind, "write")].strip()
    answered = json.dumps(reply, ensure_ascii=False)
    return Message("system", rules), Message("user", asked), Message("assistant", answered)


def _asks_again(lang: Lang, count: int) -> str:
    return str(_said(lang)["asks"]["reword"]).format(n=count)


def _schema(slot: Slot) -> str:
    said = _said(slot.lang)
    answer: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": _MAX_CHARS["answer"]}
    keys: dict[str, Any] = {}
    if slot.quotes:
        keys["quote"] = {"enum": list(slot.quotes)}
    if slot.others:
        keys["other_quote"] = {"enum": list(slot.others)}
    keys["question"] = {"type": "string", "minLength": 4, "maxLength": _MAX_CHARS["question"]}
    if slot.type == "list":
        keys["answer"] = {"type": "array", "items": answer, "minItems": 2, "maxItems": _MOST_ITEMS}
    elif slot.type == "yesno":
        keys["answer"] = {"enum": [said[slot.sense]]}
    elif slot.type != "unanswerable":
        keys["answer"] = answer
    return _object_schema(keys)


def _object_schema(keys: Mapping[str, Any]) -> str:
    schema = {"type": "object", "properties": keys, "required": list(keys), "additionalProperties": False}
    return json.dumps(schema, ensure_ascii=False)


def _object(reply: Generation) -> dict[str, Any]:
    """Return the JSON object in a reply; a server that knows no schema may put words or a fence around it."""
    text = spoken(reply.text)
    start, end = text.find("{"), text.rfind("}")
    said = json.loads(text[start : end + 1] if 0 <= start < end else text)
    if not isinstance(said, dict):
        raise TypeError("not an object")
    return said


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
        said = _object(reply)["questions"]
        texts = said if isinstance(said, list) else []
        return tuple(dict.fromkeys(_line(text, "question") for text in texts))
    except _NOT_WRITTEN:
        return ()


@cache
def _said(lang: Lang) -> dict[str, Any]:
    said: dict[str, Any] = tomllib.loads(_WORDING.read_text(encoding="utf-8"))[lang]
    return said
