"""A shop with two documents and its drafted questions, in a temporary folder."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.questions import DRAFTED
from evaluation.review.review import Review
from evaluation.review.types import Draft

DOCUMENTS = {
    "fees.md": "---\nid: fees\ntitle: Fees\n---\nA bag costs 30 euros. A bike costs 45 euros.\n\nAsk there.",
    "limits.md": "---\nid: limits\ntitle: 退货规则\n---\n退货期限为七日。退款应当在十五日内支付。",
}
MINE = {"id": "mine", "question": "Who pays?", "answers": ["You"], "asked_by": "Ann"}


def draft(id: str, **said: Any) -> dict[str, Any]:
    return {
        "id": id,
        "question": f"What does a bag cost, {id}?",
        "answers": ["30 euros", "EUR 30"],
        "evidence_doc_ids": ["fees"],
        "evidence_text": ["A bag costs 30 euros."],
        "answer_type": "number",
        "split": "test",
        "fact_id": f"fact-{id}",
        "lang": "en",
        "origin": DRAFTED,
        "model": "writer",
        "reviewed": False,
        "chunk": f"fees#{id}",  # a key that nobody here knows
        **said,
    }


CHINESE = draft(
    "zh1",
    question="多久之内可以退货？",
    answers=["7天", "七日"],
    evidence_doc_ids=["limits"],
    evidence_text=["退货期限为七日。"],
    lang="zh",
)


def write(path: Path, *rows: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


class Desk:
    """A domain folder with drafts, and the review of them."""

    def __init__(self, folder: Path, *rows: dict[str, Any]) -> None:
        self.folder = folder / "shop"
        (self.folder / "documents").mkdir(parents=True)
        for name, text in DOCUMENTS.items():
            (self.folder / "documents" / name).write_text(text, encoding="utf-8")
        self.questions = self.folder / "questions.jsonl"
        self.journal = folder / "reviews" / "shop.jsonl"
        write(self.questions, *rows)
        self.review = Review(self.questions, self.journal, _clock().__next__)

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.questions.read_text(encoding="utf-8").splitlines()]

    def row(self, id: str) -> dict[str, Any] | None:
        return next((row for row in self.rows() if row["id"] == id), None)

    def draft(self, id: str) -> Draft:
        return next(one for one in self.review.drafts() if one.row["id"] == id)

    def accept(self, id: str, reviewer: str = "ann") -> None:
        self.review.decide(self.draft(id).decision(reviewer, "accept"))

    def reject(self, id: str, reviewer: str = "ann") -> None:
        self.review.decide(self.draft(id).decision(reviewer, "reject"))

    def edit(self, id: str, reviewer: str = "ann", **changed: Any) -> None:
        self.review.decide(self.draft(id).decision(reviewer, "edit", changed))

    def undo(self, reviewer: str = "ann") -> str:
        return self.review.undo(reviewer)


def _clock() -> Iterator[datetime]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    while True:
        yield (now := now + timedelta(seconds=1))
