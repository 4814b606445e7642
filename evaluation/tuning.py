"""Which weight should the dense leg have against BM25, and how sure is it? Knows nothing of searching."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.types import Floats

EQUAL = 0.5
WEIGHTS = tuple(step / 10 for step in range(11))
"""Shares of the dense leg that are tried."""
_TAIL = 2.5  # per cent of the resamples that lie outside the interval, on each side


@dataclass(frozen=True, slots=True)
class Tuned:
    """The weight that did best on `n` questions, and where 95 % of the resamples put the best one.

    `values` are the means at all weights.
    """

    best: float
    low: float
    high: float
    n: int
    values: Mapping[float, float]

    @property
    def weight(self) -> float:
        """The weight to use: equal ones, unless these questions are sure that others are better."""
        return EQUAL if self.low <= EQUAL <= self.high else self.best


def tune(
    per_question: Mapping[float, Sequence[float]], clusters: Sequence[int], draws: int, seed: int
) -> Tuned:
    """Choose between weights by the mean of their values; of equally good ones the nearest to equal.

    The interval is the bootstrap's: questions that belong together (`clusters`) are drawn together, and
    each draw chooses anew.
    """
    weights = sorted(per_question, key=lambda weight: abs(weight - EQUAL))
    values: Floats = np.array([per_question[weight] for weight in weights], float)
    means = values.mean(axis=1)
    sums = np.zeros((max(clusters) + 1, len(weights)))
    np.add.at(sums, np.asarray(clusters), values.T)
    drawn = np.random.default_rng(seed).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), draws)
    chosen = np.array(weights)[_first_best(drawn @ sums)]
    low, high = np.percentile(chosen, [_TAIL, 100 - _TAIL], method="closest_observation")
    best = weights[int(_first_best(means[None])[0])]
    by_weight = {weight: float(mean) for weight, mean in sorted(zip(weights, means, strict=True))}
    return Tuned(best, float(low), float(high), values.shape[1], by_weight)


def _first_best(rows: Floats) -> NDArray[np.intp]:
    """Return for each row the place of its highest value; of those that rounding tells apart the first."""
    best: NDArray[np.intp] = (rows >= rows.max(axis=1, keepdims=True) - 1e-9).argmax(axis=1)
    return best
