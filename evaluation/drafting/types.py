"""Passage, Slot, Draft: what drafting hands from step to step. Knows nothing of models."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assistant.generation.types import Generator
from core.language import Lang
from ingest.types import Chunk, Hit


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that questions are written about: its sentences stand in it word for word."""

    chunk: Chunk
    lang: Lang
    as_of: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """One question to be written: of `type`, proved by one of `quotes`.

    One that needs two documents has the `other` passage, whose own quotes are `others`. `sense` is how a
    yes-or-no question is to be answered.
    """

    type: str
    passage: Passage
    quotes: tuple[str, ...] = ()
    other: Passage | None = None
    others: tuple[str, ...] = ()
    sense: str = ""

    @property
    def lang(self) -> Lang:
        """The language to write in: the document's."""
        return self.passage.lang

    @property
    def kind(self) -> str:
        """The type, and of a yes-or-no question its sense."""
        return f"{self.type}_{self.sense}" if self.sense else self.type


@dataclass(frozen=True, slots=True)
class Draft:
    """A question that a model wrote, with its answers and quotes; no answers: nothing answers it.

    `evidence` are the quotes, each as a passage of its own. `wordings` ask for the same in other words.
    """

    slot: Slot
    question: str
    answers: tuple[str, ...]
    evidence: tuple[Chunk, ...]
    wordings: tuple[str, ...] = ()

    @property
    def lang(self) -> Lang:
        """The language it is asked in."""
        return self.slot.lang

    @property
    def type(self) -> str:
        """Its answer type."""
        return self.slot.type

    @property
    def documents(self) -> tuple[str, ...]:
        """Ids of the documents that prove the answer; of an unanswerable one, none."""
        return tuple(chunk.document_id for chunk in self.evidence)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A draft that a guard left out, and why. `reply` is what was written where that was no draft."""

    guard: str
    reason: str
    slot: Slot
    draft: Draft | None = None
    reply: str = ""


class Searches(Protocol):
    """What finds passages."""

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        """Return the best passages for each query, best first."""
        ...


@dataclass(frozen=True, slots=True)
class Bench:
    """What guards work with: a reader, the whole corpus, the questions that there are already.

    Each guard notes in `dropped` what it leaves out.
    """

    reader: Generator
    corpus: Searches
    known: Sequence[str] = ()
    dropped: list[Dropped] = field(default_factory=list)

    def find(self, drafts: Sequence[Draft], count: int) -> list[list[Hit]]:
        """Return the best `count` passages of the corpus for each draft."""
        hits: dict[int, list[Hit]] = {}
        for lang in sorted({draft.lang for draft in drafts}):
            places = [place for place, draft in enumerate(drafts) if draft.lang == lang]
            texts = [drafts[place].question for place in places]
            hits.update(zip(places, self.corpus.search_many(texts, lang=lang, top_k=count), strict=True))
        return [hits[place] for place in range(len(drafts))]

    def drop(self, guard: str, draft: Draft, reason: str) -> None:
        """Note that a guard leaves a draft out."""
        self.dropped.append(Dropped(guard, reason, draft.slot, draft))


Guard = Callable[[Sequence[Draft], Bench], Iterator[Draft]]
"""Yields the drafts that stay."""
