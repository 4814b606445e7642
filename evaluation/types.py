"""Reference, Sample and Score: what evaluation measures with. Knows nothing of models."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.types import Answer, Message, Question
from core.language import Lang
from core.questions import QuestionRecord
from settings import Label

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reference:
    """A question's right answers and where they stand; no answers means it must be refused.

    `taught`: whether train questions ask for the same fact, so that an adapter may have learned it;
    None where nobody knows. A follow-up has the `turns` before it, and `standalone` says it without them.
    `labels` are those that its task chooses from, if it chooses.
    `drafted`: a model wrote it, the `drafter` if known; `reviewed`: a person has accepted it.
    """

    question: str
    answers: tuple[str, ...]
    evidence: tuple[str, ...]
    type: str
    split: str
    id: str = ""
    lang: str = ""
    evidence_text: tuple[str, ...] = ()
    taught: bool | None = None
    turns: tuple[Message, ...] = ()
    standalone: str = ""
    drafted: bool = False
    reviewed: bool = False
    drafter: str = ""
    labels: tuple[Label, ...] = ()

    @property
    def in_full(self) -> str:
        """The question as it would be asked without any turns before it: what an answer is judged by."""
        return self.standalone or self.question

    @property
    def answerable(self) -> bool:
        """Whether some answer is right; otherwise only a refusal is."""
        return bool(self.answers) and self.type != "unanswerable"

    def ask(self) -> Question:
        """Return the question as a strategy takes it."""
        lang: Lang = "zh" if self.lang == "zh" else "en"
        return Question(self.id, self.question, lang, self.turns)


def reference(
    record: QuestionRecord, taught: Container[str] = (), labels: tuple[Label, ...] = ()
) -> Reference:
    """Return what a line of `questions.jsonl` says is right; `taught` are the facts of train questions."""
    return Reference(
        question=record.question,
        answers=_in_both(record.answers, labels) if record.answer_type == "label" else record.answers,
        evidence=record.evidence_doc_ids,
        type=record.answer_type,
        split=record.split,
        id=record.id,
        lang=record.lang,
        evidence_text=record.evidence_text,
        taught=record.taught(taught),
        turns=tuple(Message(*turn) for turn in record.turns),
        standalone=record.standalone,
        drafted=record.is_drafted,
        reviewed=record.reviewed,
        drafter=record.model if record.is_drafted else "",
        labels=labels,
    )


def _in_both(answers: tuple[str, ...], labels: tuple[Label, ...]) -> tuple[str, ...]:
    """Return labels with their names in the other language, which are as right."""
    same = (name for one in labels if {one.en, one.zh} & set(answers) for name in (one.en, one.zh))
    return tuple(dict.fromkeys((*answers, *same)))


@dataclass(frozen=True, slots=True)
class Sample:
    """One answered question beside its reference."""

    reference: Reference
    answer: Answer


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Which model answered."""

    name: str
    sha256: str
    device: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Run:
    """All answers of one strategy."""

    strategy: str
    samples: tuple[Sample, ...]

    @property
    def usage(self) -> dict[str, int]:
        """Tokens and calls of all answers together, and of how many answers they were estimated."""
        each = [sample.answer.usage for sample in self.samples]
        return {
            "prompt_tokens": sum(one.prompt_tokens for one in each),
            "cached_tokens": sum(one.cached_tokens for one in each),
            "completion_tokens": sum(one.completion_tokens for one in each),
            "estimated": sum(one.estimated for one in each),
            "calls": sum(one.calls for one in each),
        }

    @property
    def latency(self) -> dict[str, float | int | None]:
        """Percentiles in seconds over the `n` answers that were given alone; None where there is none."""
        alone = [sample.answer.timing for sample in self.samples if sample.answer.timing.alone]
        if not alone:
            return {"p50": None, "p95": None, "first_token_p50": None, "first_token_p95": None, "n": 0}
        total = np.percentile([timing.total for timing in alone], [50, 95]).tolist()
        first = np.percentile([timing.first_token for timing in alone], [50, 95]).tolist()
        return {
            "p50": total[0],
            "p95": total[1],
            "first_token_p50": first[0],
            "first_token_p95": first[1],
            "n": len(alone),
        }


def ratio(above: Floats, below: Floats) -> Floats:
    """Return the quotients, NaN where `below` is zero.

    >>> ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    quotients: Floats = np.full(len(above), np.nan)
    np.divide(above, below, out=quotients, where=below > 0)
    return quotients


@dataclass(frozen=True, slots=True)
class CorpusStatistics:
    """What a corpus metric is computed from, so that it can be resampled.

    `rows` (questions x statistics) are summed over the questions drawn; `value` turns the sums of
    many draws (draws x statistics) into values (draws,), NaN where a draw gives none. No value is below
    `lowest` or above `highest`, in the metric's units.
    """

    rows: Floats
    value: Callable[[Floats], Floats]
    lowest: float = 0.0
    highest: float = 1.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a judge agrees with people, on `n` labelled items that its thresholds were not fitted on.

    `auc` is the chance that it rates an item with the label above one without; `accuracy` and `kappa`
    (Cohen, 1960) are of its verdicts, `low` to `high` the 95 % interval of kappa. None where there is nothing
    to say. `failed` items are not among the `n`.
    """

    lang: str
    n: int
    failed: int
    auc: float | None
    accuracy: float | None
    kappa: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """A metric over samples. `value` and entries are None where the metric does not apply.

    `failures` maps the index of a sample whose measurement failed to the reason; it is never averaged
    in. `corpus` is set where `value` is not the mean of `per_question`, `agreement` where a judge measured
    that was checked against people.
    """

    metric: str
    value: float | None
    per_question: tuple[float | None, ...]
    signature: str
    failures: Mapping[int, str] = field(default_factory=dict)
    corpus: CorpusStatistics | None = None
    agreement: Agreement | None = None

    @property
    def n(self) -> int:
        """Number of questions behind `value`."""
        return sum(value is not None for value in self.per_question)


def mean_score(
    metric: str,
    per_question: Sequence[float | None],
    signature: str,
    failures: Mapping[int, str] | None = None,
) -> Score:
    """Return the score that is the mean of those `per_question` values that are not None."""
    known = [value for value in per_question if value is not None]
    value = sum(known) / len(known) if known else None
    return Score(metric, value, tuple(per_question), signature, dict(failures or {}))


def restrict(score: Score, places: Sequence[int]) -> Score:
    """Return `score` over some of its questions; failures are left out."""
    values = [score.per_question[place] for place in places]
    if score.corpus is None:
        return mean_score(score.metric, values, score.signature)
    corpus = replace(score.corpus, rows=score.corpus.rows[list(places)])
    known = any(value is not None for value in values)
    total = float(corpus.value(corpus.rows.sum(axis=0, keepdims=True))[0]) if known else None
    return Score(score.metric, total, tuple(values), score.signature, corpus=corpus)


class Metric(Protocol):
    """A measure of answers."""

    @property
    def name(self) -> str:
        """The metric's name in reports."""
        ...

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples at once."""
        ...
