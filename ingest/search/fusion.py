"""Merges rankings. Knows nothing of indexes or documents: labels, scores and ranks only."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.types import Ranking

Method = Literal["convex", "rrf"]
_RRF_K = 60  # the constant of the paper


@dataclass(frozen=True, slots=True)
class Found:
    """A label, its score, and its rank in each leg that found it, from 1."""

    label: int
    score: float
    legs: Mapping[str, int]


def best(hits: Iterable[tuple[int, float]], k: int, allowed: Container[int] | None = None) -> Ranking:
    """Return the `k` best of hits whose scores compare, such as one leg's in several languages.

    >>> best([(1, 0.9), (2, 0.5), (3, 0.7)], 2), best([(1, 0.9), (2, 0.5), (3, 0.7)], 2, allowed={2, 3})
    ([(1, 0.9), (3, 0.7)], [(3, 0.7), (2, 0.5)])
    """
    kept = hits if allowed is None else (hit for hit in hits if hit[0] in allowed)
    return sorted(kept, key=lambda hit: -hit[1])[:k]


def fuse(legs: Mapping[str, Ranking], weights: Mapping[str, float], method: Method = "convex") -> list[Found]:
    """Return all labels, best first: one leg by its own scores, several by the weighted sum of their votes.

    `convex` scales each leg's scores to 0..1 (Bruch, Gai and Ingber, 2023, doi:10.1145/3596512); `rrf`
    is reciprocal rank fusion, 1 / (60 + rank) (Cormack, Clarke and Büttcher, SIGIR 2009).

    >>> legs = {"dense": [(1, 0.9), (2, 0.8), (3, 0.1)], "bm25": [(2, 7.0), (3, 1.0)]}
    >>> [found.label for found in fuse(legs, {"dense": 0.5, "bm25": 0.5})]
    [2, 1, 3]
    """
    ranks: dict[int, dict[str, int]] = defaultdict(dict)
    scores: dict[int, float] = defaultdict(float)
    for leg, ranking in legs.items():
        votes = [weights[leg] * vote for vote in _votes(ranking, method)]
        if len(legs) == 1:
            votes = [score for _, score in ranking]
        for rank, ((label, _), vote) in enumerate(zip(ranking, votes, strict=True), start=1):
            ranks[label][leg] = rank
            scores[label] += vote
    best = sorted(scores, key=lambda label: -scores[label])
    return [Found(label, scores[label], ranks[label]) for label in best]


def _votes(ranking: Ranking, method: Method) -> Sequence[float]:
    if method == "rrf" or not ranking:
        return [1 / (_RRF_K + rank) for rank in range(1, len(ranking) + 1)]
    worst = ranking[-1][1]
    width = ranking[0][1] - worst
    return [(score - worst) / width if width else 1.0 for _, score in ranking]
