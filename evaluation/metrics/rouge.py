"""ROUGE-1, ROUGE-2 and ROUGE-L (Lin, 2004) by the rouge_score package. Knows nothing of models.

The package's own tokenizer keeps only [a-z0-9] and so scores Chinese 0; it is given ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from assistant.agreement import NORMALISATION, tokens
from evaluation.types import Sample, Score, mean_score


class _Tokenizer:
    """What rouge_score asks of a tokenizer."""

    def tokenize(self, text: str) -> list[str]:
        return tokens(text)


@dataclass(frozen=True, slots=True)
class Rouge:
    """F-measure of one ROUGE variant (`rouge1`, `rouge2`, `rougeL`), best reference each."""

    name: str

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples; where no answer is right, ROUGE does not apply."""
        from rouge_score.rouge_scorer import RougeScorer  # 3 s: brings nltk

        scorer = RougeScorer([self.name], tokenizer=_Tokenizer())
        values = [
            max(
                scorer.score(right, sample.answer.text)[self.name].fmeasure
                for right in sample.reference.answers
            )
            if sample.reference.answerable
            else None
            for sample in samples
        ]
        signature = f"{self.name}|fmeasure|refs:best|{NORMALISATION}|rouge_score:{version('rouge_score')}"
        return mean_score(self.name, values, signature)
