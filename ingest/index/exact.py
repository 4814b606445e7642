"""Brute force over a matrix on disk: slow, exact, the yardstick. Also where the other indexes read from."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ingest.index import Damaged, top
from ingest.index.seal import seal, unseal
from ingest.types import Labels, Ranking, Vectors

_LABELS, _VECTORS = "labels.npy", "vectors.npy"
_FEW = 4  # queries that are scored without BLAS
_QUERIES = 64  # scored at a time, so that the score matrix stays small


class ExactIndex:
    """All vectors of one or more matrices, which are mapped, not loaded."""

    def __init__(self, labels: Labels, *matrices: Vectors) -> None:
        self.labels = labels
        self._matrices = matrices

    @property
    def vectors(self) -> Vectors:
        """One matrix as it is mapped; several, copied into one."""
        return self._matrices[0] if len(self._matrices) == 1 else np.concatenate(self._matrices)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._matrices[0].shape[1])

    def batches(self, size: int) -> Iterator[tuple[Labels, Vectors]]:
        """Yield all labels with their vectors."""
        start = 0
        for matrix in self._matrices:
            for place in range(0, len(matrix), size):
                vectors = matrix[place : place + size]
                yield self.labels[start : start + len(vectors)], vectors
                start += len(vectors)

    def search(self, queries: Vectors, k: int) -> list[Ranking]:
        """Return the `k` nearest labels for each query, scored by cosine similarity."""
        rankings = []
        for start in range(0, len(queries), _QUERIES):
            scores = self._scores(queries[start : start + _QUERIES])
            rankings += [top(row, self.labels, k) for row in scores]
        return rankings

    def _scores(self, queries: Vectors) -> Vectors:
        """Return the cosine of each query with each vector: (queries, vectors).

        For a few queries without BLAS: its threads would go on spinning while a model embeds the next one.
        """
        if len(queries) > _FEW:
            return np.hstack([queries @ matrix.T for matrix in self._matrices])
        return np.hstack([np.einsum("qd,nd->qn", queries, matrix) for matrix in self._matrices])

    def close(self) -> None:
        """Nothing is held but the mapping."""


def joined(parts: Sequence[ExactIndex]) -> ExactIndex:
    """Return one index of what several hold."""
    matrices = [matrix for part in parts for matrix in part._matrices]
    return ExactIndex(np.concatenate([part.labels for part in parts]), *matrices)


def write_exact(folder: Path, batches: Iterable[tuple[Labels, Vectors]], shape: tuple[int, int]) -> str:
    """Write `shape[0]` vectors of `shape[1]` dimensions, batch by batch; return the digest of the seal.

    Written through a file, not a mapping: on a full disk a file raises, a mapping kills the process.
    """
    labels: list[Labels] = []
    with (folder / _VECTORS).open("wb") as out:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(out, header)
        for some, vectors in batches:
            labels.append(some)
            out.write(np.ascontiguousarray(vectors, "<f4").tobytes())
    with (folder / _LABELS).open("wb") as out:
        np.save(out, np.concatenate(labels))
    return seal(folder, {"count": shape[0], "dim": shape[1]}, (_LABELS, _VECTORS))


def open_exact(folder: Path) -> ExactIndex:
    """Open what `write_exact` wrote.

    Raises:
        Damaged: the files are missing or not those that were written.
    """
    facts = unseal(folder)
    labels = np.load(folder / _LABELS)
    vectors = np.asarray(np.load(folder / _VECTORS, mmap_mode="r"))
    if vectors.shape != (facts["count"], facts["dim"]) or labels.shape != (facts["count"],):
        raise Damaged(f"{folder} holds {vectors.shape}, not {facts}")
    return ExactIndex(labels, vectors)
