"""HNSW graphs by hnswlib (Malkov and Yashunin, arXiv:1603.09320). Knows nothing of texts or ledgers.

A graph can lose vectors: too few links lead to them. Every build looks for each by itself, or, where vectors
were only deleted, for those around them; strays, those that are not found, are listed in the seal and
compared with every query one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.index import Damaged, lost, top
from ingest.index.seal import seal, unseal
from ingest.types import Labels, Ranking, Vectors

_FILE, _SPACE, _SEED = "graph.hnsw", "cosine", 42
_BATCH = 1024  # vectors added at a time: Ctrl-C is heard between two batches
_QUICK = 64  # search breadth that finds nearly all vectors by themselves
_AROUND = 128  # living vectors nearest to a deleted one, whose links may have been led through it
_STRAYS = 0.01  # a graph that misses more than this share fell apart: who proves the index shall see it
_DEAD = 0.2  # a graph with more than this share of deleted labels is built anew


@dataclass(frozen=True, slots=True)
class HnswBackend:
    """Builds and opens graphs; the parameters are those of `settings.Retrieval`."""

    m: int = 16
    ef_construction: int = 200
    ef: int = 800
    threads: int = 1

    @property
    def recipe(self) -> str:
        """What decides the graph and what it finds; `threads` does not."""
        return f"hnsw m={self.m} ef_construction={self.ef_construction} ef={self.ef}"

    def build(self, folder: Path, labels: Labels, vectors: Vectors, previous: Path | None = None) -> str:
        """Write a graph of `vectors`; nearly the same labels are changed in a copy of `previous`."""
        taken = self._taken(previous, labels, vectors) if previous else None
        if taken is None:
            graph, doubtful = _graph(vectors.shape[1]), labels
            graph.init_index(len(labels), M=self.m, ef_construction=self.ef_construction, random_seed=_SEED)
            self._add(graph, labels, vectors)
        else:
            graph, doubtful = taken
        graph.save_index(str(folder / _FILE))
        facts = {
            "dim": vectors.shape[1],
            "space": _SPACE,
            "count": len(labels),
            "dead": np.setdiff1d(graph.get_ids_list(), labels).tolist(),
            "strays": self._strays(graph, labels, vectors, np.flatnonzero(np.isin(labels, doubtful))),
        }
        return seal(folder, facts, (_FILE,))

    def open(self, folder: Path) -> "HnswIndex":
        """Open a graph after checking what hnswlib does not: it loads a wrong `dim` without a word."""
        facts = unseal(folder)
        graph = _load(folder, facts["dim"])
        if facts["space"] != _SPACE or len(graph.get_ids_list()) != facts["count"] + len(facts["dead"]):
            raise Damaged(f"{folder / _FILE} is not the graph that its seal describes")
        graph.set_num_threads(self.threads)
        return HnswIndex(graph, facts["count"], self.ef, facts.get("strays", ()))

    def drop(self, folder: Path) -> None:
        """Nothing is kept outside the folder."""

    def _taken(self, previous: Path, labels: Labels, vectors: Vectors) -> tuple[Any, Labels] | None:
        """Return the previous graph with labels added and deleted, and those that it may have lost.

        None where it does not fit. What is added may cost any other its links.
        """
        try:
            facts = unseal(previous)
            graph = _load(previous, facts["dim"])
        except Damaged:
            return None
        held = np.array(graph.get_ids_list(), np.int64)
        dead, new = np.setdiff1d(held, labels), np.isin(labels, held, invert=True)
        if facts["dim"] != vectors.shape[1] or len(dead) > _DEAD * len(labels):
            return None
        if np.isin(labels, facts["dead"]).any():  # only a ledger from a backup gives labels again
            return None
        graph.resize_index(len(held) + int(new.sum()))
        try:
            around = _delete(graph, np.setdiff1d(dead, facts["dead"]), min(_AROUND, len(held) - len(dead)))
        except RuntimeError:  # from some of them no living vector is reached
            return None
        self._add(graph, labels[new], vectors[new])
        return graph, labels if new.any() else np.union1d(around, facts["strays"])

    def _strays(self, graph: Any, labels: Labels, vectors: Vectors, doubtful: Labels) -> list[int]:
        """Return the few labels that are not found by their own vectors, not even with all breadth.

        Looked for are those at the places `doubtful`.
        """
        graph.set_num_threads(self.threads)
        for breadth in sorted({min(_QUICK, self.ef), self.ef}):
            index = HnswIndex(graph, len(labels), breadth)
            parts = (doubtful[start : start + _BATCH] for start in range(0, len(doubtful), _BATCH))
            missed = [label for part in parts for label in lost(index, labels[part], vectors[part])]
            doubtful = np.flatnonzero(np.isin(labels, missed))
        strays: list[int] = labels[doubtful].tolist()
        return strays if len(strays) <= _STRAYS * len(labels) else []

    def _add(self, graph: Any, labels: Labels, vectors: Vectors) -> None:
        for start in range(0, len(labels), _BATCH):
            part = slice(start, start + _BATCH)
            graph.add_items(vectors[part], labels[part], num_threads=self.threads)


class HnswIndex:
    """A graph in memory, and beside it the vectors that it does not find."""

    def __init__(self, graph: Any, count: int, ef: int, strays: Sequence[int] = ()) -> None:
        self._graph = graph
        self._count = count
        self._ef = ef
        self._strays = np.array(strays, np.int64)
        self._stray_vectors = graph.get_items(strays, return_type="numpy") if len(strays) else None
        graph.set_ef(ef)  # loading resets it to 10

    def search(self, queries: Vectors, k: int) -> list[Ranking]:
        """Return up to `k` nearest labels for each query, scored by cosine similarity."""
        rankings = self._nearest(queries, k)
        if self._stray_vectors is None:
            return rankings
        beside = zip(rankings, queries @ self._stray_vectors.T, strict=True)
        return [self._joined(ranking, scores, k) for ranking, scores in beside]

    def _joined(self, ranking: Ranking, scores: NDArray[np.float32], k: int) -> Ranking:
        """Return the best of what the graph found and of the strays."""
        found = dict(ranking) | dict(top(scores, self._strays, k))
        return sorted(found.items(), key=lambda hit: -hit[1])[:k]

    def _nearest(self, queries: Vectors, k: int) -> list[Ranking]:
        """Return what the graph finds."""
        k = min(k, self._count)
        if k > self._ef:
            self._ef = k
            self._graph.set_ef(k)
        try:
            labels, distances = self._graph.knn_query(queries, k=k)
        except RuntimeError:  # fewer than k can be reached, as among very many equal vectors
            return self._nearest(queries, k // 2) if k > 1 else [[] for _ in queries]
        return [
            list(zip(row.tolist(), (1 - far).tolist(), strict=True))
            for row, far in zip(labels.astype(np.int64), distances, strict=True)
        ]

    def close(self) -> None:
        """Nothing is held but memory."""


def _graph(dim: int) -> Any:
    import hnswlib

    return hnswlib.Index(space=_SPACE, dim=dim)


def _delete(graph: Any, labels: Labels, around: int) -> Labels:
    """Mark `labels` as deleted and overwrite their vectors, from which a text could be guessed.

    Each takes the vector of its nearest living neighbour: the ways that lead through it stay useful. Returned
    are the `around` living labels that were nearest to each.
    """
    if not len(labels):
        return labels
    vectors = graph.get_items(labels, return_type="numpy")
    for label in labels.tolist():
        graph.mark_deleted(label)
    graph.set_ef(2 * around)
    nearest = graph.knn_query(vectors, k=around)[0].astype(np.int64)
    graph.add_items(graph.get_items(nearest[:, 0], return_type="numpy"), labels)
    for label in labels.tolist():
        graph.mark_deleted(label)
    return np.unique(nearest)


def _load(folder: Path, dim: int) -> Any:
    graph = _graph(dim)
    try:
        graph.load_index(str(folder / _FILE))
    except RuntimeError as error:
        raise Damaged(f"{folder / _FILE}: {error}") from error
    return graph
