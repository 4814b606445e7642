"""Document, Chunk and Hit: what ingest hands on, and what its parts count with. Knows nothing of files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.language import Lang

Vectors = NDArray[np.float32]
"""(n, dim), each row of length 1."""
Labels = NDArray[np.int64]
"""(n,): the ledger's numbers of the chunks."""
Ranking = list[tuple[int, float]]
"""Labels with their scores, best first."""


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
    """A found passage; higher `score` is better, `legs` maps each leg to its rank there, from 1."""

    chunk: Chunk
    score: float
    legs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents a search may find; an empty field allows all.

    `source` must occur in a document's source, in any case; `since` and `until` are ISO dates that its
    `as_of` must not be outside of; `lang` is its language.
    """

    source: str = ""
    since: str = ""
    until: str = ""
    lang: str = ""
