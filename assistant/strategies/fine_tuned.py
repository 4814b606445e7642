"""Answer from what an adapter was taught. Knows nothing of documents or of where adapters are."""

from collections.abc import Sequence
from typing import Self

from assistant.generation.types import Generator
from assistant.prompts import Style, closed_book
from assistant.strategies.base import Parts, PromptStrategy
from assistant.types import About, Prompt, Question


class FineTuned(PromptStrategy):
    """No documents in the prompt: the facts are in the adapter. `fine_tuned:NAME` takes that of a name."""

    name = "fine_tuned"
    about = About(
        label="Fine-tuned", how="answers from what it learned", doing="Recalling", waiting="Recalling…"
    )
    has_variants = True

    def __init__(self, generator: Generator, style: Style, adapter: str, variant: str = "") -> None:
        super().__init__(generator)
        self.name = f"fine_tuned:{variant}" if variant else "fine_tuned"
        self._style, self.adapter = style, adapter

    @classmethod
    def assemble(cls, parts: Parts, variant: str = "") -> Self:
        """Make the strategy of what there is.

        Raises:
            AdapterError: there is no such adapter for the model.
        """
        return cls(parts.generator, parts.style, parts.adapter(variant), variant)

    def prepare_many(self, questions: Sequence[Question]) -> list[Prompt]:
        """Return the prompts for all questions."""
        return [
            Prompt(
                closed_book(question.text, question.lang, self._style),
                adapter=self.adapter,
                one_line=self._style == "short",
            )
            for question in questions
        ]
