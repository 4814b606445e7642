"""F1 over entities. Knows nothing of models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.agreement import NORMALISATION
from assistant.agreement.entities import entities, entity_f1
from evaluation.types import CorpusStatistics, Floats, Sample, Score, ratio

ENTITIES = "entities"
"""The answer type."""


@dataclass(frozen=True, slots=True)
class EntityF1:
    """Micro F1 over all entities, 0 to 1: the right kind, the exact surface, each as often as it is named.

    `per_question` are the F1 of single questions, 1 where nothing is named and nothing listed.
    """

    name: str = "entity_f1"

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples; where no entities are asked for, it does not apply."""
        rows = np.zeros((len(samples), 4))  # questions, both, said, right
        values: list[float | None] = [None] * len(samples)
        for place, sample in enumerate(samples):
            if sample.reference.type != ENTITIES or not sample.reference.answerable:
                continue
            text = "" if sample.answer.abstained else sample.answer.text
            best = max(sample.reference.answers, key=lambda answer, text=text: entity_f1(text, answer))  # type: ignore[misc]
            said, right = entities(text), entities(best)
            rows[place] = 1, (said & right).total(), said.total(), right.total()
            values[place] = entity_f1(text, best)
        corpus = CorpusStatistics(rows, _of_sums)
        value = float(_of_sums(rows.sum(axis=0, keepdims=True))[0]) if rows[:, 0].any() else None
        signature = f"{self.name}|micro,kind+exact surface,multisets|refs:best|{NORMALISATION}"
        return Score(self.name, value, tuple(values), signature, corpus=corpus)


def _of_sums(sums: Floats) -> Floats:
    """Return F1 for each row of sums, 1 where nothing is named or listed; NaN where it holds no question."""
    asked, both, said, right = sums.T
    quiet = (asked > 0) & (said + right == 0)
    return np.where(quiet, 1.0, ratio(2 * both, said + right))
