"""Correct and exact match on invented answers, their values decided before the rules saw them.

`invented.jsonl`: 958 answers of travel, law and daily life, both languages. When they were written the
rules were right on 90 % of them; `wrong` marks those that they still are not, most of which want knowledge
of the world ("Only guide dogs are allowed" of pets).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.agreement import correct, exact_match
from assistant.refusals import is_refusal

LINES = Path(__file__).with_name("invented.jsonl").read_text(encoding="utf-8").splitlines()
ROWS: list[dict[str, Any]] = [json.loads(line) for line in LINES]


def holds(row: dict[str, Any]) -> bool:
    text, answers = row["text"], row["answers"]
    if row["answer_type"] == "exact_match":
        value = exact_match(text, answers[0])
    else:
        value = correct(text, answers, row["answer_type"], row["question"], is_refusal(text))
    return row["least"] - 0.01 <= value <= row["most"] + 0.01


@pytest.mark.parametrize("kind", ["yesno", "number", "list", "exact_match"])
def test_what_was_right_stays_right(kind: str) -> None:
    rows = [row for row in ROWS if row["answer_type"] == kind and not row.get("wrong")]
    assert [row for row in rows if not holds(row)] == []


def test_few_are_wrong() -> None:
    assert sum(map(holds, ROWS)) / len(ROWS) >= 0.97
