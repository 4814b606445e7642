"""Ask retrieval first, and the long context where that refuses. Knows nothing of how either answers.

Self-Route (Li et al., 2024, arXiv:2407.16833): the cheap answer says by itself whether it takes the dear one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Self

from assistant.strategies.base import NamedStrategy, Parts
from assistant.types import About, Answer, Question, Strategy


class SelfRoute(NamedStrategy):
    """`first` answers; where it refuses, `second` does, and the costs of both count."""

    name = "self_route"
    about = About(
        label="Self-route",
        how="retrieves, and reads everything where it finds no answer",
        doing="Retrieving",
        waiting="Searching the passages, then reading them…",
        shown=False,
    )

    def __init__(self, first: Strategy, second: Strategy) -> None:
        self._first, self._second = first, second

    @classmethod
    def assemble(cls, parts: Parts, variant: str = "") -> Self:
        """Make the strategy of what there is.

        Raises:
            AssistantError: retrieval or the long context lacks something.
        """
        return cls(parts.strategy("rag"), parts.strategy("long_context"))

    def answer_many(
        self, questions: Sequence[Question], on_answer: Callable[[Answer], None] | None = None
    ) -> list[Answer]:
        """Answer all questions in batches, in their order; `on_answer` hears each as it is ready."""
        firsts: dict[Question, Answer] = {}
        final: dict[Question, Answer] = {}

        def settle(answer: Answer) -> None:
            final[answer.question] = answer
            if on_answer:
                on_answer(answer)

        def hear(first: Answer) -> None:
            firsts[first.question] = first
            if not first.abstained:
                settle(self._mine(first))

        self._first.answer_many(questions, hear)
        refused = {_plain(first): first for first in firsts.values() if first.abstained}
        self._second.answer_many(
            list(refused), lambda second: settle(self._after(refused[second.question], second))
        )
        return [final[question] for question in questions]

    def stream(self, question: Question) -> Iterator[Answer]:
        """Yield the answer as it grows; the last item is complete. Closing the iterator stops the model.

        A refusal of the first is none yet: an answer without text, on a longer route, takes it back.
        """
        for first in self._first.stream(question):
            yield replace(self._mine(first), abstained=False)
        if first.abstained:
            yield replace(self._mine(first), text="", abstained=False, route=self._whole_route)
            for second in self._second.stream(_plain(first)):
                yield self._after(first, second)

    @property
    def _whole_route(self) -> tuple[str, str]:
        return self._first.name, self._second.name

    def _mine(self, answer: Answer) -> Answer:
        return replace(answer, strategy=self.name, route=(self._first.name,))

    def _after(self, first: Answer, second: Answer) -> Answer:
        """Return the second answer with the costs of both; what was searched for is the first's."""
        return replace(
            second,
            question=first.question,
            standalone=first.standalone,
            strategy=self.name,
            route=self._whole_route,
            ranked=second.ranked if second.ranked is not None else first.ranked,
            usage=first.usage + second.usage,
            timing=first.timing + second.timing,
        )


def _plain(answer: Answer) -> Question:
    """Return the question that was answered: one that came with turns was rewritten, which is paid once."""
    return replace(answer.question, text=answer.standalone or answer.question.text, turns=())
