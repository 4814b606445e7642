"""A file of the user's as examples: Alpaca, ShareGPT, OpenAI chats, pairs, labels. Knows no domain.

A JSON list or one object a line. Of a chat every turn of the assistant is an example behind what was said
before it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from assistant.types import Message
from core.errors import DomainError
from core.language import detect_question
from finetune.types import NO_RECORD, Example

_ROLES = {
    **{"system": "system", "user": "user", "assistant": "assistant", "human": "user", "gpt": "assistant"},
    **{"bot": "assistant", "model": "assistant"},
}
_HELD_OUT = 10
"""One of so many rows stops the training."""


def read_own(path: Path) -> list[Example]:
    """Return the examples of a file.

    Raises:
        DomainError: it cannot be read, or a row is of no known format, by its number.
    """
    examples: list[Example] = []
    for number, row in enumerate(_rows(path), start=1):
        try:
            found = list(_examples(row, f"{path.stem}:{number}"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DomainError(f"{path}, row {number}: {_reason(error)}; {_FORMATS}") from error
        if not found:
            raise DomainError(f"{path}, row {number}: nothing is replied; {_FORMATS}")
        examples += found
    if not examples:
        raise DomainError(f"{path} is empty; {_FORMATS}")
    return examples


def held_out(examples: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Return what is learned and, by the seed, one row of ten that stops the training; chats stay whole.

    Raises:
        DomainError: there are fewer than two rows.
    """
    rows = sorted({_row_of(one) for one in examples})
    if len(rows) < 2:
        raise DomainError("finetune.data has one row; it needs one to learn and another to know when to stop")
    aside = set(Random(seed).sample(rows, max(1, len(rows) // _HELD_OUT)))
    return (
        [one for one in examples if _row_of(one) not in aside],
        [one for one in examples if _row_of(one) in aside],
    )


_FORMATS = (
    "write instruction, input and output (Alpaca), conversations (ShareGPT), messages (OpenAI), "
    "prompt, chosen and rejected, or prompt, completion and a label that is true or false"
)


def _rows(path: Path) -> Sequence[Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DomainError(f"finetune.data: {path} cannot be read ({error}); name a file in UTF-8") from error
    if text.lstrip().startswith("["):
        try:
            return list(json.loads(text))
        except ValueError as error:
            raise DomainError(f"{path} is no JSON list: {error}; mend it") from error
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            rows += [json.loads(line)] if line.strip() else []
        except ValueError as error:
            raise DomainError(f"{path}, line {number}: {error}; mend or remove this line") from error
    return rows


def _examples(row: Mapping[str, Any], id: str) -> Iterator[Example]:
    for keys, read in _READERS:
        if keys <= row.keys():
            yield from read(row, id)
            return
    raise ValueError(f"keys {', '.join(map(str, row)) or 'none'} are of no known format")


def _alpaca(row: Mapping[str, Any], id: str) -> Iterator[Example]:
    asked = "\n\n".join(filter(None, (_text(row["instruction"]), _text(row.get("input") or ""))))
    before = (Message("system", _text(row["system"])),) if row.get("system") else ()
    yield from _with_reply(id, (*before, Message("user", asked)), _text(row["output"]))


def _share_gpt(row: Mapping[str, Any], id: str) -> Iterator[Example]:
    yield from _turns([Message(_ROLES[one["from"]], _text(one["value"])) for one in row["conversations"]], id)


def _open_ai(row: Mapping[str, Any], id: str) -> Iterator[Example]:
    yield from _turns(_messages(row["messages"]), id)


def _pair(row: Mapping[str, Any], id: str) -> Iterator[Example]:
    chosen, rejected = _said(row["chosen"]), _said(row["rejected"])
    before = _asked(row["prompt"]) if row.get("prompt") else tuple(_messages(row["chosen"])[:-1])
    if not before:
        raise ValueError("a pair has no prompt")
    yield _example(id, before, chosen, rejected)


def _labelled(row: Mapping[str, Any], id: str) -> Iterator[Example]:
    if not isinstance(row["label"], bool):
        raise ValueError(f"the label is {row['label']!r} and not true or false")
    said = _said(row["completion"])
    if not said:
        raise ValueError("the completion is empty")
    reply, rejected = (said, "") if row["label"] else ("", said)
    yield _example(id, _asked(row["prompt"]), reply, rejected)


_READERS: tuple[tuple[frozenset[str], Callable[[Mapping[str, Any], str], Iterator[Example]]], ...] = (
    (frozenset({"chosen", "rejected"}), _pair),
    (frozenset({"prompt", "completion", "label"}), _labelled),
    (frozenset({"messages"}), _open_ai),
    (frozenset({"conversations"}), _share_gpt),
    (frozenset({"instruction", "output"}), _alpaca),
)


def _turns(messages: Sequence[Message], id: str) -> Iterator[Example]:
    for place, one in enumerate(messages):
        if one.role == "assistant" and place:
            yield from _with_reply(f"{id}.{place}", tuple(messages[:place]), one.content)


def _with_reply(id: str, messages: tuple[Message, ...], reply: str) -> Iterator[Example]:
    if not any(one.role == "user" for one in messages) or not reply:
        raise ValueError("a reply is empty, or nobody asks for it")
    yield _example(id, messages, reply)


def _example(id: str, messages: tuple[Message, ...], reply: str, rejected: str = "") -> Example:
    """Return an example whose question is the last turn, with the reply as its one right answer."""
    asked = messages[-1].content
    answers = (reply,) if reply else ()
    record = replace(NO_RECORD, id=id, question=asked, answers=answers, lang=detect_question(asked))
    return Example(id, messages, reply, rejected=rejected, record=record)


def _asked(prompt: Any) -> tuple[Message, ...]:
    return (Message("user", _text(prompt)),) if isinstance(prompt, str) else tuple(_messages(prompt))


def _said(reply: Any) -> str:
    return _text(reply) if isinstance(reply, str) else _messages(reply)[-1].content


def _messages(turns: Any) -> list[Message]:
    return [Message(_ROLES[one["role"]], _text(one["content"])) for one in turns]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value.strip()


def _row_of(example: Example) -> str:
    return example.question_id.rpartition(":")[2].partition(".")[0]


def _reason(error: Exception) -> str:
    return f"{error} is missing or not known" if isinstance(error, KeyError) else str(error)
