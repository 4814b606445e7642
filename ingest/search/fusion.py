"""Merges rankings. Knows nothing of indexes or documents: labels, scores and ranks only."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.types import Ranking

Method = Literal["convex", "rrf"]
_RRF_K = 60  # the constant of the paper
_GOOD_SHARE = (
    0.3  # BM25: share of the query's weight from which on the best hit has a full vote (decision 019)
)
_GOOD_LEAD = 0.05  # cosine by which the best candidate leads the last where the others were worth a search
_BEHIND = 0.1  # share of the highest vote


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


def fuse(
    legs: Mapping[str, Ranking],
    weights: Mapping[str, float],
    foreign: Container[int] = (),
    method: Method = "convex",
) -> list[Found]:
    """Return all labels, best first: one leg by its own scores, several by the weighted sum of their votes.

    `convex` scales each leg's scores to 0..1 (Bruch, Gai and Ingber, 2023, doi:10.1145/3596512); `rrf`
    is reciprocal rank fusion, 1 / (60 + rank) (Cormack, Clarke and Büttcher, SIGIR 2009). Of several legs,
    `foreign` labels stand back: they must be better by a tenth of the highest vote.

    >>> legs = {"dense": [(1, 0.9), (2, 0.8), (3, 0.1)], "bm25": [(2, 0.7), (3, 0.1)]}
    >>> [found.label for found in fuse(legs, {"dense": 0.5, "bm25": 0.5})]
    [2, 1, 3]
    """
    ranks: dict[int, dict[str, int]] = defaultdict(dict)
    scores: dict[int, float] = defaultdict(float)
    for leg, ranking in legs.items():
        votes = [weights[leg] * vote for vote in _votes(leg, ranking, method)]
        if len(legs) == 1:
            votes = [score for _, score in ranking]
        for rank, ((label, _), vote) in enumerate(zip(ranking, votes, strict=True), start=1):
            ranks[label][leg] = rank
            scores[label] += vote
    if len(legs) > 1:
        behind = _BEHIND * (1.0 if method == "convex" else 1 / (_RRF_K + 1))
        scores = {label: score - behind * (label in foreign) for label, score in scores.items()}
    best = sorted(scores, key=lambda label: -scores[label])
    return [Found(label, scores[label], ranks[label]) for label in best]


def _votes(leg: str, ranking: Ranking, method: Method) -> Sequence[float]:
    """Return a vote for each hit: 1 for the best that there can be, nothing for the worst.

    BM25 has a zero, and may have found nothing good. A cosine has neither: its worst is the last candidate,
    its best the first, and where few candidates are all alike the last is not worse than the first.
    """
    if method == "rrf" or not ranking:
        return [1 / (_RRF_K + rank) for rank in range(1, len(ranking) + 1)]
    highest = ranking[0][1]
    if leg == "bm25":
        return [score / max(highest, _GOOD_SHARE) for _, score in ranking]
    width = max(highest - ranking[-1][1], _GOOD_LEAD)
    return [1 - (highest - score) / width for _, score in ranking]
