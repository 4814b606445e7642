"""Whether an answer is right, by what its question asks for. Knows nothing of models."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.agreement import NORMALISATION, RULES, correct
from evaluation.types import Sample, Score, mean_score


@dataclass(frozen=True, slots=True)
class Correct:
    """Mean over questions of how right the answer is, 0 to 1, against the best right answer."""

    name: str = "correct"

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples; a refusal is right where no answer is, and wrong elsewhere."""
        values = [
            correct(
                sample.answer.text,
                sample.reference.answers,
                sample.reference.type,
                sample.reference.in_full,
                sample.answer.abstained,
            )
            for sample in samples
        ]
        return mean_score(self.name, values, f"{self.name}|{RULES}|refs:best|{NORMALISATION}")
