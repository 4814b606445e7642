"""Answer from what the weights know: with a domain's adapter, or without one as the floor to compare with.

Knows nothing of documents or of where an adapter is.
"""

from collections.abc import Sequence

from assistant.generation.types import Generator
from assistant.prompts import Style, closed_book
from assistant.strategies.base import PromptStrategy
from assistant.types import Prompt, Question


class FineTuned(PromptStrategy):
    """No documents in the prompt. With an `adapter` it is `fine_tuned`, without one `closed_book`."""

    def __init__(self, generator: Generator, style: Style, adapter: str = "") -> None:
        super().__init__(generator)
        self.name = "fine_tuned" if adapter else "closed_book"
        self._style, self._adapter = style, adapter

    def prepare_many(self, questions: Sequence[Question]) -> list[Prompt]:
        """Return the prompts for all questions."""
        return [
            Prompt(closed_book(question.text, question.lang, self._style), adapter=self._adapter)
            for question in questions
        ]
