"""Ask strategies questions. Knows nothing of metrics or of what strategies are made of.

What was answered before is remembered at the generator, so a run that was killed goes on where it was.
"""

from collections.abc import Callable, Generator, Sequence

from tqdm import tqdm

from assistant.types import Answer, Question, Strategy
from core.errors import AssistantError
from evaluation.types import Reference, Run, Sample


def run(strategy: Strategy, references: Sequence[Reference], latency_sample: int) -> Run:
    """Return all answers; the first `latency_sample` questions are asked alone, so that their times count.

    Raises:
        AssistantError: the strategy failed.
    """
    questions = [reference.ask() for reference in references]
    alone, together = questions[:latency_sample], questions[latency_sample:]
    one_by_one = tqdm(alone, desc=f"{strategy.name}, one by one", delay=3, leave=False)
    for question in {question.lang: question for question in reversed(alone)}.values():
        _warm_up(strategy, question)
    answers = [_asked_alone(strategy, question) for question in one_by_one]
    answers += strategy.answer_many(together)
    return Run(strategy.name, tuple(map(Sample, references, answers)))


def run_all(
    strategies: Sequence[Strategy],
    references: Sequence[Reference],
    latency_sample: int,
    announce: Callable[[str], None],
) -> tuple[list[Run], dict[str, str]]:
    """Run the strategies one after the other; return their runs, and why others have none."""
    runs: list[Run] = []
    failed: dict[str, str] = {}
    for strategy in strategies:
        announce(f"{strategy.name}: {len(references)} questions")
        try:
            runs.append(run(strategy, references, latency_sample))
        except AssistantError as error:
            failed[strategy.name] = str(error)
    return runs, failed


def _warm_up(strategy: Strategy, question: Question) -> None:
    """Have an answer begun and drop it: weights, adapter, index and shared prefix are read at first use."""
    stream = strategy.stream(question)
    next(stream, None)
    if isinstance(stream, Generator):
        stream.close()


def _asked_alone(strategy: Strategy, question: Question) -> Answer:
    """Ask as a user would."""
    *_, answer = strategy.stream(question)
    return answer
