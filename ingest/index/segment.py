"""Segments: some passages of one language, in every index. Knows nothing of documents, queries or snapshots.

A segment is a folder that is written once. A small change writes a small one beside the others; which of
them become one, and when, is the business of `snapshots.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from ingest.index import Damaged, VectorBackend, VectorIndex, lost
from ingest.index.bm25 import TOKENS, counted
from ingest.index.exact import ExactIndex, open_exact, write_exact
from ingest.index.seal import check_seal, flush, seal, unseal
from ingest.index.term_counts import TermCounts
from ingest.store.crash_points import reached
from ingest.store.ledger import Ledger
from ingest.types import Labels, Ranking, Vectors

DENSE, EXACT, BM25 = _LEGS = "dense", "exact", "bm25"
_PASSAGES = "passages.npy"  # what `Ledger.identities` said when the segment was written
_ROWS = 4096  # vectors copied at a time
_PROBES = 256  # vectors of each new index that are searched for before it may serve
_LOST = 0.01  # share of the probes that may be missed; HNSW is approximate
Index = TypeVar("Index")


@dataclass(frozen=True, slots=True)
class Content:
    """What a segment is made of; vectors are read and words counted when they are written."""

    passages: Labels
    dim: int
    vectors: Iterable[tuple[Labels, Vectors]]
    terms: Callable[[], TermCounts]
    previous: Path | None = None
    """The index of most of these vectors, which may be taken over."""

    def joined(self, later: "Content") -> "Content":
        """Return this content with another after it."""
        return Content(
            np.concatenate([self.passages, later.passages]),
            self.dim,
            chain(self.vectors, later.vectors),
            lambda: self.terms().joined(later.terms()),
            self.previous,
        )


class Segment:
    """One finished segment, open for searching."""

    def __init__(self, folder: Path, digest: str, backend: VectorBackend) -> None:
        """Check every file that was sealed, then open the indexes.

        Raises:
            Damaged: a file is missing or has changed; where it is one of the graph's, `damage` says so and
                brute force answers.
        """
        facts = unseal(folder, digest)
        self.exact: ExactIndex = _opened(open_exact, folder / EXACT, facts[EXACT])
        self.terms: TermCounts = _opened(_open_terms, folder / BM25, facts[BM25])
        self.dense: VectorIndex = self.exact
        self.damage = ""
        try:
            if facts["answers"] == DENSE:
                self.dense = _opened(backend.open, folder / DENSE, facts[DENSE])
        except Damaged as error:
            self.damage = str(error)


class Joined:
    """Several indexes of vectors, searched as one."""

    def __init__(self, parts: Sequence[VectorIndex]) -> None:
        self._parts = parts

    def search(self, queries: Vectors, k: int) -> list[Ranking]:
        """Return the best of what all parts find."""
        found = zip(*(part.search(queries, k) for part in self._parts), strict=True)
        return [sorted(chain(*rankings), key=lambda hit: -hit[1])[:k] for rankings in found]

    def close(self) -> None:
        """Close the parts."""
        for part in self._parts:
            part.close()


def from_ledger(ledger: Ledger, lang: str, after: int) -> Content:
    """Return all passages of a language with labels over `after`."""
    return Content(
        ledger.identities(lang, after),
        ledger.dim,
        ((labels, _unit(vectors)) for labels, vectors in ledger.vectors(lang, after)),
        lambda: counted((label, chunk.passage) for label, chunk in ledger.chunks(lang, after)),
    )


def from_segment(folder: Path, digest: str, stays: Labels | None = None) -> Content:
    """Return the passages of a segment, or only those among `stays`.

    Raises:
        Damaged: a file is missing or has changed.
    """
    passages = identities(folder, digest)
    exact, terms = open_exact(folder / EXACT), _open_terms(folder / BM25)
    if stays is None:
        return Content(passages, exact.dim, exact.batches(_ROWS), lambda: terms, folder / DENSE)
    kept = np.isin(passages[:, 0], stays)
    some = ((labels, vectors, np.isin(labels, stays)) for labels, vectors in exact.batches(_ROWS))
    vectors = ((labels[mask], vectors[mask]) for labels, vectors, mask in some)
    return Content(passages[kept], exact.dim, vectors, lambda: terms.only(stays), folder / DENSE)


def from_segments(parts: Iterable[tuple[Path, str]]) -> Content:
    """Return the passages of several segments, by folder and seal; the graph of the first is taken over."""
    return reduce(Content.joined, (from_segment(*part) for part in parts))


def identities(folder: Path, digest: str) -> Labels:
    """Return what `Ledger.identities` said of the passages of a segment.

    Raises:
        Damaged: the segment is missing or has changed, as far as this is looked at.
    """
    unseal(folder, digest)
    return np.asarray(np.load(folder / _PASSAGES), np.int64)


def write_segment(folder: Path, backend: VectorBackend, content: Content) -> str:
    """Write a segment to the new `folder`, prove it, and return the digest of its seal.

    Raises:
        OSError: the disk is full or fails.
    """
    for leg in _LEGS:
        (folder / leg).mkdir(parents=True)
    reached("while building")
    with (folder / _PASSAGES).open("wb") as out:
        np.save(out, content.passages)
    digests = {EXACT: write_exact(folder / EXACT, content.vectors, (len(content.passages), content.dim))}
    matrix = open_exact(folder / EXACT)
    reached("while building")
    digests[DENSE] = backend.build(folder / DENSE, matrix.labels, matrix.vectors, content.previous)
    answers = _proven(backend, folder / DENSE, matrix)
    reached("while building")
    digests[BM25] = content.terms().save(folder / BM25, TOKENS)
    digest = seal(folder, {**digests, "answers": answers}, (_PASSAGES,))
    flush(folder.parent)
    return digest


def _proven(backend: VectorBackend, dense: Path, exact: ExactIndex) -> str:
    """Return the leg that answers for `dense`: the new index, or brute force where that fails its check.

    A graph of passages that are all equally near, such as the rows of a table cut to one pattern, can fall
    apart: in 200 of them hnswlib did not find 18 of 64 by their own vectors.
    """
    probes = np.unique(np.linspace(0, len(exact.labels) - 1, _PROBES).astype(int))
    index = backend.open(dense)
    missed = lost(index, exact.labels[probes], exact.vectors[probes])
    index.close()
    return DENSE if len(missed) <= _LOST * len(probes) else EXACT


def _unit(vectors: Vectors) -> Vectors:
    """Return vectors of length 1, as a graph keeps them: the ledger rounds what it stores."""
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def _open_terms(folder: Path) -> TermCounts:
    return TermCounts.load(folder, TOKENS)


def _opened(opens: Callable[[Path], Index], folder: Path, digest: str) -> Index:
    check_seal(folder, digest)
    return opens(folder)
