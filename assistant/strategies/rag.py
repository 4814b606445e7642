"""Answer from retrieved passages, by the base model or by one tuned to read them.

Knows nothing of files, indexes or metrics.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, Self

from assistant.generation.adapters import RAFT
from assistant.generation.types import Generator
from assistant.prompts import Style
from assistant.strategies.base import Parts, PromptStrategy
from assistant.types import About, Prompt, Question
from ingest.types import Hit


class Retriever(Protocol):
    """What finds passages."""

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        """Return the best passages for each query, best first."""
        ...


class Rag(PromptStrategy):
    """The `top_k` best passages in the prompt, best first; of `ranked` passages it tells the documents."""

    name = "rag"
    about = About(
        label="Retrieval",
        how="reads the passages it finds",
        doing="Retrieving",
        waiting="Searching the passages, then reading them…",
        reads="passage",
    )

    def __init__(
        self,
        generator: Generator,
        retriever: Retriever,
        style: Style,
        top_k: int,
        ranked: int = 0,
        adapter: str = "",
    ) -> None:
        super().__init__(generator)
        self._retriever, self._style, self.adapter = retriever, style, adapter
        self._top_k, self._ranked = top_k, max(top_k, ranked)

    @classmethod
    def assemble(cls, parts: Parts, variant: str = "") -> Self:
        """Make the strategy of what there is."""
        return cls._made(parts)

    @classmethod
    def _made(cls, parts: Parts, adapter: str = "") -> Self:
        retrieval = parts.settings.retrieval
        return cls(
            parts.generator, parts.knowledge, parts.style, retrieval.top_k, retrieval.candidates, adapter
        )

    def prepare_many(self, questions: Sequence[Question]) -> list[Prompt]:
        """Return the prompts for all questions, with one search per language."""
        hits: dict[int, list[Hit]] = {}
        for lang in sorted({question.lang for question in questions}):
            places = [place for place, question in enumerate(questions) if question.lang == lang]
            found = self._retriever.search_many(
                [questions[place].text for place in places], lang=lang, top_k=self._ranked
            )
            hits.update(zip(places, found, strict=True))
        return [self._prompt(question, hits[place]) for place, question in enumerate(questions)]

    def _prompt(self, question: Question, hits: Sequence[Hit]) -> Prompt:
        prompt = self.reading(question, tuple(hits[: self._top_k]), self._style, hits)
        return replace(prompt, found=tuple(hits))


class FineTunedRag(Rag):
    """Passages, read by an adapter trained to read them (RAFT, Zhang et al., 2024, arXiv:2403.10131).

    It has the form of its answers from training, and is shown no examples.
    """

    name = "fine_tuned_rag"
    about = About(
        label="Tuned retrieval",
        how="reads the passages it finds, as it was trained to",
        doing="Retrieving",
        waiting="Searching the passages, then reading them…",
        reads="passage",
        shown=False,
    )
    has_variants = True

    @classmethod
    def assemble(cls, parts: Parts, variant: str = "") -> Self:
        """Make the strategy of what there is.

        Raises:
            AdapterError: there is no such adapter for the model.
        """
        made = cls._made(parts, parts.adapter(variant or RAFT))
        made.name = f"{cls.name}:{variant}" if variant else cls.name
        return made
