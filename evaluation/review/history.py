"""What the decisions on one question make of it. Knows nothing of files.

Each decision was taken on a content that was seen; those contents, and what edits made of them, are the
versions of a draft. A content that is no version was written by somebody else, who drafted or typed it anew:
with it everything starts again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

from evaluation.review.journal import Step
from evaluation.review.types import Decision, Draft, Row, digest


@dataclass(slots=True)
class History:
    """One draft through its decisions, from the content `base` on."""

    base: Row
    versions: dict[str, Row]
    standing: list[Decision] = field(default_factory=list)
    """Those that are not taken back, in their order."""
    has_returned: bool = False
    """The last thing that happened is that nobody rejects it any more."""
    is_stale: bool = False
    """What was decided before was about another content."""
    in_file: Row | None = None
    """The draft as it stands in the file now."""

    @property
    def row(self) -> Row:
        """The draft as it should stand: its base with all edits that are not taken back."""
        return reduce(lambda row, one: {**row, **one.changed}, self.standing, self.base)

    @property
    def draft(self) -> Draft:
        """The draft as it should stand, with what was said of it."""
        row = self.row
        sha = digest(row)
        last = {one.reviewer: one for one in self.standing}
        wanted = any(one.verdict != "reject" and digest(one.made) == sha for one in last.values())
        was = self.base.get("reviewed") is True and digest(self.base) == sha and not self.is_stale
        rejected = any(one.verdict == "reject" for one in last.values())
        return Draft(row, sha, last, self.versions, reviewed=(wanted or was) and not rejected)

    def take(self, step: Step) -> None:
        """Go one step on, on a content that is among the versions."""
        before = self.draft.rejected
        if step.is_undo:
            self.standing = [one for one in self.standing if one is not step.decision]
        else:
            self.standing.append(step.decision)
            self.versions[digest(step.decision.made)] = step.decision.made
        self.versions[digest(self.row)] = self.row
        self.has_returned = before and not self.draft.rejected


def _fresh(row: Row) -> History:
    """Return the history of a draft that nobody has decided on."""
    return History(row, {digest(row): row})


def histories(steps: Iterable[Step], rows: Mapping[str, Row]) -> dict[str, History]:
    """Return the history of each draft: those of `rows`, which stand in the file, then the others."""
    told: dict[str, History] = {}
    for step in steps:
        id, seen = step.decision.question, step.decision.seen
        if not step.is_undo and (id not in told or seen not in told[id].versions):
            told[id] = _fresh(step.decision.row)
        told[id].take(step)
    found = {id: _continued(told.pop(id, None), row) for id, row in rows.items()}
    return found | told


def _continued(told: History | None, row: Row) -> History:
    """Return what was told of a draft if it goes on with the row in the file, else a new beginning."""
    goes_on = told is not None and digest(row) in told.versions
    history = told if told is not None and goes_on else _fresh(row)
    history.in_file, history.is_stale = row, told is not None and not goes_on
    return history
