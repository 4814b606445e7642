"""What all strategies share: a prompt goes to the generator and comes back as an answer.

A strategy says only how a question becomes a prompt. Knows nothing of documents or models.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from assistant.citations import cite
from assistant.generation.types import Generation, Generator
from assistant.refusals import is_refusal
from assistant.types import Answer, Prompt, Question, Timing

Clock = Callable[[], float]


class PromptStrategy(ABC):
    """A strategy that asks the generator once per question."""

    name: str

    def __init__(self, generator: Generator, clock: Clock = time.perf_counter) -> None:
        self.generator = generator
        self._clock = clock

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
        start = self._clock()
        prompts = self.prepare_many(questions)
        retrieval = self._clock() - start
        answers: dict[int, Answer] = {}

        def finish(index: int, generation: Generation) -> None:
            answers[index] = self._answer(questions[index], prompts[index], generation, retrieval)
            if on_answer:
                on_answer(answers[index])

        self.generator.generate(prompts, on_done=finish)
        return [answers[index] for index in range(len(questions))]

    def stream(self, question: Question) -> Iterator[Answer]:
        """Yield the answer as it grows; the last item is complete. Closing the iterator stops the model."""
        start = self._clock()
        prompt = self.prepare(question)
        retrieval = self._clock() - start
        generation = Generation("")
        for generation in self.generator.stream(prompt):
            yield self._growing(question, prompt, generation, retrieval)
        yield self._answer(question, prompt, generation, retrieval)

    def _growing(
        self, question: Question, prompt: Prompt, generation: Generation, retrieval: float
    ) -> Answer:
        return Answer(
            question=question,
            text=generation.text.strip(),
            strategy=self.name,
            contexts=prompt.contexts,
            usage=generation.usage,
            timing=Timing(retrieval, retrieval + generation.first_token, retrieval + generation.total),
            model=self.generator.name,
            adapter=prompt.adapter,
        )

    def _answer(self, question: Question, prompt: Prompt, generation: Generation, retrieval: float) -> Answer:
        answer = self._growing(question, prompt, generation, retrieval)
        return replace(
            answer,
            citations=cite(question.text, answer.text, prompt.contexts),
            abstained=is_refusal(answer.text),
        )
