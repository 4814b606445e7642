"""How many of the true neighbours does the graph find? Recall against brute force, for several parameters.

Knows nothing of texts: vectors only.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.index.exact import ExactIndex
from ingest.index.hnsw import HnswBackend, HnswIndex
from ingest.types import Labels, Ranking, Vectors

DEPTH = 10
MS, EFS = (8, 16, 32), (10, 50, 200, 800)
CHANGES = (0.15, 0.15)
"""Shares of the vectors that are deleted and come anew, in turn, before a graph is measured again."""
_TIE = 1e-5


@dataclass(frozen=True, slots=True)
class Finding:
    """Recall@10 of a graph as it was built, and after the changes; 0 to 1."""

    m: int
    ef: int
    built: float
    changed: float


def audit(vectors: Vectors, queries: Vectors, ef_construction: int, threads: int) -> Iterator[Finding]:
    """Yield a finding for each of `MS` and `EFS`: graphs of `vectors`, asked `queries`."""
    states = list(_states(len(vectors)))
    truths = [ExactIndex(labels, vectors[labels % len(vectors)]).search(queries, DEPTH) for labels in states]
    for m in MS:
        builder = HnswBackend(m, ef_construction, max(EFS), threads)
        with tempfile.TemporaryDirectory() as name:
            folders = [Path(name, str(number)) for number in range(len(states))]
            for number, (folder, labels) in enumerate(zip(folders, states, strict=True)):
                folder.mkdir()
                previous = folders[number - 1] if number else None
                builder.build(folder, labels, vectors[labels % len(vectors)], previous)
            for ef in EFS:
                asked = HnswBackend(m, ef_construction, ef, threads)
                recalls = [_recall(asked.open(folders[at]), truths[at], queries) for at in (0, -1)]
                yield Finding(m, ef, *recalls)


def _states(count: int) -> Iterator[Labels]:
    """Yield the labels before and after each change; a vector that comes anew has a label of its own.

    Label modulo `count` is the vector's place.
    """
    random = np.random.default_rng(17)
    labels = np.arange(count, dtype=np.int64)
    yield labels
    for number, share in enumerate(CHANGES, start=1):
        gone = random.choice(count, int(share * count), replace=False)
        labels = np.sort(np.concatenate([np.delete(labels, gone), labels[gone] % count + number * count]))
        yield labels


def _recall(index: HnswIndex, truth: Sequence[Ranking], queries: Vectors) -> float:
    found = index.search(queries, DEPTH)
    return float(np.mean([_share(*pair) for pair in zip(found, truth, strict=True)]))


def _share(found: Ranking, truth: Ranking) -> float:
    """Return how many of `truth` were found; one that is as near as its last counts, ties have no order."""
    worst = truth[-1][1] - _TIE
    return sum(score >= worst for _, score in found) / len(truth)
