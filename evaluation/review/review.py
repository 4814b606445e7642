"""The review of a domain's drafts: decisions go to the journal, and `questions.jsonl` follows it.

The journal is the truth. What stands in the file is derived from it whenever somebody opens the review or
decides, so a crash between the two is mended by the next opening. Knows nothing of documents or sheets.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.domain import Domain
from core.questions import amend_questions, read_rows
from evaluation.review.history import History, histories
from evaluation.review.journal import Journal, Step, Undo, last_of
from evaluation.review.types import Decision, Draft, ReviewError, Row, digest

_CONTENT = (
    *("question", "answers", "evidence_doc_ids", "evidence_text", "answer_type", "split"),
    *("turns", "standalone", "lang"),
)
_NAME_CHARS = 60


class Review:
    """Drafts in a file of questions, and what reviewers say of them in a journal."""

    def __init__(
        self, questions: Path, journal: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._questions, self._journal, self._clock = questions, Journal(journal), clock

    def drafts(self) -> list[Draft]:
        """Return all drafts, those that were taken out last, after the file was brought up to date.

        Raises:
            AssistantError: the journal or the file has a broken line.
        """
        if not self._journal.path.exists():  # nothing to follow, and nothing to keep others from
            return [history.draft for history in self._known(()).values()]
        with self._journal.alone():
            return [history.draft for history in self._up_to_date(self._journal.steps()).values()]

    def decide(self, decision: Decision) -> None:
        """Take down what a reviewer decided; said twice, it counts once.

        Raises:
            ReviewError: it is about something that is no draft, or has changed since it was seen.
        """
        (error,) = self.decide_all([decision])
        if error:
            raise error

    def decide_all(self, decisions: Sequence[Decision]) -> list[ReviewError | None]:
        """Take down several decisions; return for each why it could not be taken, or None."""
        with self._journal.alone():
            known = self._up_to_date(self._journal.steps())
            errors: list[ReviewError | None] = []
            taken: list[Decision] = []
            for decision in decisions:
                try:
                    taken += self._taken(decision, known)
                    errors.append(None)
                except ReviewError as error:
                    errors.append(error)
            if taken:
                self._journal.append(taken)
                self._up_to_date(self._journal.steps())
        return errors

    def undo(self, reviewer: str) -> str:
        """Take back a reviewer's last decision; return the id of the question that it was on.

        Raises:
            ReviewError: there is none.
        """
        reviewer = named(reviewer)
        with self._journal.alone():
            last = last_of(self._journal.steps(), reviewer)
            if last is None:
                raise ReviewError(f"{reviewer} has no decision that could be taken back")
            self._journal.append([Undo(last.question, reviewer, self._now())])
            self._up_to_date(self._journal.steps())
        return last.question

    def _taken(self, decision: Decision, known: dict[str, History]) -> list[Decision]:
        """Return the decision as it goes to the journal; nothing if it is there already."""
        id, reviewer = decision.question, named(decision.reviewer)
        history = known.get(id)
        if history is None:
            raise ReviewError(f"{id} is no draft here; export or open the drafts again")
        if decision.seen not in history.versions:
            raise ReviewError(f"{id} has changed since it was seen; look at it again")
        draft, whole = history.draft, replace(decision, reviewer=reviewer)
        if whole.repeats(draft.decisions.get(reviewer)):
            return []
        if decision.verdict == "edit" and decision.seen != draft.sha:
            raise ReviewError(f"{id} has been edited since it was seen; look at it again")
        whole = replace(whole, row=history.versions[decision.seen], time=self._now())
        try:
            digest(whole.made)
        except (KeyError, TypeError, ValueError) as error:
            raise ReviewError(f"{id}: {error}; mend the edit") from error
        history.take(Step(whole, is_undo=False))
        return [whole]

    def _up_to_date(self, steps: Iterable[Step]) -> dict[str, History]:
        """Bring the file up to date with the journal; return its drafts and those that were taken out."""
        changes: dict[str, Row | None] = {}
        returning, found = [], {}
        for id, history in self._known(steps).items():
            draft = history.draft
            if history.in_file is not None:
                changes[id] = None if draft.rejected else _difference(history.in_file, draft)
            elif history.has_returned:
                returning.append({**draft.row, "reviewed": draft.reviewed})
            elif not draft.rejected:
                continue  # somebody else took it out of the file
            found[id] = history
        changes = {id: change for id, change in changes.items() if change != {}}
        if changes or returning:
            amend_questions(self._questions, changes, returning)
        return found

    def _known(self, steps: Iterable[Step]) -> dict[str, History]:
        """Return the drafts that stand in the file, then those that stood there, by id."""
        rows = list(read_rows(self._questions)) if self._questions.exists() else []
        written = {record.id for record, _ in rows if not record.is_drafted}
        drafted = {record.id: row for record, row in rows if record.is_drafted}
        return histories((step for step in steps if step.decision.question not in written), drafted)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def open_review(domain: Domain) -> Review:
    """Return the review of a domain's drafts; its journal lies with the domain's state."""
    journal = domain.settings().home / "reviews" / f"{domain.key}.jsonl"
    return Review(domain.folder / "questions.jsonl", journal)


def named(reviewer: str) -> str:
    """Return a reviewer's name on one line.

    Raises:
        ReviewError: it is empty or too long.
    """
    name = " ".join(reviewer.split())
    if not 0 < len(name) <= _NAME_CHARS:
        raise ReviewError(f"a reviewer's name has 1 to {_NAME_CHARS} characters; give one")
    return name


def _difference(row: Row, draft: Draft) -> dict[str, Any]:
    """Return the keys of a row in the file that have to change."""
    wanted: dict[str, Any] = {}
    if digest(row) != draft.sha:
        wanted = {key: draft.row.get(key) for key in _CONTENT if key in draft.row or key in row}
    if "reviewed" in row or draft.reviewed:
        wanted["reviewed"] = draft.reviewed
    return {key: value for key, value in wanted.items() if key not in row or row[key] != value}
