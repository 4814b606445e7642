"""OpenAI's chat fine-tuning: `messages`, one conversation a line; a system's are left out."""

from collections.abc import Iterator
from typing import Any

from core.questions import QuestionRecord, Turn
from evaluation.formats.messages import are_messages, exchange, left_out, spoken
from evaluation.formats.said import Said, reply
from evaluation.formats.types import Format, Values


def fits(values: Values) -> bool:
    """Say whether there are messages."""
    return are_messages(values.get("messages"), "role")


def read(values: Values) -> QuestionRecord:
    """Return the last exchange as a question, those before it as its turns."""
    if "messages" not in values:
        raise ValueError("key 'messages' is missing")
    found = exchange(spoken(values["messages"], "role", "content"))
    return Said(found.question, [found.answer], found.turns).record()


def write(record: QuestionRecord) -> dict[str, Any]:
    """Return the turns, the question and its best answer as messages."""
    said = [*record.turns, Turn("user", record.question), Turn("assistant", reply(record))]
    return {"messages": [turn._asdict() for turn in said]}


def leaves(values: Values) -> Iterator[str]:
    """Yield what is neither the user's nor the assistant's."""
    yield from left_out(values["messages"], "role")


OPENAI_CHAT = Format(fits, read, write, (".jsonl",), frozenset({"turns"}), leaves)
