"""What drafting leaves behind: questions in the domain, and beside them what was dropped. Knows no models."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain import Domain
from core.errors import DomainError
from core.questions import QuestionRecord, amend_questions
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

    def existing(self) -> list[QuestionRecord]:
        """Return the domain's questions that people wrote."""
        return [record for record in self._questions() if not record.is_drafted]

    def add(self, records: Sequence[QuestionRecord]) -> list[QuestionRecord]:
        """Add drafts to the domain's questions and return those that are new.

        One that was there before is not added again, even where somebody has taken it out since.
        """
        written = set(self._written()) | {record.id for record in self._questions()}
        new = [record for record in records if record.id not in written]
        if new:
            amend_questions(self.domain.folder / "questions.jsonl", {}, new)
        self.folder.mkdir(parents=True, exist_ok=True)
        ids = sorted({*self._written(), *(record.id for record in records)})
        (self.folder / _WRITTEN).write_text(json.dumps(ids) + "\n", encoding="utf-8")
        return new

    def keep_dropped(self, dropped: Iterable[Dropped]) -> None:
        """Write what was dropped, with its reason, in place of that of the run before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps(_row(one), ensure_ascii=False) + "\n" for one in dropped)
        with (self.folder / _DROPPED).open("w", encoding="utf-8") as file:
            file.writelines(lines)

    def dropped(self) -> Iterator[dict[str, Any]]:
        """Yield what was dropped; nothing where nothing was drafted yet."""
        path = self.folder / _DROPPED
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)

    def _questions(self) -> list[QuestionRecord]:
        if not (self.domain.folder / "questions.jsonl").is_file():
            return []
        try:
            return self.domain.questions(follow_ups=None)
        except DomainError as error:
            if "holds no question" in str(error):  # an empty file
                return []
            raise

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
