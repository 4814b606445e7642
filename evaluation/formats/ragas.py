"""RAGAS test sets, by their names of before 0.2 and of today.

`contexts` beside an `answer`, and `retrieved_contexts`, are what a system has found: that is no evidence, and
left out.
"""

import re
from collections.abc import Iterator
from typing import Any

from core.questions import QuestionRecord
from evaluation.formats.messages import are_messages, last_question, spoken
from evaluation.formats.said import Said, alone, reply
from evaluation.formats.types import Format, Values
from evaluation.formats.values import first, listed, text, texts

_QUESTION = ("user_input", "question")
_ANSWER = ("reference", "ground_truth", "ground_truths", "ground_truth_answer")
_OWN = {"user_input", "reference_contexts", "retrieved_contexts", *_ANSWER[1:]}
_HOP = re.compile(r"^\s*<\d+-hop>\s*")  # set before each passage of a question over several


def fits(values: Values) -> bool:
    """Say whether there is a question, and a name that only RAGAS has."""
    return any(key in values for key in _QUESTION) and bool(_OWN & values.keys())


def read(values: Values) -> QuestionRecord:
    """Return the question with its reference, and its passages as evidence."""
    asked = first(values, _QUESTION, "question")
    turns: tuple[Any, ...] = ()
    if are_messages(asked, "type"):
        asked, turns = last_question(spoken(asked, "type", "content"))
    right = first(values, _ANSWER, "reference")
    answers = texts(listed(right) if "ground_truths" in values else right, "the reference")
    return Said(text(asked, "the question"), answers, turns, tuple(_passages(values))).record()


def write(record: QuestionRecord) -> dict[str, Any]:
    """Return the question by today's names."""
    passages = list(record.evidence_text)
    return {"user_input": alone(record), "reference": reply(record), "reference_contexts": passages}


def leaves(values: Values) -> Iterator[str]:
    """Yield what a system has found."""
    names = ("retrieved_contexts", "contexts" if values.get("answer") else "")
    yield from (f"{name}, which say what a system found" for name in names if values.get(name))


def _passages(values: Values) -> Iterator[str]:
    found = values.get("reference_contexts") or ("" if values.get("answer") else values.get("contexts"))
    yield from (_HOP.sub("", one) for one in texts(listed(found or ""), "a context"))


RAGAS = Format(fits, read, write, (".jsonl", ".json", ".csv"), frozenset({"evidence"}), leaves)
