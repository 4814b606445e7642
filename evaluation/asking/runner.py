"""Ask strategies questions, each once. Knows nothing of metrics or of what strategies are made of.

An answer is journaled as soon as it is there, so a killed run resumes; it is reused only where the
same model would get the same messages.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from assistant.types import Answer, Message, Prompt, Question, Strategy
from core.errors import AssistantError, GenerationError
from evaluation.journal import Journal, Request
from evaluation.types import Reference, Sample


@dataclass(frozen=True, slots=True)
class Model:
    """What answers depend on besides their prompts."""

    fingerprint: str
    max_new_tokens: int
    adapter_fingerprint: Callable[[str], str]
    """The identity of the adapter that a prompt names."""


@dataclass(frozen=True, slots=True)
class Run:
    """All answers of one strategy; `timed` are the ids of the questions that were asked alone."""

    strategy: str
    samples: tuple[Sample, ...]
    timed: frozenset[str]


class Runner:
    """Asks through a journal. The first `latency_sample` questions are asked alone and timed."""

    def __init__(self, journal: Journal, model: Model, latency_sample: int) -> None:
        self._journal, self._model, self._latency_sample = journal, model, latency_sample

    def run(self, strategy: Strategy, references: Sequence[Reference]) -> Run:
        """Return all answers, asking what is not in the journal.

        Raises:
            AssistantError: the strategy failed; the answers so far are kept.
        """
        questions = [reference.ask() for reference in references]
        prompts = strategy.prepare_many(questions)
        requests = [self._request(strategy.name, *pair) for pair in zip(questions, prompts, strict=True)]
        alone, together = requests[: self._latency_sample], requests[self._latency_sample :]
        self._ask_alone(strategy, [one for one in alone if not self._journal.is_timed(one)])
        self._ask_together(strategy, [one for one in together if self._journal.get(one) is None])
        samples = [
            Sample(reference, self._answer(request))
            for reference, request in zip(references, requests, strict=True)
        ]
        return Run(strategy.name, tuple(samples), frozenset(one.question.id for one in alone))

    def _request(self, strategy: str, question: Question, prompt: Prompt) -> Request:
        adapter = self._model.adapter_fingerprint(prompt.adapter) if prompt.adapter else ""
        return Request(
            strategy, question, prompt, self._model.fingerprint, adapter, self._model.max_new_tokens
        )

    def _answer(self, request: Request) -> Answer:
        answer = self._journal.get(request)
        if answer is None:
            raise GenerationError(f"{request.strategy} gave no answer to question {request.question.id}")
        return answer

    def _ask_alone(self, strategy: Strategy, requests: Sequence[Request]) -> None:
        """Ask one by one, as a user would, once weights, adapter and shared prefix have been read."""
        from tqdm import tqdm

        warm: set[tuple[str, tuple[Message, ...]]] = set()
        for request in tqdm(requests, desc=f"{strategy.name}, one by one", delay=3, leave=False):
            shared = (request.prompt.adapter, request.prompt.prefix)
            if shared not in warm:
                _begin(strategy, request.question)
                warm.add(shared)
            *_, answer = strategy.stream(request.question)
            self._journal.add(request, answer, timed=True)

    def _ask_together(self, strategy: Strategy, requests: Sequence[Request]) -> None:
        by_id = {request.question.id: request for request in requests}
        if requests:
            strategy.answer_many(
                [request.question for request in requests],
                lambda answer: self._journal.add(by_id[answer.question.id], answer, timed=False),
            )


def _begin(strategy: Strategy, question: Question) -> None:
    """Have the answer begun and drop it."""
    stream = strategy.stream(question)
    next(stream, None)
    if isinstance(stream, Generator):
        stream.close()


def run_all(
    runner: Runner,
    strategies: Sequence[Strategy],
    references: Sequence[Reference],
    announce: Callable[[str], None],
) -> tuple[list[Run], dict[str, str]]:
    """Run the strategies one after the other; return their runs, and why others have none."""
    runs: list[Run] = []
    failed: dict[str, str] = {}
    for strategy in strategies:
        announce(f"{strategy.name}: {len(references)} questions")
        try:
            runs.append(runner.run(strategy, references))
        except AssistantError as error:
            failed[strategy.name] = str(error)
    return runs, failed
