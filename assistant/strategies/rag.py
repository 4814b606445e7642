"""Answer from retrieved passages. Knows nothing of files, indexes or metrics."""

from collections.abc import Sequence
from typing import Protocol

from assistant.generation.types import Generator
from assistant.prompts import Style, open_book
from assistant.strategies.base import PromptStrategy
from assistant.types import Prompt, Question
from ingest.types import Hit


class Retriever(Protocol):
    """What finds passages."""

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        """Return the best passages for each query, best first."""
        ...


class Rag(PromptStrategy):
    """The `top_k` best passages in the prompt, best first."""

    name = "rag"

    def __init__(self, generator: Generator, retriever: Retriever, style: Style, top_k: int) -> None:
        super().__init__(generator)
        self._retriever, self._style, self._top_k = retriever, style, top_k

    def prepare_many(self, questions: Sequence[Question]) -> list[Prompt]:
        """Return the prompts for all questions, with one search per language."""
        hits: dict[int, list[Hit]] = {}
        for lang in sorted({question.lang for question in questions}):
            places = [place for place, question in enumerate(questions) if question.lang == lang]
            found = self._retriever.search_many(
                [questions[place].text for place in places], lang=lang, top_k=self._top_k
            )
            hits.update(zip(places, found, strict=True))
        return [self._prompt(question, hits[place]) for place, question in enumerate(questions)]

    def _prompt(self, question: Question, hits: Sequence[Hit]) -> Prompt:
        messages = open_book(question.text, [hit.chunk for hit in hits], question.lang, self._style)
        return Prompt(messages, contexts=tuple(hits))
