"""OpenAI's evals: `input` and `ideal` (openai/evals), or an `item` with keys of its author's (the Evals API).

A system's messages are instructions and left out, except where there is nothing else to ask. Written is the
first shape.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from core.questions import QuestionRecord, Turn
from evaluation.formats.messages import are_messages, last_question, left_out, spoken
from evaluation.formats.said import Said, reply
from evaluation.formats.types import Format, Values
from evaluation.formats.values import first, text, texts

_QUESTION = (
    *("input", "question", "query", "prompt", "messages", "user_input", "user_message", "text"),
    *("ticket_text", "problem", "instruction", "问题"),
)
_ANSWER = (
    *("ideal", "answer", "answers", "reference", "reference_answer", "expected", "expected_output"),
    *("expected_answer", "correct_answer", "correct_label", "ground_truth", "gold", "label", "target"),
    *("output", "completion", "response", "答案"),
)
_EVIDENCE = ("contexts", "context", "reference_contexts", "evidence")


def fits(values: Values) -> bool:
    """Say whether there are input and ideal, or an item."""
    return ("input" in values and "ideal" in values) or isinstance(values.get("item"), Mapping)


def read(values: Values) -> QuestionRecord:
    """Return what the user asks last; `ideal` are the right answers."""
    item = _item(values)
    question, turns = _asked(first(item, _QUESTION, "question"))
    answers = texts(first(item, _ANSWER, "right answer"), "the right answer")
    passages = next((item[key] for key in _EVIDENCE if item.get(key)), ())
    return Said(
        question,
        answers,
        turns,
        evidence=texts(passages, "the evidence") if passages else (),
        id=str(item.get("id") or values.get("id") or ""),
    ).record()


def write(record: QuestionRecord) -> dict[str, Any]:
    """Return the question as messages, and what is ideal: all right answers, or a refusal."""
    said = [*record.turns, Turn("user", record.question)]
    ideal = list(record.answers) if len(record.answers) > 1 else reply(record)
    return {"id": record.id, "input": [turn._asdict() for turn in said], "ideal": ideal}


def leaves(values: Values) -> Iterator[str]:
    """Yield what is neither the user's nor the assistant's, and what a model said."""
    yield from left_out(first(_item(values), _QUESTION, "question"), "role")
    if values.get("sample"):
        yield "samples, which say what a model answered"


def _item(values: Values) -> Values:
    item = values.get("item", values)
    if not isinstance(item, Mapping):
        raise ValueError("the item is no object")
    return item


def _asked(value: Any) -> tuple[str, tuple[Turn, ...]]:
    if not are_messages(value, "role"):
        return text(value, "the question"), ()
    if said := spoken(value, "role", "content"):
        return last_question(said)
    return text(value[-1].get("content"), "the question"), ()


OPENAI_EVALS = Format(fits, read, write, (".jsonl",), frozenset({"answers", "turns"}), leaves)
