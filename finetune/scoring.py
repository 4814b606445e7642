"""Answers of an adapter, or of the base, to the `dev` questions, and how right they are.

Knows nothing of training.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.agreement import correct, exact_match, f1
from assistant.generation.adapters import RAFT
from assistant.generation.local import open_local
from assistant.strategies.base import PromptStrategy
from assistant.strategies.closed_book import ClosedBook
from assistant.strategies.fine_tuned import FineTuned
from assistant.strategies.rag import Rag, Retriever
from assistant.types import Answer, Question
from core.questions import QuestionRecord
from finetune.factory.questions import TrainingData
from settings import Settings


@dataclass(frozen=True, slots=True)
class DevScores:
    """Means over the `dev` questions, 0 to 1; an unanswerable question counts 1 when it is refused.

    Those after training flatter it: the same questions chose the epoch.
    """

    n: int
    correct: float
    exact_match: float
    f1: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with its references, and what was answered."""

    record: QuestionRecord
    answer: Answer

    @property
    def correct(self) -> float:
        """How right the answer is, 0 to 1."""
        record, answer = self.record, self.answer
        return correct(answer.text, record.answers, record.answer_type, record.in_full, answer.abstained)

    def best(self, measure: Callable[[str, str], float]) -> float:
        """Return a measure against the best reference."""
        if not self.record.answers:
            return float(self.answer.abstained)
        return max(measure(self.answer.text, right) for right in self.record.answers)


def answer_dev(data: TrainingData, settings: Settings, adapter: str, passages: Retriever) -> list[Answered]:
    """Answer the `dev` questions, see `answer`."""
    return answer(data.dev_questions, data, settings, adapter, passages)


def answer(
    records: Sequence[QuestionRecord],
    data: TrainingData,
    settings: Settings,
    adapter: str,
    passages: Retriever,
) -> list[Answered]:
    """Answer questions in the style and form of the data by the adapter in a folder, or by the base (empty).

    With `passages` if the adapter learns to read them, else from memory.
    """
    generator = open_local(settings, lambda name: Path(name))
    strategy: PromptStrategy
    if settings.finetune.objective == RAFT:
        strategy = Rag(generator, passages, data.style, settings.retrieval.top_k, adapter=adapter)
    else:
        strategy = FineTuned(generator, data.style, adapter) if adapter else ClosedBook(generator, data.style)
    strategy.form = data.form
    questions = [Question(one.id, one.in_full, one.language) for one in records]
    answers = strategy.answer_many(questions)
    return [Answered(*pair) for pair in zip(records, answers, strict=True)]


def dev_scores(answered: Sequence[Answered]) -> DevScores:
    """Return the means over answered questions."""
    return DevScores(
        n=len(answered),
        correct=_mean([one.correct for one in answered]),
        exact_match=_mean([one.best(exact_match) for one in answered]),
        f1=_mean([one.best(f1) for one in answered]),
    )


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)
