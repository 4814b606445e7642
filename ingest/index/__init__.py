"""What a vector index is. Knows nothing of documents, texts or embedders: labels and vectors only."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.types import Labels, Ranking, Vectors

_SAME = 0.999  # cosine: the vector itself, or one of the same text


class Damaged(Exception):
    """Index files that are not what was written; the ledger can build them again."""


class VectorIndex(Protocol):
    """An index that is open for searching; it never changes."""

    def search(self, queries: Vectors, k: int) -> list[Ranking]:
        """Return up to `k` nearest labels for each query, scored by cosine similarity."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class VectorBackend(Protocol):
    """A way to build and open indexes. One index is one folder, written once."""

    @property
    def recipe(self) -> str:
        """Kind and parameters: an index built by another recipe is built anew."""
        ...

    def build(self, folder: Path, labels: Labels, vectors: Vectors, previous: Path | None = None) -> str:
        """Write an index of `vectors` to the empty `folder`; return the digest of its seal.

        Args:
            folder: where to.
            labels: one for each vector; a label's vector never changes.
            vectors: what to index.
            previous: an index of nearly the same labels, by the same recipe, that may be taken over; a
                label that it holds has the same vector there.

        Raises:
            OSError: the disk is full or fails.
        """
        ...

    def open(self, folder: Path) -> VectorIndex:
        """Open what `build` wrote.

        Raises:
            Damaged: the files are missing or not those that were written.
        """
        ...

    def drop(self, folder: Path) -> None:
        """Remove what `build` keeps outside `folder`, if anything."""
        ...


def lost(index: VectorIndex, labels: Labels, vectors: Vectors) -> list[int]:
    """Return the labels that a search for their own vectors does not find."""
    rankings = index.search(vectors, 10)
    return [
        own
        for own, ranking in zip(labels.tolist(), rankings, strict=True)
        if not any(label == own or score >= _SAME for label, score in ranking)
    ]


def top(scores: NDArray[np.float32], labels: Labels, k: int) -> Ranking:
    """Return the `k` best of `scores`, best first; equals in the order of `labels`.

    >>> top(np.array([0.1, 0.9, 0.9], np.float32), np.array([7, 8, 9]), 2)
    [(8, 0.8999999761581421), (9, 0.8999999761581421)]
    """
    if k < len(scores):
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        candidates = np.flatnonzero(scores >= threshold)
    else:
        candidates = np.arange(len(scores))
    best = candidates[np.argsort(-scores[candidates], kind="stable")[:k]]
    return list(zip(labels[best].tolist(), scores[best].tolist(), strict=True))
