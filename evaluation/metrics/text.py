"""Exact match and token F1 over questions. Knows nothing of models.

As in SQuAD 2.0 (Rajpurkar et al., 2018, arXiv:1806.03822) an abstention scores 1 where no answer is
right, and any answer 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.agreement import NORMALISATION
from evaluation.types import Sample, Score, mean_score


@dataclass(frozen=True, slots=True)
class BestReference:
    """A pairwise measure: mean over questions of the best value against each right answer."""

    name: str
    measure: Callable[[str, str], float]

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples; a question without a right answer scores 1 if it was refused, else 0."""
        signature = f"{self.name}|refs:best|{NORMALISATION}|unanswerable:abstained=1,answered=0"
        return mean_score(self.name, [self._one(sample) for sample in samples], signature)

    def _one(self, sample: Sample) -> float:
        if not sample.reference.answerable:
            return float(sample.answer.abstained)
        return max(self.measure(sample.answer.text, right) for right in sample.reference.answers)
