"""Question, Prompt and Answer: what a strategy takes, makes and returns. Knows nothing of models."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.language import Lang
from ingest.types import Hit


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was asked."""

    id: str
    text: str
    lang: Lang


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat: `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the generator is asked.

    `prefix` are the leading `messages` that many questions share (their KV cache is kept);
    `adapter` is the name of the adapter to switch on, empty for the base model; `schema` is the JSON schema
    that the completion has to follow, empty for free text.
    """

    messages: tuple[Message, ...]
    contexts: tuple[Hit, ...] = ()
    adapter: str = ""
    prefix: tuple[Message, ...] = ()
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens; `cached_tokens` are those of `prompt_tokens` that were not computed anew."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `first_token` and `total` count from the asking; in a batch they are the batch's."""

    retrieval: float = 0.0
    first_token: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Citation:
    """The sentence of a passage that supports an answer: `quote` is a substring of the chunk."""

    chunk_id: str
    quote: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A result that remembers its request."""

    question: Question
    text: str
    strategy: str
    contexts: tuple[Hit, ...] = ()
    citations: tuple[Citation, ...] = ()
    abstained: bool = False
    usage: Usage = Usage()
    timing: Timing = Timing()
    model: str = ""
    adapter: str = ""


class Strategy(Protocol):
    """One way to answer."""

    name: str

    def prepare(self, question: Question) -> Prompt:
        """Return the prompt for one question."""
        ...

    def prepare_many(self, questions: Sequence[Question]) -> list[Prompt]:
        """Return the prompts for all questions; searches and counts once for all."""
        ...

    def answer_many(
        self, questions: Sequence[Question], on_answer: Callable[[Answer], None] | None = None
    ) -> list[Answer]:
        """Answer all questions in batches, in their order; `on_answer` hears each as it is ready."""
        ...

    def stream(self, question: Question) -> Iterator[Answer]:
        """Yield the answer as it grows; the last item is complete. Closing the iterator stops the model."""
        ...
