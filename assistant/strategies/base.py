"""What all strategies share: a prompt goes to the generator and comes back as an answer.

Most say only how a question becomes a prompt; others ask strategies. Knows nothing of documents or models.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Protocol, Self

from assistant.declining import fitted_bias
from assistant.forms import FREE, Form
from assistant.generation.chat import first_line, spoken
from assistant.generation.types import Generation, Generator
from assistant.prompts import Style, open_book, refusal
from assistant.routing import Router
from assistant.structured import follows, supported
from assistant.turns import condense, condense_many
from assistant.types import About, Answer, Coverage, Ending, Prompt, Question, Strategy, Timing
from core.language import Lang
from ingest.knowledge_base import KnowledgeBase
from ingest.types import Hit
from settings import Settings

_EXAMPLES = 0.25
"""Share of the model's window that examples may take."""
Clock = Callable[[], float]
now: Clock = time.perf_counter


class Parts(Protocol):
    """What a strategy may be made of; `assistant.registry` has the real ones."""

    @property
    def settings(self) -> Settings:
        """The domain's settings."""
        ...

    @property
    def generator(self) -> Generator:
        """The model that answers."""
        ...

    @property
    def knowledge(self) -> KnowledgeBase:
        """The domain's documents."""
        ...

    @property
    def style(self) -> Style:
        """How long answers should be."""
        ...

    def adapter(self, name: str = "") -> str:
        """Return what the generator calls an adapter of the domain; empty: that of the settings.

        Raises:
            AdapterError: there is none for the model; the message says how to train it.
        """
        ...

    @property
    def known_questions(self) -> Sequence[str]:
        """Questions that an adapter of the domain may have been trained on."""
        ...

    @property
    def router(self) -> Router:
        """What chooses between strategies.

        Raises:
            AssistantError: there is none for the model; the message says how it is learned.
        """
        ...

    def strategy(self, name: str) -> Strategy:
        """Return another strategy, for one that is made of others.

        Raises:
            AssistantError: something that it needs is not there.
        """
        ...


class NamedStrategy(ABC):
    """What `STRATEGIES` has a name for: it can be made of a domain's parts, and answers."""

    name: str
    about: ClassVar[About]
    form: Form = FREE
    """What replies have to look like."""
    refusal_bias: float | None = None
    """What the settings say of it; None: what was fitted for the model."""
    has_variants: ClassVar[bool] = False
    """Whether `name:variant` is another strategy of this kind."""

    @classmethod
    @abstractmethod
    def assemble(cls, parts: Parts, variant: str = "") -> Self:
        """Make the strategy of what there is.

        Raises:
            AssistantError: something that it needs is not there.
        """

    @classmethod
    def about_variant(cls, variant: str) -> About:
        """Return what is to be known of a variant."""
        return replace(cls.about, label=f"{cls.about.label}: {variant}") if variant else cls.about

    @abstractmethod
    def answer_many(
        self, questions: Sequence[Question], on_answer: Callable[[Answer], None] | None = None
    ) -> list[Answer]:
        """Answer all questions in batches, in their order; `on_answer` hears each as it is ready."""

    @abstractmethod
    def stream(self, question: Question) -> Iterator[Answer]:
        """Yield the answer as it grows; the last item is complete. Closing the iterator stops the model."""

    def coverage(self, lang: Lang, answers: Sequence[Answer] = ()) -> Coverage | None:
        """Return what part of the corpus questions in `lang` meet, see `Strategy`; None: nobody knows."""
        return None


