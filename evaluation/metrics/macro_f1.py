"""Macro F1 over labels. Knows nothing of models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.agreement import NORMALISATION
from evaluation.metrics.labels import RULE, Choices
from evaluation.types import CorpusStatistics, Floats, Sample, Score, ratio


@dataclass(frozen=True, slots=True)
class MacroF1:
    """The mean of F1 over the labels that some question wants, 0 to 1, each label alike.

    A label that is never said has F1 0. One that no question wants is left out of the mean, and an answer
    that gives it is missing from the right one (the averaged F1 of Opitz and Burst, 2019, arXiv:1911.03347).
    `per_question` is 1 where the label is right, for reading only.
    """

    name: str = "macro_f1"

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples; where no label is asked for, it does not apply."""
        choices = Choices(samples)
        rows = np.zeros((len(samples), 3, choices.count))  # both, said, right
        values: list[float | None] = [None] * len(samples)
        for place, one in enumerate(choices.all()):
            if one is None:
                continue
            values[place] = float(one.is_right)
            right = one.said if one.said is not None and one.is_right else one.right[0]
            rows[place, 2, right] = 1
            if one.said is not None:
                rows[place, 1, one.said] = 1
                rows[place, 0, right] = one.is_right
        corpus = CorpusStatistics(rows.reshape(len(samples), 3 * choices.count), _of_sums)
        value = float(_of_sums(corpus.rows.sum(axis=0, keepdims=True))[0]) if rows.any() else None
        signature = f"{self.name}|mean over labels that are right somewhere|{RULE}|{NORMALISATION}"
        return Score(self.name, value, tuple(values), signature, corpus=corpus)


def _of_sums(sums: Floats) -> Floats:
    """Return macro F1 for each row of sums; NaN where no question wants a label."""
    both, said, right = sums.reshape(len(sums), 3, -1).transpose(1, 0, 2)
    wanted = right > 0
    each = np.divide(2 * both, said + right, out=np.zeros_like(both), where=wanted)
    return ratio(each.sum(axis=1), wanted.sum(axis=1).astype(np.float64))
