"""Draft and Decision: what reviewers see, and what they say of it. Knows nothing of files or journals."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.errors import AssistantError
from core.questions import QuestionRecord, from_row

Row = Mapping[str, Any]
"""A question as an object of `questions.jsonl`."""
Verdict = Literal["accept", "edit", "reject"]
_SEEN = (
    *("question", "answers", "evidence_doc_ids", "evidence_text", "answer_type", "split"),
    *("turns", "standalone"),
)


class ReviewError(AssistantError):
    """A decision that cannot be taken, or a journal or sheet that cannot be read."""


def digest(row: Row) -> str:
    """Return the sha256 of what a reviewer sees of a question, shortened to 16 digits.

    What else its object holds may change without a new review.
    """
    record = from_row(dict(row))
    content = json.dumps({key: getattr(record, key) for key in _SEEN}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer says of the content `seen` of a question; `changed` are the keys that an edit changes.

    Who takes it down adds the `row` that was seen, whole, and the `time` in UTC.
    """

    question: str
    seen: str
    reviewer: str
    verdict: Verdict
    changed: Row = field(default_factory=dict)
    note: str = ""
    row: Row = field(default_factory=dict)
    time: str = ""

    @property
    def made(self) -> Row:
        """The question as the reviewer wants it."""
        return {**self.row, **self.changed}

    def repeats(self, other: "Decision | None") -> bool:
        """Whether it says of the same content what another one said."""
        return other is not None and self._said == other._said

    @property
    def _said(self) -> tuple[object, ...]:
        return self.question, self.seen, self.reviewer, self.verdict, dict(self.changed), self.note


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted question as it stands, or as it stood when it was taken out.

    `decisions` has the last of each reviewer that was not taken back; `versions` is every content that
    anybody may have seen, by its digest.
    """

    row: Row
    sha: str
    decisions: Mapping[str, Decision]
    versions: Mapping[str, Row]
    reviewed: bool

    @property
    def record(self) -> QuestionRecord:
        """The question."""
        return from_row(dict(self.row))

    @property
    def rejected(self) -> bool:
        """Whether somebody rejects it: it is out of the questions."""
        return any(one.verdict == "reject" for one in self.decisions.values())

    @property
    def disputed(self) -> bool:
        """Whether somebody rejects what somebody else wants."""
        return len({one.verdict == "reject" for one in self.decisions.values()}) > 1

    def decided_by(self, reviewer: str) -> bool:
        """Whether a reviewer has said what they think of it, as it stands."""
        said = self.decisions.get(reviewer)
        return said is not None and (said.verdict == "reject" or digest(said.made) == self.sha)

    def decision(
        self, reviewer: str, verdict: Verdict, changed: Row | None = None, note: str = ""
    ) -> Decision:
        """Return what a reviewer says of it as it stands."""
        return Decision(str(self.row["id"]), self.sha, reviewer, verdict, changed or {}, note)