class PromptStrategy(NamedStrategy):
    """A strategy that asks the generator once per question, and once more where that follows on turns."""

    adapter: str = ""
    """What the generator calls the adapter that answers; empty: the base does."""

    def __init__(self, generator: Generator, clock: Clock = now) -> None:
        self.generator = generator
        self._clock = clock
        self._examples: dict[Lang, int] = {}

    @abstractmethod
    def prepare_many(self, questions: Sequence[Question]) -> list[Prompt]:
        """Return the prompts for all questions; searches and counts once for all."""

    def prepare(self, question: Question) -> Prompt:
        """Return the prompt for one question."""
        return self.prepare_many([question])[0]

    def answer_many(
        self, questions: Sequence[Question], on_answer: Callable[[Answer], None] | None = None
    ) -> list[Answer]:
        """Answer all questions in batches, in their order; `on_answer` hears each as it is ready."""
        asked = condense_many(questions, self.generator)
        start = self._clock()
        prompts = self._prepared([one.question for one in asked])
        retrieval = self._clock() - start
        answers: dict[int, Answer] = {}

        def finish(index: int, generation: Generation) -> None:
            one, together = asked[index], replace(generation, alone=False)
            answers[index] = one.answered(self._answer(one.question, prompts[index], together, retrieval))
            if on_answer:
                on_answer(answers[index])

        self.generator.generate(prompts, on_done=finish)
        return [answers[index] for index in range(len(questions))]

    def stream(self, question: Question) -> Iterator[Answer]:
        """Yield the answer as it grows; the last item is complete. Closing the iterator stops the model."""
        asked = condense(question, self.generator)
        start = self._clock()
        (prompt,) = self._prepared([asked.question])
        retrieval = self._clock() - start
        generation = Generation("")
        for generation in self.generator.stream(prompt):
            yield asked.answered(self._growing(asked.question, prompt, generation, retrieval))
        yield asked.answered(self._answer(asked.question, prompt, generation, retrieval))

    def _prepared(self, questions: Sequence[Question]) -> list[Prompt]:
        """Return the prompts for all questions, held to the form of the domain."""
        prompts = self.prepare_many(questions)
        return [self.form.held(*pair) for pair in zip(prompts, [one.lang for one in questions], strict=True)]

    def reading(
        self, question: Question, contexts: tuple[Hit, ...], style: Style, hits: Sequence[Hit] | None
    ) -> Prompt:
        """Return the prompt that asks about `contexts`, see `prompts.open_book`.

        `hits` are what was found for the question; None: nothing was searched for, and all questions in a
        language meet the same. It has no examples before a reply of another form, before one of an adapter,
        which learned its form, and where they would take more than a quarter of the model's window.
        """
        is_short = style != "paragraph" and self.form.free
        is_shown = is_short and not self.adapter and self._has_room(question.lang, style)
        book = open_book(
            question.text,
            [hit.chunk for hit in contexts],
            question.lang,
            style,
            shares_passages=hits is None,
            with_examples=is_shown,
        )
        bias = self.refusal_bias
        if bias is None:
            bias = fitted_bias(self.generator.name, question.lang) if is_shown else 0.0
        return Prompt(
            book.messages,
            contexts=contexts,
            adapter=self.adapter,
            prefix=book.shared,
            one_line=style == "short",
            first_bias=((refusal(question.lang), bias),) if bias else (),
            ranked=None if hits is None else tuple(dict.fromkeys(id for hit in hits for id in hit.documents)),
        )

    def _has_room(self, lang: Lang, style: Style) -> bool:
        """Say whether the window has room for the examples of a language; they are counted once."""
        if not self.generator.window:
            return True
        if lang not in self._examples:
            shared = open_book("", (), lang, style).shared
            self._examples[lang] = self.generator.count_tokens("\n".join(one.content for one in shared))
        return self._examples[lang] <= _EXAMPLES * self.generator.window

    def _growing(
        self, question: Question, prompt: Prompt, generation: Generation, retrieval: float
    ) -> Answer:
        said = spoken(generation.text)
        return Answer(
            question=question,
            text=first_line(said) if prompt.one_line else said,
            strategy=self.name,
            contexts=prompt.contexts,
            ranked=prompt.ranked,
            found=prompt.found,
            usage=generation.usage,
            timing=Timing(
                retrieval, retrieval + generation.first_token, retrieval + generation.total, generation.alone
            ),
            model=self.generator.name,
            adapter=prompt.adapter,
        )

    def _answer(self, question: Question, prompt: Prompt, generation: Generation, retrieval: float) -> Answer:
        answer = self._growing(question, prompt, generation, retrieval)
        return replace(
            answer,
            citations=supported(question.text, answer.text, prompt.contexts),
            abstained=self.form.declines(answer.text),
            ending=_ending(answer.text, generation, self.form.schema(question.lang)),
        )


def _ending(said: str, generation: Generation, schema: str) -> Ending:
    """Return how a completion ended; one that was cut before it said anything was still thinking.

    JSON may be whole with the last token that there was; a server may not hold its model to the schema.
    """
    if schema and said and generation.ending != "loop":
        if follows(said, schema):
            return "stop"
        return "length" if generation.ending == "length" else "invalid"
    return "thinking" if generation.ending == "length" and not said else generation.ending
