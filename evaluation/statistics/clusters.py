"""What questions that stand or fall together add up to. Knows nothing of intervals or tests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core import clusters
from evaluation.types import CorpusStatistics, Floats, Reference, Score, ratio


def by_document(references: Sequence[Reference]) -> list[int]:
    """Return the number of each question's cluster, see `core.clusters`."""
    return clusters.by_document([one.evidence for one in references])


@dataclass(frozen=True)  # no slots: what is derived is kept
class Clustered:
    """What a value is computed from, summed cluster by cluster; `sizes` are questions per cluster."""

    corpus: CorpusStatistics
    sizes: Floats

    @cached_property
    def total(self) -> float:
        """The value over all clusters, in the metric's units."""
        return float(self.corpus.value(self.corpus.rows.sum(axis=0, keepdims=True))[0])

    @property
    def span(self) -> float:
        """From the lowest to the highest value that the metric can take, in its units."""
        return self.corpus.highest - self.corpus.lowest

    @property
    def share(self) -> float:
        """Where between lowest and highest the value lies, 0 to 1."""
        return min(max((self.total - self.corpus.lowest) / self.span, 0.0), 1.0)

    @property
    def independent(self) -> float:
        """How many questions these are worth if those of a cluster are all alike (Kish, 1965)."""
        return float(self.sizes.sum() ** 2 / (self.sizes**2).sum())

    @cached_property
    def influence(self) -> Floats:
        """By how much the share changes without each cluster (clusters,); 0 for a single one."""
        if len(self.sizes) == 1:
            return np.zeros(1)
        rest: Floats = self.corpus.value(self.corpus.rows.sum(axis=0) - self.corpus.rows)
        return (rest - self.total) / self.span


def clustered(score: Score, clusters: Sequence[int], places: Sequence[int]) -> Clustered:
    """Return what the value of `score` over the questions at `places`, which all have one, is made of."""
    corpus = score.corpus or _of_mean(score)
    numbers, members = np.unique(np.asarray(clusters)[places], return_inverse=True)
    sums = np.zeros((len(numbers), corpus.rows.shape[1]))
    np.add.at(sums, members, corpus.rows[places])
    return Clustered(replace(corpus, rows=sums), np.bincount(members).astype(np.float64))


def _of_mean(score: Score) -> CorpusStatistics:
    """Return the sums behind a mean. Values beyond 0 and 1 stretch the scale to themselves."""
    values = np.array([0.0 if value is None else value for value in score.per_question])
    rows = np.column_stack([values, np.ones(len(values))])
    return CorpusStatistics(rows, _mean, min(0.0, values.min()), max(1.0, values.max()))


def _mean(sums: Floats) -> Floats:
    return ratio(sums[:, 0], sums[:, 1])
