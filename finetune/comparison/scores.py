"""What runs are worth: means with intervals, computed anew from their answers. Knows no model.

The rules are those of `evaluation`: `correct` and F1 against the best reference, a fact counts as taught if a
train question asks for it, a refusal is right where there is no answer.
"""

import math
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

import numpy as np

from assistant.agreement import correct, f1
from core.clusters import by_document
from core.questions import QuestionRecord
from finetune.bootstrap import Values, interval
from finetune.comparison.measuring import GENERAL, Training
from finetune.comparison.runs import Run

Declines = Callable[[str], bool]
"""Says whether an answer declines to answer."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over questions and seeds with its interval; `low` and `high` are None where nothing varies."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Answered:
    """How right the answers of a row are, 0 to 1; None where there is nothing to measure by.

    `difference` is to the first method, `gain` to the base: question by question and seed by seed.
    """

    correct: Mean
    by_seed: tuple[float, ...]
    f1: float
    gain: Mean | None
    difference: Mean | None
    taught: float | None
    not_taught: float | None
    refusal_recall: float | None
    false_refusals: float | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a row still knows of what it was not taught.

    `correct` on the questions of no domain, `change` of it to the base, and the perplexity of the held-out
    text as a ratio to the base's: 1 is unchanged, 2 is twice as surprised at each token.
    """

    correct: Mean
    change: Mean | None
    perplexity_ratio: float


@dataclass(frozen=True, slots=True)
class Row:
    """One arm of a comparison. `training` has means over seeds (of the peak the most), `money` that of a run.

    One that could not run has a `reason` and nothing else.
    """

    label: str
    reason: str = ""
    seeds: tuple[int, ...] = ()
    device: str = ""
    training: Training | None = None
    money: float | None = None
    answered: dict[str, Answered] | None = None
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """Money for an hour of training; 0: not stated."""

    cpu: float = 0
    gpu: float = 0

    def of(self, run: Run) -> float | None:
        """Return what the training of a run cost; None where nobody said."""
        price = self.gpu if run.device == "cuda" else self.cpu
        return run.training.seconds / 3600 * price if run.training and price else None


class Scorer:
    """Scores runs that were asked the same questions."""

    def __init__(
        self,
        questions: dict[str, Sequence[QuestionRecord]],
        facts: Container[str],
        declines: Declines,
        draw_seed: int,
    ) -> None:
        """Take the questions by their part, the facts of train questions, and what tells a refusal."""
        self._questions, self._facts, self._declines, self._seed = questions, facts, declines, draw_seed

    def row(
        self, runs: Sequence[Run], base: Sequence[Run], first: Sequence[Run] | None, prices: Prices
    ) -> Row:
        """Return the row of an arm.

        Args:
            runs: those of the arm, a seed each.
            base: the run of the base; the same for all seeds. That of its own row: itself.
            first: those of the first method, of the same seeds; None: this is it, or it is the base's row.
            prices: of an hour.
        """
        is_base = list(runs) == list(base)
        parts = [part for part in self._questions if part != GENERAL]
        answered = {part: self._answered(part, runs, None if is_base else base, first) for part in parts}
        general = self._correct(GENERAL, runs)
        change = None if is_base else self._mean(GENERAL, general - self._correct(GENERAL, base))
        nats = [one.loss - base[0].loss for one in runs]
        costs = [cost for one in runs if (cost := prices.of(one)) is not None]
        return Row(
            label=runs[0].label,
            seeds=tuple(one.seed for one in runs if one.seed is not None),
            device=runs[0].device,
            training=_means([one.training for one in runs if one.training]),
            money=fmean(costs) if costs else None,
            answered=answered,
            kept=Kept(self._mean(GENERAL, general), change, math.exp(fmean(nats))),
        )

    def _answered(
        self, part: str, runs: Sequence[Run], base: Sequence[Run] | None, first: Sequence[Run] | None
    ) -> Answered:
        records, values = self._questions[part], self._correct(part, runs)
        declined = np.array(
            [[self._declines(one.answers[part][record.id]) for record in records] for one in runs]
        )
        taught = [record.taught(self._facts) for record in records]
        answerable = np.array([bool(record.answers) for record in records])
        return Answered(
            correct=self._mean(part, values),
            by_seed=tuple(values.mean(axis=1).tolist()),
            f1=float(np.mean([[self._f1(part, one, record) for record in records] for one in runs])),
            gain=self._mean(part, values - self._correct(part, base)) if base else None,
            difference=self._mean(part, values - self._correct(part, first)) if first else None,
            taught=_mean_of(values, np.array([one is True for one in taught])),
            not_taught=_mean_of(values, np.array([one is False for one in taught])),
            refusal_recall=_mean_of(declined, ~answerable),
            false_refusals=_mean_of(declined, answerable),
        )

    def _correct(self, part: str, runs: Sequence[Run]) -> Values:
        """Return (seeds, questions)."""
        return np.array(
            [
                [self._one(one.answers[part][record.id], record) for record in self._questions[part]]
                for one in runs
            ]
        )

    def _one(self, text: str, record: QuestionRecord) -> float:
        return correct(text, record.answers, record.answer_type, record.in_full, self._declines(text))

    def _f1(self, part: str, run: Run, record: QuestionRecord) -> float:
        text = run.answers[part][record.id]
        return max((f1(text, right) for right in record.answers), default=float(self._declines(text)))

    def _mean(self, part: str, values: Values) -> Mean:
        """Return the mean of (seeds, questions)."""
        if np.ptp(values) == 0:
            return Mean(float(values.mean()), None, None)
        return Mean(
            float(values.mean()),
            *interval(
                values, by_document([one.evidence_doc_ids for one in self._questions[part]]), self._seed
            ),
        )


def _mean_of(values: Values, wanted: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> float | None:
    """Return the mean over the wanted questions; None where there are none."""
    return float(values[:, wanted].mean()) if wanted.any() else None


def _means(trainings: Sequence[Training]) -> Training | None:
    if not trainings:
        return None
    return replace(
        trainings[0],
        tokens=round(fmean(one.tokens for one in trainings)),
        seconds=fmean(one.seconds for one in trainings),
        step_seconds=median(one.step_seconds for one in trainings),
        peak=max(one.peak for one in trainings),
    )
