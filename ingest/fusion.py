"""Merges rankings. Knows nothing of indexes or documents: labels, scores and ranks only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.index import Ranking


@dataclass(frozen=True, slots=True)
class Found:
    """A label, its score, and its rank in each leg that found it, from 1."""

    label: int
    score: float
    legs: Mapping[str, int]


def merge(rankings: Iterable[Ranking], k: int) -> Ranking:
    """Return the `k` best of rankings whose scores compare, such as one leg's in several languages.

    >>> merge([[(1, 0.9), (2, 0.5)], [(3, 0.7)]], 2)
    [(1, 0.9), (3, 0.7)]
    """
    return sorted((hit for ranking in rankings for hit in ranking), key=lambda hit: -hit[1])[:k]


def fuse(legs: Mapping[str, Ranking], rrf_k: int) -> list[Found]:
    """Return all labels, best first: one leg by its own scores, several by reciprocal rank.

    Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009) adds 1 / (rrf_k + rank).

    >>> [found.label for found in fuse({"dense": [(1, 0.9), (2, 0.8)], "bm25": [(2, 7.0)]}, rrf_k=60)]
    [2, 1]
    """
    ranks: dict[int, dict[str, int]] = defaultdict(dict)
    scores: dict[int, float] = defaultdict(float)
    for leg, ranking in legs.items():
        for rank, (label, score) in enumerate(ranking, start=1):
            ranks[label][leg] = rank
            scores[label] += score if len(legs) == 1 else 1 / (rrf_k + rank)
    best = sorted(scores, key=lambda label: -scores[label])
    return [Found(label, scores[label], ranks[label]) for label in best]
