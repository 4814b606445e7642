"""How many answers are a label at all. Knows nothing of models."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.agreement import NORMALISATION
from evaluation.metrics.labels import RULE, Choices
from evaluation.types import Sample, Score, mean_score


@dataclass(frozen=True, slots=True)
class WithinLabels:
    """The share of the questions for a label whose answer is one of the labels, right or not, 0 to 1."""

    name: str = "within_labels"

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples; where no label is asked for, or none is known, it does not apply."""
        values = [
            float(one.said is not None) if one and sample.reference.labels else None
            for one, sample in zip(Choices(samples).all(), samples, strict=True)
        ]
        return mean_score(self.name, values, f"{self.name}|{RULE}|{NORMALISATION}")
