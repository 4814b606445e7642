"""ShareGPT: `conversations`, each message `from` human or gpt with its `value`; a system's are left out."""

from collections.abc import Iterator
from typing import Any

from core.questions import QuestionRecord, Turn
from evaluation.formats.messages import are_messages, exchange, left_out, spoken
from evaluation.formats.said import Said, reply
from evaluation.formats.types import Format, Values

_KEYS = {"from": "value", "role": "content"}
"""Who speaks, and what is said: ShareGPT's own keys, and those that some of its heirs have."""
_NAMES = {"user": "human", "assistant": "gpt"}


def fits(values: Values) -> bool:
    """Say whether there is a list of conversations."""
    return any(are_messages(values.get("conversations"), speaker) for speaker in _KEYS)


def read(values: Values) -> QuestionRecord:
    """Return the last exchange as a question, those before it as its turns."""
    if "conversations" not in values:
        raise ValueError("key 'conversations' is missing")
    speaker = _speaker(values)
    found = exchange(spoken(values["conversations"], speaker, _KEYS[speaker]))
    return Said(found.question, [found.answer], found.turns, id=str(values.get("id") or "")).record()


def write(record: QuestionRecord) -> dict[str, Any]:
    """Return the turns, the question and its best answer as a conversation."""
    said = [*record.turns, Turn("user", record.question), Turn("assistant", reply(record))]
    messages = [{"from": _NAMES[turn.role], "value": turn.content} for turn in said]
    return {"id": record.id, "conversations": messages}


def leaves(values: Values) -> Iterator[str]:
    """Yield what is neither the human's nor the model's."""
    yield from left_out(values["conversations"], _speaker(values))
    if values.get("system"):
        yield "system messages"


def _speaker(values: Values) -> str:
    return "role" if are_messages(values["conversations"], "role") else "from"


SHAREGPT = Format(fits, read, write, (".json", ".jsonl"), frozenset({"turns"}), leaves)
