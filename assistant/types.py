"""Question, Prompt and Answer: what a strategy takes, makes and returns. Knows nothing of models."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from core.language import Lang
from ingest.types import Hit

Ending = Literal["", "stop", "length", "loop", "thinking", "invalid"]
"""By itself, cut at its limit, repeating itself, still thinking, as JSON that was not asked for.

Empty: nobody knows."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat: `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was asked; `turns` are what user and assistant had said before it."""

    id: str
    text: str
    lang: Lang
    turns: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the generator is asked.

    `prefix` are the leading `messages` that many questions share, the last perhaps only in its beginning
    (their KV cache is kept);
    `adapter` is the name of the adapter to switch on, empty for the base model; `schema` is the JSON schema
    that the completion has to follow, empty for free text. `one_line` ends the answer with its first line.
    `first_bias` are ways to begin and the nats that are added to the log-odds of each: a model on this
    machine that hardly ever declines does so sooner; an endpoint takes none.
    `ranked` are the documents that were found for the question, best first; None: nothing was searched for.
    `found` are the passages that they were found by, of which the prompt holds the first.
    """

    messages: tuple[Message, ...]
    contexts: tuple[Hit, ...] = ()
    adapter: str = ""
    prefix: tuple[Message, ...] = ()
    schema: str = ""
    one_line: bool = False
    first_bias: tuple[tuple[str, float], ...] = ()
    ranked: tuple[str, ...] | None = None
    found: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of all `calls`; `cached_tokens` are those of `prompt_tokens` that were not computed anew.

    `estimated`: a server did not say, and they were counted here without its tokenizer.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    calls: int = 1

    def __add__(self, other: "Usage") -> "Usage":
        """Return what both cost together."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.completion_tokens + other.completion_tokens,
            self.estimated or other.estimated,
            self.calls + other.calls,
        )


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `first_token` and `total` count from the asking; in a batch they are the batch's.

    `alone`: no other question was answered meanwhile, so that they are what a user waits.
    """

    retrieval: float = 0.0
    first_token: float = 0.0
    total: float = 0.0
    alone: bool = False

    def __add__(self, later: "Timing") -> "Timing":
        """Return the times of an answer that was asked for when this one was there."""
        return Timing(
            self.retrieval + later.retrieval,
            self.total + later.first_token,
            self.total + later.total,
            self.alone and later.alone,
        )


@dataclass(frozen=True, slots=True)
class Citation:
    """The sentence of a passage that supports an answer: `quote` is a substring of the chunk."""

    chunk_id: str
    quote: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the corpus a prompt holds."""

    documents: int
    included: float
    """How many of them; the mean where each question meets others."""
    left_out: tuple[str, ...]
    """Ids of the documents that no question met."""
    tokens: int
    """Of the included documents with their titles."""
    budget: int
    cut: str = ""
    """Id of the only included document, if that had to be cut; in runs from before they were searched for."""
    estimated: bool = False
    """Whether tokens were counted without the model's tokenizer."""
    questions: int = 0
    """How many questions `included` and `tokens` are means over; 0: all meet the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A result that remembers its request. `text` is empty where the model gave no answer.

    `standalone` is the question that was answered where the one asked needs the turns before it; else empty.
    `route` names the strategies that were asked for it, in order; empty: the one that says it, by itself.
    """

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
    ranked: tuple[str, ...] | None = None
    found: tuple[Hit, ...] = ()
    ending: Ending = ""
    standalone: str = ""
    route: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What a page or a report must know of a strategy."""

    label: str
    """What people call it."""
    how: str
    """How it works, in half a line."""
    doing: str
    """What it does before its first word, in one word."""
    waiting: str
    """The same as a line to read meanwhile."""
    reads: Literal["", "passage", "document"] = ""
    """What stands in its prompt."""
    shown: bool = True
    """Whether a page shows it unless told otherwise."""


class Strategy(Protocol):
    """One way to answer."""

    name: str

    @property
    def about(self) -> About:
        """What a page or a report must know of it."""
        ...

    def answer_many(
        self, questions: Sequence[Question], on_answer: Callable[[Answer], None] | None = None
    ) -> list[Answer]:
        """Answer all questions in batches, in their order; `on_answer` hears each as it is ready."""
        ...

    def stream(self, question: Question) -> Iterator[Answer]:
        """Yield the answer as it grows; the last item is complete. Closing the iterator stops the model."""
        ...

    def coverage(self, lang: Lang, answers: Sequence[Answer] = ()) -> Coverage | None:
        """Return what part of the corpus every question in `lang` meets.

        Where that depends on the question it is what `answers` met on average; None without any.
        """
        ...
