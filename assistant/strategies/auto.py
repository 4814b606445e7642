"""Ask the strategy that a router expects to be right. Knows nothing of how it learned or how any answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Self

from assistant.generation.types import Generator
from assistant.routing import Router, Searched, signals_of
from assistant.strategies.base import Clock, NamedStrategy, Parts, now
from assistant.turns import condense, condense_many
from assistant.types import About, Answer, Question, Strategy, Timing


class Auto(NamedStrategy):
    """Each question goes to one strategy; to look at it costs a search and an embedding, no call."""

    name = "auto"
    about = About(
        label="Router",
        how="asks the way that answered such questions best",
        doing="Choosing",
        waiting="Looking at the question…",
        shown=False,
    )

    def __init__(
        self,
        generator: Generator,
        ways: Mapping[str, Strategy],
        router: Router,
        searched: Searched,
        known: Sequence[str],
        clock: Clock = now,
    ) -> None:
        self._generator, self._ways, self._router = generator, ways, router
        self._searched, self._known, self._clock = searched, known, clock

    @classmethod
    def assemble(cls, parts: Parts, variant: str = "") -> Self:
        """Make the strategy of what there is.

        Raises:
            AssistantError: there is no router, or a strategy that it may choose lacks something.
        """
        router = parts.router
        ways = {name: parts.strategy(name) for name in router.weights}
        return cls(parts.generator, ways, router, parts.knowledge, parts.known_questions)

    def answer_many(
        self, questions: Sequence[Question], on_answer: Callable[[Answer], None] | None = None
    ) -> list[Answer]:
        """Answer all questions in batches, in their order; `on_answer` hears each as it is ready."""
        asked = condense_many(questions, self._generator)
        chosen, seconds = self._choose([one.question for one in asked])
        answers: dict[int, Answer] = {}
        waiting: dict[Question, list[int]] = {}
        for place, one in enumerate(asked):
            waiting.setdefault(one.question, []).append(place)

        def settle(answer: Answer) -> None:
            place = waiting[answer.question].pop(0)
            answers[place] = asked[place].answered(self._mine(answer, seconds))
            if on_answer:
                on_answer(answers[place])

        for name, way in self._ways.items():
            mine = [one.question for one, sent in zip(asked, chosen, strict=True) if sent == name]
            if mine:
                way.answer_many(mine, settle)
        return [answers[place] for place in range(len(questions))]

    def stream(self, question: Question) -> Iterator[Answer]:
        """Yield the answer as it grows; the last item is complete. Closing the iterator stops the model."""
        asked = condense(question, self._generator)
        (name,), seconds = self._choose([asked.question])
        for answer in self._ways[name].stream(asked.question):
            yield asked.answered(self._mine(answer, seconds))

    def _choose(self, questions: Sequence[Question]) -> tuple[list[str], float]:
        """Return a strategy for each question, and how long that took."""
        start = self._clock()
        signals = signals_of(questions, self._searched, self._known)
        return [self._router.choose(one) for one in signals], self._clock() - start

    def _mine(self, answer: Answer, seconds: float) -> Answer:
        looked = Timing(seconds, seconds, seconds, alone=True)
        return replace(answer, strategy=self.name, route=(answer.strategy,), timing=looked + answer.timing)
