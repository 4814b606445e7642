"""What drafting leaves behind: questions in the domain, and beside them what was dropped. Knows no models."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.domain import Domain
from core.errors import DomainError
from core.files import write_whole
from core.questions import QuestionRecord, amend_questions, read_questions
from evaluation.drafting.types import Dropped
from settings import Settings

_WRITTEN, _DROPPED = "written.json", "dropped.jsonl"


@dataclass(frozen=True, slots=True)
class Store:
    """The drafts of a domain: `folder` remembers, `domain.folder` has the questions."""

    folder: Path
    domain: Domain

    @property
    def replies(self) -> Path:
        """The journal of what the model said: a run that was cut off goes on from it."""
        return self.folder / "replies.jsonl"

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Keep every other run out that drafts for the domain.

        Raises:
            DomainError: one is at it, or the domain's folder cannot be written.
        """
        if not os.access(self.domain.folder, os.W_OK):
            raise DomainError(
                f"{self.domain.folder} cannot be written, where questions.jsonl belongs; "
                "copy the documents to a folder of your own"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / "drafting.lock", timeout=0):
                yield
        except Timeout as error:
            raise DomainError(
                f"another run drafts questions for {self.domain.name}; wait until it has ended"
            ) from error

    def questions(self) -> list[QuestionRecord]:
        """Return all questions of the domain, people's and drafts.

        Raises:
            DomainError: a line is broken.
        """
        return list(read_questions(self._questions)) if self._questions.is_file() else []

    def taken_out(self, records: Iterable[QuestionRecord]) -> list[QuestionRecord]:
        """Return the drafts that were added once and are there no more: somebody did not want them."""
        gone = set(self._written()) - {record.id for record in self.questions()}
        return [record for record in records if record.id in gone]

    def add(self, records: Sequence[QuestionRecord]) -> list[QuestionRecord]:
        """Add drafts to the domain's questions and return those that are new.

        One that was there before is not added again, even where somebody has taken it out since.
        """
        written = self._written()
        known = {*written, *(record.id for record in self.questions())}
        new = [record for record in records if record.id not in known]
        if new:
            amend_questions(self._questions, {}, new)
        ids = sorted({*written, *(record.id for record in records)})
        write_whole(self.folder / _WRITTEN, json.dumps(ids) + "\n")
        return new

    def keep_dropped(self, dropped: Iterable[Dropped]) -> None:
        """Write what was dropped, with its reason, in place of that of the run before."""
        lines = (json.dumps(_row(one), ensure_ascii=False) for one in dropped)
        write_whole(self.folder / _DROPPED, "".join(f"{line}\n" for line in lines))

    def dropped(self) -> Iterator[dict[str, Any]]:
        """Yield what was dropped; nothing where nothing was drafted yet."""
        path = self.folder / _DROPPED
        if path.is_file():
            yield from map(json.loads, path.read_text(encoding="utf-8").split("\n")[:-1])

    @property
    def _questions(self) -> Path:
        return self.domain.folder / "questions.jsonl"

    def _written(self) -> list[str]:
        path = self.folder / _WRITTEN
        return list(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def open_store(domain: Domain, settings: Settings) -> Store:
    """Return what drafting has left behind of a domain."""
    return Store(settings.home / "drafts" / domain.key, domain)


def _row(one: Dropped) -> dict[str, Any]:
    draft, chunk = one.draft, one.slot.passage.chunk
    return {
        "guard": one.guard,
        "reason": one.reason,
        "type": one.slot.type,
        "lang": one.slot.lang,
        "document": chunk.document_id,
        "question": draft.question if draft else "",
        "answers": list(draft.answers) if draft else [],
        "evidence_text": [quote.text for quote in draft.evidence] if draft else [],
        "reply": one.reply,
    }
