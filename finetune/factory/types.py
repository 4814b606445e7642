"""What a step of the factory takes and leaves. Knows nothing of any step."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from core.questions import QuestionRecord
from finetune.types import Example
from settings import Finetune


@dataclass(frozen=True, slots=True)
class Dropped:
    """An example that a step left out, and why."""

    step: str
    question_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Material:
    """What steps may look at beside the examples; each notes in `dropped` what it leaves out."""

    test: Sequence[QuestionRecord]
    settings: Finetune
    dropped: list[Dropped] = field(default_factory=list)


Step = Callable[[Iterable[Example], Material], Iterator[Example]]
"""Yields the examples that stay, changed or new ones among them."""
