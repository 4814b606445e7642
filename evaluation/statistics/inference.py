"""How sure are we? Intervals and paired permutation tests. Knows nothing of models or files.

Percentile bootstrap over questions (Efron and Tibshirani, 1993): all strategies are resampled with the
same draws, so differences are paired. Where a mean has too little to draw from, its interval is Wilson's
(1927), which never shrinks to a point (decision 014).

The p value is that of a permutation test which swaps the two strategies' results question by question
(approximate randomisation; Noreen, 1989), two-sided. Draws and swaps work on sums of per-question
statistics, so a mean and corpus BLEU are treated alike, in one matrix product.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist, fmean

import numpy as np

from evaluation.types import CorpusStatistics, Floats, Score, mean_score, ratio

LEVEL = 95  # per cent
FEW = 15
"""The bootstrap interval of a mean of fewer values is too narrow to be believed."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two strategies on one metric: `difference` is a minus b; `p_holm` is adjusted for all pairs."""

    a: str
    b: str
    metric: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float


class Resampling:
    """The draws that all intervals and tests of a report share."""

    def __init__(self, questions: int, resamples: int, seed: int) -> None:
        generator = np.random.default_rng(seed)
        even = np.full(questions, 1 / questions)
        self._counts = generator.multinomial(questions, even, size=resamples).astype(np.float64)
        self._swaps = generator.integers(0, 2, size=(resamples, questions)).astype(np.float64)

    def interval(self, score: Score) -> Interval:
        """Return the interval of `score.value`, which must not be None."""
        values = [value for value in score.per_question if value is not None]
        if score.corpus is None and _is_thin(values):
            return wilson(fmean(values), len(values))
        return _percentiles(self._draws(_statistics(score)))

    def pairs(self, scores: Mapping[str, Score]) -> list[Pair]:
        """Return every pair of strategies that have a value of this metric."""
        known = [name for name, score in scores.items() if score.value is not None]
        found = [self._pair(a, b, scores[a], scores[b]) for a, b in combinations(known, 2)]
        adjusted = holm([pair.p for pair in found])
        return [
            Pair(one.a, one.b, one.metric, one.difference, one.low, one.high, one.p, p)
            for one, p in zip(found, adjusted, strict=True)
        ]

    def _draws(self, statistics: CorpusStatistics) -> Floats:
        return statistics.value(self._counts @ statistics.rows)

    def _pair(self, a: str, b: str, score_a: Score, score_b: Score) -> Pair:
        ours, theirs = _statistics(score_a), _statistics(score_b)
        difference = _total(ours) - _total(theirs)
        interval = _percentiles(self._draws(ours) - self._draws(theirs))
        moved = self._swaps @ (theirs.rows - ours.rows)
        swapped = ours.value(ours.rows.sum(axis=0) + moved) - theirs.value(theirs.rows.sum(axis=0) - moved)
        swapped = swapped[~np.isnan(swapped)]
        # One is added above and below: the observed labelling is one of the permutations.
        extreme = int((np.abs(swapped) >= abs(difference) - 1e-9).sum())
        p = (1 + extreme) / (1 + len(swapped))
        return Pair(a, b, score_a.metric, difference, interval.low, interval.high, p, p)


def restrict(score: Score, places: Sequence[int]) -> Score:
    """Return `score` over some of its questions; failures are left out."""
    values = [score.per_question[place] for place in places]
    if score.corpus is None:
        return mean_score(score.metric, values, score.signature)
    corpus = CorpusStatistics(score.corpus.rows[list(places)], score.corpus.value)
    known = any(value is not None for value in values)
    return Score(
        score.metric, _total(corpus) if known else None, tuple(values), score.signature, corpus=corpus
    )


def wilson(mean: float, n: int) -> Interval:
    """Return Wilson's score interval of the mean of `n` values between 0 and 1.

    It is made for values that are 0 or 1; for others, which vary less, it is wider than need be.

    >>> wilson(0.0, 10).low, round(wilson(0.0, 10).high, 3)
    (0.0, 0.278)
    """
    z = NormalDist().inv_cdf(0.5 + LEVEL / 200)
    centre = (mean + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (mean * (1 - mean) / n + z**2 / (4 * n**2)) ** 0.5
    return Interval(max(0.0, min(mean, centre - half)), min(1.0, max(mean, centre + half)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p values adjusted for their number (Holm, 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def _is_thin(values: Sequence[float]) -> bool:
    """Say whether the bootstrap of these values is not to be trusted: they are few, or all 0 or 1."""
    return all(0 <= value <= 1 for value in values) and (
        len(values) < FEW or all(value in (0, 1) for value in values)
    )


def _statistics(score: Score) -> CorpusStatistics:
    """Return what `score` is computed from: for a mean, each question's value and whether it has one."""
    if score.corpus is not None:
        return score.corpus
    rows = [(0.0, 0.0) if value is None else (value, 1.0) for value in score.per_question]
    return CorpusStatistics(np.array(rows, dtype=np.float64), _mean)


def _mean(sums: Floats) -> Floats:
    return ratio(sums[:, 0], sums[:, 1])


def _total(statistics: CorpusStatistics) -> float:
    return float(statistics.value(statistics.rows.sum(axis=0, keepdims=True))[0])


def _percentiles(draws: Floats) -> Interval:
    tail = (100 - LEVEL) / 2
    low, high = np.nanpercentile(draws, [tail, 100 - tail])
    return Interval(float(low), float(high))
