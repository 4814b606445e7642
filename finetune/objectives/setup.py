"""What an objective is made from, and what is told of it. Knows no objective."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.generation.chat import Chat
from finetune.types import Objective
from settings import Finetune

Source = Literal["questions", "passages", "both", "documents", "file"]
"""What examples are made of: questions from memory, behind passages or both ways, documents, or a user's
file."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What an objective may need beside the examples; a folder is None where the settings name none."""

    settings: Finetune
    chat: Chat
    reward_model: Path | None = None
    teacher: Path | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """An objective as it is listed, and how it is made."""

    make: Callable[[Setup], Objective]
    learns: str
    needs: str
    paper: str = ""
    source: Source = "questions"
    steps: tuple[str, ...] = ()
    """Steps of the factory that it cannot do without; not taken where a file of the user's is learned."""
    on_dev: bool = False
    """Whether what stops the training goes through those steps as well."""
    learning_rate: float = 0.0
    """Of adapters, where the settings do not say; 0: as for replies. None of them was fitted here."""
    answers: bool = True
    """Whether what comes of it answers questions."""
    draws: bool = False
    """Whether the model answers while it learns: several processes would draw other answers than one."""

    def reads_file(self, settings: Finetune) -> bool:
        """Say whether it learns a file of the user's: if there is one, and it learns replies from memory."""
        return self.source == "file" or (self.source == "questions" and bool(settings.data))
