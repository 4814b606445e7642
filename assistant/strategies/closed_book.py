"""Answer from what the base model knows: the floor to compare with. Knows neither documents nor adapters."""

from collections.abc import Sequence
from typing import Self

from assistant.generation.types import Generator
from assistant.prompts import Style, closed_book
from assistant.strategies.base import Parts, PromptStrategy
from assistant.types import About, Prompt, Question


class ClosedBook(PromptStrategy):
    """No documents in the prompt, no adapter on the model."""

    name = "closed_book"
    about = About(
        label="Closed book",
        how="the base model without documents",
        doing="Recalling",
        waiting="Recalling…",
        shown=False,
    )

    def __init__(self, generator: Generator, style: Style) -> None:
        super().__init__(generator)
        self._style = style

    @classmethod
    def assemble(cls, parts: Parts, variant: str = "") -> Self:
        """Make the strategy of what there is."""
        return cls(parts.generator, parts.style)

    def prepare_many(self, questions: Sequence[Question]) -> list[Prompt]:
        """Return the prompts for all questions."""
        return [
            Prompt(closed_book(question.text, question.lang, self._style), one_line=self._style == "short")
            for question in questions
        ]
