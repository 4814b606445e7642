"""Reference, Sample and Score: what evaluation measures with. Knows nothing of models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assistant.types import Answer


@dataclass(frozen=True, slots=True)
class Reference:
    """A question's right answers and where they stand; no answers means it must be refused."""

    question: str
    answers: tuple[str, ...]
    evidence: tuple[str, ...]
    type: str
    split: str
    id: str = ""
    lang: str = ""
    evidence_text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One answered question beside its reference."""

    reference: Reference
    answer: Answer


@dataclass(frozen=True, slots=True)
class Score:
    """A metric over samples. `value` and entries are None where the metric does not apply.

    `failures` maps the index of a sample whose measurement failed to the reason; it is never averaged in.
    """

    metric: str
    value: float | None
    per_question: tuple[float | None, ...]
    signature: str
    failures: Mapping[int, str] = field(default_factory=dict)


class Metric(Protocol):
    """A measure of answers."""

    name: str

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples at once."""
        ...
