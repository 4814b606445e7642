"""How sure is a score, and how sure is a difference? Knows nothing of models or files.

Two strategies are compared on the questions that both have a value for, and on no others. What is swapped,
left out and counted are clusters of questions, never single ones that belong together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from evaluation.statistics.clusters import clustered
from evaluation.statistics.intervals import Interval, detectable, difference_interval, interval
from evaluation.statistics.multiple import holm
from evaluation.statistics.permutation import p_value, smallest_p
from evaluation.types import Score

ALPHA = 0.05
METHODS = {
    "intervals": "95 %, Wilson's at the effective number of questions, by the jackknife over clusters; "
    "of differences: put together by Zou and Donner (2008), holding 0 wherever p is not below 0.05",
    "p": "two-sided permutation test that swaps the results of two strategies cluster by cluster, exact up "
    "to 12 clusters that differ, else by evaluation.bootstrap random swaps; on the n questions that both "
    "have a value for",
    "p_holm": "Holm (1979) over the pairs of strategies on one metric, as many as family says; pairs with a "
    "strategy that is made of others are a family of their own, and metrics are not corrected for each other",
    "clusters": "questions whose first evidence document is the same; a question without evidence is one",
    "detectable": "the smallest difference that would have been found with 80 % power at 5 %, before Holm",
}
"""The signature of the numbers here, by the report's keys."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two strategies on one metric, on the `n` questions in `clusters` that both have a value for.

    `difference` is a minus b, in the metric's units. `p_holm` is adjusted for `family` pairs on this metric:
    those of strategies that answer by themselves, or those with one made of others. `detectable` is the
    smallest difference that would have been found with 80 % power at 5 %; None where no difference would, for
    want of clusters.
    """

    a: str
    b: str
    metric: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    n: int
    clusters: int
    family: int
    detectable: float | None


class Inference:
    """What all intervals and tests of a report share: which questions belong together, and the seed."""

    def __init__(self, clusters: Sequence[int], draws: int, seed: int) -> None:
        self._clusters, self._draws, self._seed = clusters, draws, seed

    def part(self, places: Sequence[int]) -> "Inference":
        """Return the same for some of the questions."""
        return Inference([self._clusters[place] for place in places], self._draws, self._seed)

    def interval(self, score: Score) -> Interval:
        """Return the interval of `score.value`, which must not be None."""
        return interval(clustered(score, self._clusters, _known(score)))

    def pairs(self, scores: Mapping[str, Score], routed: Collection[str] = ()) -> list[Pair]:
        """Return every pair of strategies that have values for the same questions.

        The `routed` are made of others: who adds one does not make the differences between those less sure.
        """
        both = {(a, b): _known(scores[a], scores[b]) for a, b in combinations(scores, 2)}
        found = [self._pair(a, b, scores, places) for (a, b), places in both.items() if places]
        is_routed = [pair.a in routed or pair.b in routed for pair in found]
        for kind in (False, True):
            places = [place for place, one in enumerate(is_routed) if one == kind]
            adjusted = holm([found[place].p for place in places])
            for place, p in zip(places, adjusted, strict=True):
                found[place] = replace(found[place], p_holm=p, family=len(places))
        return found

    def _pair(self, a: str, b: str, scores: Mapping[str, Score], places: Sequence[int]) -> Pair:
        ours, theirs = (clustered(scores[name], self._clusters, places) for name in (a, b))
        p = p_value(ours, theirs, self._draws, self._seed)
        found = difference_interval(ours, theirs)
        least, count = detectable(found), len(ours.sizes)
        return Pair(
            a=a,
            b=b,
            metric=scores[a].metric,
            difference=ours.total - theirs.total,
            low=found.low if p < ALPHA else min(found.low, 0.0),
            high=found.high if p < ALPHA else max(found.high, 0.0),
            p=p,
            p_holm=p,
            n=len(places),
            clusters=count,
            family=1,
            detectable=least if smallest_p(count) < ALPHA and least <= ours.span else None,
        )


def _known(*scores: Score) -> list[int]:
    """Return the places of the questions that every score has a value for."""
    rows = zip(*(score.per_question for score in scores), strict=True)
    return [place for place, row in enumerate(rows) if None not in row]
