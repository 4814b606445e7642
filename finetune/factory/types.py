"""What a step of the factory takes and leaves. Knows nothing of any step."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assistant.generation.types import Generator
from assistant.prompts import Style
from core.questions import QuestionRecord
from core.terms import Terms
from finetune.factory.reading import Passages
from finetune.types import Example
from ingest.types import Document
from settings import Finetune


@dataclass(frozen=True, slots=True)
class Dropped:
    """An example that a step left out, or did not take up, and why; `detail` says what else there is."""

    step: str
    question_id: str
    reason: str
    detail: str = ""


class Filler(Protocol):
    """A masked language model."""

    name: str

    def fill(self, text: str, start: int, end: int) -> str:
        """Return another word that it expects in place of `text[start:end]`; empty: it knows none."""
        ...


class Tools(Protocol):
    """What costs something: each is opened when a step first asks for it."""

    @property
    def writer(self) -> Generator:
        """The model that writes, which remembers on disk what it wrote."""
        ...

    @property
    def passages(self) -> Passages:
        """The domain's documents, as they are now."""
        ...

    @property
    def documents(self) -> Iterable[Document]:
        """The whole documents, as they are now."""
        ...

    @property
    def dates(self) -> Mapping[str, str]:
        """The `as_of` of each document, by its id."""
        ...

    @property
    def filler(self) -> Filler:
        """The masked model that `finetune.masked_model` names."""
        ...


@dataclass(frozen=True, slots=True)
class Material:
    """What steps may look at beside the examples; each notes in `dropped` what it leaves out."""

    questions: Sequence[QuestionRecord]
    """All of the domain, whatever their split."""
    settings: Finetune
    style: Style
    make: Callable[[Sequence[QuestionRecord]], Sequence[Example]]
    """Makes questions into examples, one for each."""
    tools: Tools
    terms: Terms = field(default_factory=Terms)
    dropped: list[Dropped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What a person should hear of a step that could not do its work."""

    @property
    def test(self) -> list[QuestionRecord]:
        """The questions that must not be given away."""
        return [record for record in self.questions if record.split == "test"]


Step = Callable[[Iterable[Example], Material], Iterable[Example]]
"""Returns the examples that stay, changed or new ones among them."""


@dataclass(frozen=True, slots=True)
class Change:
    """An example as a step left it, and what it was made from; None where that was no example."""

    before: Example | None
    after: Example


@dataclass(frozen=True, slots=True)
class Taken:
    """What a step did to the examples of a split: how many came and left, which changed or are new."""

    step: str
    split: str
    came: int
    left: int
    dropped: tuple[Dropped, ...]
    changes: tuple[Change, ...]
