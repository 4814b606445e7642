"""Alpaca: `instruction`, `input` and `output`, in a JSON list or one a line; `history` has earlier turns."""

from collections.abc import Iterator
from typing import Any

from core.questions import ROLES, QuestionRecord, Turn
from evaluation.formats.said import Said, reply
from evaluation.formats.types import Format, Values
from evaluation.formats.values import text


def fits(values: Values) -> bool:
    """Say whether there are an instruction and an output."""
    return "instruction" in values and "output" in values


def read(values: Values) -> QuestionRecord:
    """Return the instruction, and below it the input, as a question."""
    for key in ("instruction", "output"):
        if key not in values:
            raise ValueError(f"key {key!r} is missing")
    asked = (text(values[key], key) for key in ("instruction", "input") if values.get(key))
    answer = text(values["output"], "output")
    return Said("\n\n".join(filter(None, asked)), [answer], tuple(_history(values))).record()


def write(record: QuestionRecord) -> dict[str, Any]:
    """Return the question as an instruction."""
    said = [turn.content for turn in record.turns]
    pairs = [list(pair) for pair in zip(said[::2], said[1::2], strict=False)]
    row = {"instruction": record.question, "input": "", "output": reply(record)}
    return {**row, "history": pairs} if pairs else row


def leaves(values: Values) -> Iterator[str]:
    """Yield the instructions to a system."""
    if values.get("system"):
        yield "system messages"


def _history(values: Values) -> Iterator[Turn]:
    pairs = values.get("history") or []
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise ValueError("history is no list of pairs, a question and its answer")
    for pair in pairs:
        for role, said in zip(ROLES, pair, strict=True):
            if not (content := text(said, "a turn of the history")):
                raise ValueError("a turn of the history is empty")
            yield Turn(role, content)


ALPACA = Format(fits, read, write, (".json", ".jsonl"), frozenset({"turns"}), leaves)
