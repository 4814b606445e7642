"""What a step changes, with an interval: a paired bootstrap over documents and seeds. Knows no model.

An answer counts as `correct` says, 0 to 1. Arms are compared question by question and seed by seed; questions
whose first evidence document is the same are drawn together, as in `evaluation`, and seeds are drawn as well
(two ways at once: Owen, 2007, arXiv:0712.1111). The interval is the percentile bootstrap's, 95 %: with few
documents it is too narrow, and where no answer differs there is none.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.questions import QuestionRecord
from finetune.ablation.runs import Result

DRAWS = 10_000
LEVEL = 95  # per cent
Values = NDArray[np.float64]


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
    low, high = _interval(difference, clusters(records), draw_seed) if difference.any() else (None, None)
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


def clusters(records: Sequence[QuestionRecord]) -> list[int]:
    """Return the number of each question's cluster: that of its first evidence document, or one of its own.

    Where all are about one document each is one by itself, since no other document is spoken of.

    >>> from dataclasses import replace
    >>> from finetune.types import NO_RECORD
    >>> about = [("pool",), ("dogs", "pool"), (), ("pool", "dogs"), ()]
    >>> clusters([replace(NO_RECORD, evidence_doc_ids=evidence) for evidence in about])
    [0, 1, 2, 0, 3]
    """
    documents = {one.evidence_doc_ids[0] for one in records if one.evidence_doc_ids}
    numbers: dict[Hashable, int] = {}
    is_one = len(documents) == 1
    keys: list[Hashable] = [
        one.evidence_doc_ids[0] if one.evidence_doc_ids and not is_one else (place,)
        for place, one in enumerate(records)
    ]
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _values(results: Sequence[Result], records: Sequence[QuestionRecord]) -> Values:
    """Return (seeds, questions)."""
    return np.array([[result.correct(record) for record in records] for result in results])


def _interval(difference: Values, members: Sequence[int], seed: int) -> tuple[float, float]:
    """Return the 2.5th and 97.5th percentile of the mean over drawn seeds and drawn clusters."""
    seeds, count = len(difference), max(members) + 1
    sums = np.zeros((seeds, count))
    for place, member in enumerate(members):
        sums[:, member] += difference[:, place]
    sizes = np.bincount(members, minlength=count)
    rng = np.random.default_rng(seed)
    of_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=DRAWS)
    of_clusters = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS)
    means = ((of_seeds @ sums) * of_clusters).sum(axis=1) / (seeds * (of_clusters @ sizes))
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)
