"""95 % intervals of a value and of a difference between two. Knows nothing of tests.

Both rest on Wilson's score interval (1927) at an effective number of questions, as surveys do it (Korn
and Graubard, 1998): that number is what an equally scattered count of coins would be, its variance the
jackknife's over clusters (Efron and Stein, 1981). One cluster more than there are, a throw of a fair coin,
keeps it from trusting what few values show, so that no interval shrinks to a point. Decision 015 has the
coverage of this and of what else was tried.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from evaluation.statistics.clusters import Clustered
from evaluation.types import Floats

LEVEL = 95  # per cent
SPREAD = 0.6
"""Standard deviation of the difference of `correct` on a question: mostly 0.5 to 0.6 on the shipped ones."""
POWER = 80  # per cent
Z = NormalDist().inv_cdf(0.5 + LEVEL / 200)
COIN = 0.25
"""Variance of one throw of a fair coin: no value between 0 and 1 varies more."""
UNRELATED = 2
"""Clusters more than there are, in which two strategies had nothing to do with each other."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval, in the metric's units."""

    low: float
    high: float


def interval(one: Clustered) -> Interval:
    """Return the interval of a value."""
    share = wilson(one.share, effective_number(one))
    lowest = one.corpus.lowest
    return Interval(lowest + one.span * share.low, lowest + one.span * share.high)


def wilson(share: float, n: float) -> Interval:
    """Return Wilson's score interval (1927) of a share of `n`, which need not be whole.

    >>> wilson(0.0, 10).low, round(wilson(0.0, 10).high, 3)
    (0.0, 0.278)
    """
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return Interval(max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))


def effective_number(one: Clustered) -> float:
    """Return the number of throws of a coin whose mean would be as sure as this value.

    Values between 0 and 1 scatter less than throws and so count for more; questions of one cluster that
    are alike count for less. Where all is 0, or all is 1, it is the number of clusters (`independent`).
    """
    others = len(one.sizes) - 1
    throws = others * one.share * (1 - one.share) + COIN
    return throws / (others * _variance(one.influence) + COIN / one.independent)


def difference_interval(a: Clustered, b: Clustered) -> Interval:
    """Return the interval of the value of `a` minus that of `b`, over the same clusters.

    The two intervals are put together as Zou and Donner (2008) do it, and for pairs of 0 and 1 Newcombe
    (1998): each limit is as far from the difference as the two sides that lead there, by Pythagoras
    with their correlation.
    """
    alike = _agreement(a, b)
    of_a, of_b = interval(a), interval(b)
    down = _apart(a.total - of_a.low, of_b.high - b.total, alike)
    up = _apart(of_a.high - a.total, b.total - of_b.low, alike)
    difference = a.total - b.total
    return Interval(difference - down, difference + up)


def detectable(found: Interval) -> float:
    """Return the difference, in the metric's units, found with 80 % power at 5 % by as wide an interval."""
    error = (found.high - found.low) / (2 * Z)
    return error * (Z + NormalDist().inv_cdf(POWER / 100))


def least_difference(n: int) -> float:
    """Return the difference between two shares that `n` questions will find, before anything was asked.

    With 80 % power at 5 %; the results of two strategies are taken to be as unlike as they mostly are here.

    >>> round(least_difference(24), 2), round(least_difference(120), 2)
    (0.34, 0.15)
    """
    return detectable(Interval(-Z * SPREAD / math.sqrt(n), Z * SPREAD / math.sqrt(n)))


def _variance(influence: Floats) -> float:
    count = len(influence)
    return float((count - 1) / count * (influence**2).sum())


def _agreement(a: Clustered, b: Clustered) -> float:
    """Return the correlation of two values over clusters, held back by those that we did not see."""
    ours, theirs = a.influence, b.influence
    scatter = math.sqrt(float((ours**2).sum() * (theirs**2).sum()))
    if scatter < 1e-12:
        return 0.0
    others = len(ours) - 1
    return float((ours * theirs).sum()) / scatter * others / (others + UNRELATED)


def _apart(ours: float, theirs: float, alike: float) -> float:
    return math.sqrt(max(0.0, ours**2 + theirs**2 - 2 * alike * ours * theirs))
