"""Which label a question wants and which one its answer gives. Knows nothing of models or measures.

A label has a name in each language, and either counts. Only whole replies do: "air" is the label air, also in
quotation marks, "It is air." is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.agreement import tokens
from evaluation.types import Sample

LABEL = "label"
"""The answer type."""
RULE = "label:whole reply,either language"
Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The labels that are right, the first one foremost, and the one that was said; None: none of them."""

    right: tuple[int, ...]
    said: int | None

    @property
    def is_right(self) -> bool:
        """Whether the answer names a right label."""
        return self.said in self.right


@dataclass(frozen=True)  # no slots: what is derived is kept
class Choices:
    """The choices of samples, with labels as numbers."""

    samples: Sequence[Sample]

    @cached_property
    def numbers(self) -> dict[Name, int]:
        """The number of each name: those of the domain's labels, then answers that are none of them."""
        found: dict[Name, int] = {}
        for label in (label for sample in self.samples for label in sample.reference.labels):
            number = found.setdefault(_name(label.en), len(found))
            found.setdefault(_name(label.zh), number)
        for right in (right for sample in self._asked for right in sample.reference.answers):
            found.setdefault(_name(right), len(found))
        return found

    @property
    def count(self) -> int:
        """One more than the highest number."""
        return max(self.numbers.values(), default=-1) + 1

    def all(self) -> list[Choice | None]:
        """Return a choice for each sample; None where no label is asked for."""
        return [self._choice(sample) if _asks(sample) else None for sample in self.samples]

    @property
    def _asked(self) -> list[Sample]:
        return [sample for sample in self.samples if _asks(sample)]

    def _choice(self, sample: Sample) -> Choice:
        right = dict.fromkeys(self.numbers[_name(one)] for one in sample.reference.answers)
        said = None if sample.answer.abstained else self.numbers.get(_name(sample.answer.text))
        return Choice(tuple(right), said)


def _asks(sample: Sample) -> bool:
    return sample.reference.type == LABEL and sample.reference.answerable


def _name(text: str) -> Name:
    return tuple(tokens(text))
