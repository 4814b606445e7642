"""Refusals: are they given where, and only where, no answer is right? Knows nothing of models."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.types import Sample, Score, mean_score


@dataclass(frozen=True, slots=True)
class RefusalPrecision:
    """Of the questions that were refused, the share that had to be; None where none was."""

    name: str = "refusal_precision"

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples."""
        values = [
            float(not sample.reference.answerable) if sample.answer.abstained else None for sample in samples
        ]
        return mean_score(self.name, values, "refusal_precision|n:refused")


@dataclass(frozen=True, slots=True)
class RefusalRecall:
    """Of the questions that had to be refused, the share that was; None where there are none."""

    name: str = "refusal_recall"

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples."""
        values = [
            None if sample.reference.answerable else float(sample.answer.abstained) for sample in samples
        ]
        return mean_score(self.name, values, "refusal_recall|n:unanswerable")
