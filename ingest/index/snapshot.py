"""A snapshot: the segments of all languages that serve as one. Knows nothing of how they come about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ingest.index import VectorIndex, lost
from ingest.index.bm25 import Bm25Index
from ingest.index.exact import joined
from ingest.index.segment import DENSE, Joined, Segment
from ingest.store.ledger import Ledger


class Part(NamedTuple):
    """A segment of a snapshot: its name, the digest of its seal, how many passages, their highest label."""

    name: str
    digest: str
    size: int
    last: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What the seal of a snapshot says."""

    revision: str
    removal: str
    recipe: str
    embedder: str
    languages: Mapping[str, Sequence[Part]]

    @property
    def last(self) -> int:
        """The highest label."""
        return max((part.last for parts in self.languages.values() for part in parts), default=0)


class Snapshot:
    """One finished snapshot, open for searching."""

    def __init__(self, name: str, contents: Contents, segments: Mapping[str, Segment]) -> None:
        """Join `segments`, by their names, as `contents` lists them."""
        self.name, self.contents, self.segments = name, contents, segments
        self.embedder = contents.embedder
        self.languages = tuple(contents.languages)
        parts = {
            lang: [segments[part.name] for part in listed] for lang, listed in contents.languages.items()
        }
        self.bm25 = {lang: Bm25Index([one.terms for one in some]) for lang, some in parts.items()}
        self.exact = {lang: joined([one.exact for one in some]) for lang, some in parts.items()}
        self.dense = {lang: Joined([one.dense for one in some]) for lang, some in parts.items()}

    @property
    def damage(self) -> list[str]:
        """What is wrong with the graphs in whose place brute force answers, a line each."""
        return [segment.damage for segment in self.segments.values() if segment.damage]

    def vectors(self, leg: str, lang: str) -> VectorIndex:
        """Return the index behind `dense` or `exact`."""
        return self.dense[lang] if leg == DENSE else self.exact[lang]

    def problems(self, ledger: Ledger) -> list[str]:
        """Return what the indexes hold too much or too little, and what they do not find, a line each."""
        found = [f"index: {damage}; the next search builds it from the ledger" for damage in self.damage]
        for lang in ledger.languages():
            labels = ledger.labels(lang)
            for leg, index in (("exact", self.exact.get(lang)), ("bm25", self.bm25.get(lang))):
                if index is None or not np.array_equal(np.sort(index.labels), labels):
                    found.append(f"index {leg}, {lang}: it does not hold the passages of the ledger")
        for lang, dense in self.dense.items():
            for labels, vectors in ledger.vectors(lang):
                missed = ledger.find(lost(dense, labels, vectors)).values()
                found += [f"index dense, {lang}: passage {chunk.id!r} is not found" for chunk in missed]
        return found

    def close(self) -> None:
        """Let go of files and connections."""
        for index in self.dense.values():
            index.close()
