"""How sure a mean over questions and seeds is: a bootstrap over documents and seeds. Knows no model.

Questions whose first evidence document is the same are drawn together, as in `evaluation`, and seeds are
drawn as well (two ways at once: Owen, 2007, arXiv:0712.1111). The interval is the percentile bootstrap's,
95 %: with few documents it is too narrow.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DRAWS = 10_000
LEVEL = 95  # per cent
Values = NDArray[np.float64]


def interval(values: Values, members: Sequence[int], seed: int) -> tuple[float, float]:
    """Return the 2.5th and 97.5th percentile of the mean over drawn seeds and drawn clusters.

    Args:
        values: (seeds, questions); of one seed the interval is over questions alone.
        members: the number of each question's cluster, see `core.clusters`.
        seed: of the draws.
    """
    seeds, count = len(values), max(members) + 1
    sums = np.zeros((seeds, count))
    for place, member in enumerate(members):
        sums[:, member] += values[:, place]
    sizes = np.bincount(members, minlength=count)
    rng = np.random.default_rng(seed)
    of_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=DRAWS)
    of_clusters = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS)
    means = ((of_seeds @ sums) * of_clusters).sum(axis=1) / (seeds * (of_clusters @ sizes))
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)
