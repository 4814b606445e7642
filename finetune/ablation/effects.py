"""What a step changes, with an interval. Knows no model.

An answer counts as `correct` says, 0 to 1. Arms are compared question by question and seed by seed; where no
answer differs there is no interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.clusters import by_document
from core.questions import QuestionRecord
from finetune.ablation.runs import Result
from finetune.bootstrap import Values, interval


@dataclass(frozen=True, slots=True)
class Effect:
    """An arm beside the base: `value` and `base` are means of `correct`, `by_seed` the differences.

    `low` and `high` are None where no answer differs in its worth.
    """

    step: str
    examples: int
    base: float
    value: float
    by_seed: tuple[float, ...]
    differing: int
    low: float | None
    high: float | None

    @property
    def difference(self) -> float:
        """How much more is right with the step."""
        return self.value - self.base

    @property
    def verdict(self) -> str:
        """What the interval says."""
        if self.low is None or self.high is None:
            return "nothing differs"
        return "helps" if self.low > 0 else "harms" if self.high < 0 else "nothing shown"


def effect(
    base: Sequence[Result],
    arm: Sequence[Result],
    records: Sequence[QuestionRecord],
    examples: int,
    draw_seed: int,
) -> Effect:
    """Return the effect of an arm's step.

    Args:
        base: the runs without it, a seed each.
        arm: those with it, of the same seeds in the same order.
        records: the questions that all have answered.
        examples: that the arm learned from.
        draw_seed: of the bootstrap.
    """
    ours, theirs = (_values(results, records) for results in (arm, base))
    difference = ours - theirs
    low, high = (
        interval(difference, by_document([one.evidence_doc_ids for one in records]), draw_seed)
        if difference.any()
        else (None, None)
    )
    return Effect(
        step=arm[0].step,
        examples=examples,
        base=float(theirs.mean()),
        value=float(ours.mean()),
        by_seed=tuple(difference.mean(axis=1).tolist()),
        differing=int(np.count_nonzero(difference)),
        low=low,
        high=high,
    )


def _values(results: Sequence[Result], records: Sequence[QuestionRecord]) -> Values:
    """Return (seeds, questions)."""
    return np.array([[result.correct(record) for record in records] for result in results])
