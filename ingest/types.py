"""Document, Chunk and Hit: what ingest hands on, and what its parts count with. Knows nothing of files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core import dates
from core.errors import QuestionError
from core.language import Lang

Vectors = NDArray[np.float32]
"""(n, dim), each row of length 1."""
Labels = NDArray[np.int64]
"""(n,): the ledger's numbers of the chunks."""
Ranking = list[tuple[int, float]]
"""Labels with their scores, best first."""
OWN = "domain"
"""Origin of what lies in the domain's own folder: `domain/en/fees.md`."""
CRAWLED = "crawl"
"""Origin of pages, before the address that the crawl started from: `crawl/https://example.org/`."""
RETURNING = (OWN, CRAWLED)
"""Origins that are read again as a whole: who deletes a document from there does not want it back."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document as it was read: clean text, and where it comes from."""

    id: str
    title: str
    text: str
    lang: Lang
    source: str = ""
    as_of: str = ""
    file: str = field(default="", compare=False)
    """Digest of the file that gave this document and nothing else (`files.unchanged`); empty: none such."""
    origin: str = field(default="", compare=False)
    """`domain/PATH`, `uploads/NAME`, `crawl/URL`, or the path of a file from elsewhere; empty: unknown."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: `text` is `document.text[start:end]`.

    `title` is its document's, and the headings above the passage that are not in it.
    """

    id: str
    document_id: str
    text: str
    start: int
    end: int
    title: str = ""

    @property
    def passage(self) -> str:
        """What is embedded and matched: the title gives a passage the context it was cut from."""
        return f"{self.title}\n{self.text}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A found passage; higher `score` is better, `legs` maps each leg to its rank there, from 1.

    `copies` are the other documents that say the same, word for word, in a passage that was found as well.
    """

    chunk: Chunk
    score: float
    legs: Mapping[str, int] = field(default_factory=dict)
    copies: tuple[str, ...] = ()

    @property
    def documents(self) -> tuple[str, ...]:
        """The ids of all documents that were found by it."""
        return self.chunk.document_id, *self.copies


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents a search may find; an empty field allows all.

    `source` must occur in a document's source, in any case. Some day that its `as_of` can mean must not be
    before `since` nor after `until`, which are dates (`core.dates`); of an unknown day no date is true.
    `lang` is its language.
    """

    source: str = ""
    since: str = ""
    until: str = ""
    lang: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no date.

        Raises:
            QuestionError: `since` or `until` is no date, or may be several, or there is no day between them.
        """
        since, until = _asked("since", self.since), _asked("until", self.until)
        if since and until and since.first > until.last:
            raise QuestionError(f"since {self.since!r} is later than until {self.until!r}")

    def allows(self, as_of: str) -> bool:
        """Tell whether a document of this date may be found."""
        since, until = _asked("since", self.since), _asked("until", self.until)
        days = dates.spanned(as_of)
        if days is None:
            return not (since or until)
        return (not since or since.first <= days.last) and (not until or days.first <= until.last)


def _asked(name: str, text: str) -> dates.Days | None:
    """Return the days of a date that somebody asks for; None where it is empty."""
    found = dates.readings(text)
    if text and not found:
        raise QuestionError(f"{name} {text!r} is no date that is known; write {dates.FORMS}")
    if len(found) > 1:
        raise QuestionError(f"{name} {text!r} is {' or '.join(str(one.first) for one in found)}; write which")
    return found[0] if found else None
