"""Could two strategies that are alike differ as much? A paired permutation test; knows no intervals.

If two strategies are alike, their results on a cluster may as well be swapped (approximate
randomisation; Noreen, 1989). The p value is two-sided: the share of swaps that lead at least as far from 0
as what was seen, in either direction. Up to 12 clusters that differ every pattern of swaps is looked at;
beyond, random ones, and one is added above and below since what was seen is a pattern too (Phipson and
Smyth, 2010).
"""

import numpy as np
from numpy.typing import NDArray

from evaluation.statistics.clusters import Clustered
from evaluation.types import Floats

EXACT = 12
"""Clusters up to which all 2**12 patterns are looked at."""
BLOCK = 256
"""Random patterns held at once: with 5,000 clusters 10 MB."""
TOLERANCE = 1e-9
"""Sums of the same values in another order are the same."""


def smallest_p(clusters: int) -> float:
    """Return the least p value that this many clusters can give: all of them on one side.

    >>> smallest_p(5), smallest_p(6)
    (0.0625, 0.03125)
    """
    return float(min(1.0, 2.0 ** (1 - clusters)))


def p_value(a: Clustered, b: Clustered, draws: int, seed: int) -> float:
    """Return the p value of the difference between `a` and `b`, over the same clusters.

    Args:
        a: the one strategy's sums.
        b: the other's.
        draws: patterns to look at where there are too many for all.
        seed: of these; the same clusters are swapped alike for all pairs.
    """
    differing = (a.corpus.rows != b.corpus.rows).any(axis=1)  # to swap what is equal changes nothing
    count = int(differing.sum())
    if not count:
        return 1.0
    least = abs(a.total - b.total) - TOLERANCE
    if count <= EXACT:
        # A pattern and its opposite lead as far: half of them, the last cluster never swapped, tell all.
        patterns = np.arange(2 ** (count - 1))[:, None] >> np.arange(count) & 1
        return float((np.abs(_swapped(a, b, differing, patterns)) >= least).mean())
    generator = np.random.default_rng(seed)
    extreme = 0
    for start in range(0, draws, BLOCK):
        size = (min(BLOCK, draws - start), count)
        patterns = generator.integers(0, 2, size, dtype=np.int8)
        extreme += int((np.abs(_swapped(a, b, differing, patterns)) >= least).sum())
    return (1 + extreme) / (1 + draws)


def _swapped(
    a: Clustered, b: Clustered, differing: NDArray[np.bool_], patterns: NDArray[np.signedinteger]
) -> Floats:
    """Return the difference after each pattern (patterns x differing clusters; 1: swapped)."""
    ours, theirs = a.corpus.rows, b.corpus.rows
    moved = patterns.astype(np.float64) @ (theirs - ours)[differing]
    return a.corpus.value(ours.sum(axis=0) + moved) - b.corpus.value(theirs.sum(axis=0) - moved)
