"""What the rows of a sheet decide. Knows nothing of how a sheet or the journal is written."""

import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from core.questions import from_row
from evaluation.review.editing import changes, fields_of
from evaluation.review.review import Review
from evaluation.review.sheet import fields_in, parts, rows_of
from evaluation.review.types import Decision, Draft, ReviewError, Verdict
from ingest.types import Document

WORDS: Mapping[str, Verdict] = {
    **dict.fromkeys(("accept", "accepted", "ok", "yes", "y", "通过", "接受", "是", "对"), "accept"),
    **dict.fromkeys(("reject", "rejected", "no", "n", "拒绝", "不通过", "否", "错"), "reject"),
    **dict.fromkeys(("edit", "edited", "修改"), "edit"),
}
"""What a verdict is called."""
Documents = Callable[[Collection[str]], Mapping[str, Document]]
"""Finds documents by their ids."""


class Problem(NamedTuple):
    """Why a row of a sheet was not taken; the head is row 1."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows of a sheet: how many have each verdict, how many none, and which are bad."""

    accepted: int
    edited: int
    rejected: int
    empty: int
    problems: tuple[Problem, ...]


def take_in(path: Path, review: Review, reviewer: str, documents: Documents) -> Imported:
    """Take down the verdicts and changes of a sheet that came back; a bad row leaves the others as they are.

    Raises:
        ReviewError: the sheet cannot be read.
    """
    rows = list(rows_of(path))
    reading = _Reading(reviewer, {str(one.row["id"]): one for one in review.drafts()})
    edited = [row for _, row in rows if reading.is_edited(row)]
    reading.known = documents({id for row in edited for id in reading.quoted(row)}) if edited else {}
    decisions: dict[int, Decision] = {}
    problems = []
    for number, row in rows:
        try:
            if decision := reading.decision(row):
                decisions[number] = decision
        except ReviewError as error:
            problems.append(Problem(number, str(error)))
    empty = len(rows) - len(decisions) - len(problems)
    refused = zip(tuple(decisions), review.decide_all(tuple(decisions.values())), strict=True)
    for number, why in refused:
        if why:
            problems.append(Problem(number, str(why)))
            del decisions[number]
    said = [one.verdict for one in decisions.values()]
    accepted, changed, rejected = (said.count(verdict) for verdict in ("accept", "edit", "reject"))
    return Imported(accepted, changed, rejected, empty, tuple(sorted(problems)))


class _Reading:
    """Reads rows as decisions of a reviewer on drafts; `known` are the documents that may be quoted."""

    def __init__(self, reviewer: str, drafts: Mapping[str, Draft]) -> None:
        self._reviewer, self._drafts = reviewer, drafts
        self._done: set[str] = set()
        self.known: Mapping[str, Document] = {}

    def decision(self, row: Mapping[str, str]) -> Decision | None:
        """Return what a row says; None where it says nothing.

        Raises:
            ReviewError: an unknown verdict or draft, words that no draft ever had, or an impossible edit.
        """
        id, word = row["id"], _word(row.get("verdict", ""))
        if word and word not in WORDS:
            raise ReviewError(f"{id}: verdict {row['verdict']!r} is none of {', '.join(WORDS)}")
        draft = self._drafts.get(id)
        if draft is None:
            raise ReviewError(f"{id!r} is no draft here; export the drafts again")
        seen = row.get("seen", "").strip() or draft.sha
        if seen not in draft.versions:
            raise ReviewError(f"{id} has changed since it was exported; export it again")
        verdict = WORDS.get(word)
        changed = {} if verdict == "reject" else self._changed(row, draft, seen)
        if verdict == "edit" and not changed:
            raise ReviewError(f"{id}: the verdict is {row['verdict']!r}, but no cell is changed; change one")
        if not (verdict or changed):
            return None
        if id in self._done:
            raise ReviewError(f"{id} is there twice; the first row counts")
        self._done.add(id)
        note = row.get("note", "").strip()
        return Decision(id, seen, self._reviewer, "edit" if changed else verdict or "edit", changed, note)

    def is_edited(self, row: Mapping[str, str]) -> bool:
        """Whether some cell is not as it was exported."""
        draft = self._drafts.get(row["id"])
        seen = draft and draft.versions.get(row.get("seen", "").strip() or draft.sha)
        if not seen:
            return False
        record = from_row(dict(seen))
        return fields_in(row, record) != fields_of(record)

    def quoted(self, row: Mapping[str, str]) -> tuple[str, ...]:
        """Return the ids of the documents that a row quotes."""
        return parts(row.get("document", "")) or self._drafts[row["id"]].record.evidence_doc_ids

    def _changed(self, row: Mapping[str, str], draft: Draft, seen: str) -> dict[str, object]:
        record = from_row(dict(draft.versions[seen]))
        try:
            return changes(record, fields_in(row, record), self.known)
        except ReviewError as error:
            raise ReviewError(f"{row['id']}: {error}") from error


def _word(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip(" .!。\t\r\n").casefold()
