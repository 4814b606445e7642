"""Accuracy of labels. Knows nothing of models."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.agreement import NORMALISATION
from evaluation.metrics.labels import RULE, Choices
from evaluation.types import Sample, Score, mean_score


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The share of the questions for a label whose answer is a right one, 0 to 1."""

    name: str = "accuracy"

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples; where no label is asked for, it does not apply."""
        values = [None if one is None else float(one.is_right) for one in Choices(samples).all()]
        return mean_score(self.name, values, f"{self.name}|{RULE}|{NORMALISATION}")
