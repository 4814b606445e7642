"""Method: what is known of a way to tune before a model is loaded. Knows nothing of any one method."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from core.errors import AssistantError
from finetune.types import Batch, Tunable
from settings import Finetune

Sample = Callable[[], Iterable[Batch]]
"""Returns batches of the training examples, for a method that looks at data before it begins."""
Attach = Callable[[Any, Finetune, Sample], Tunable]
"""Puts a method on a base model; raises AdapterError where the model has no room for it."""


def no_sample() -> Iterable[Batch]:
    """Return no batches."""
    return ()


@dataclass(frozen=True, slots=True)
class Method:
    """A way to tune. `learns` and `source` are for people, the rest says how it is run."""

    attach: Attach
    learns: str
    source: str
    """arXiv id, or where else it is described."""
    rate: float = 4e-4
    """Peak learning rate where the settings state none."""
    needs: str = ""
    """What it needs besides a model."""
    library: str = ""
    """An extra library that it cannot do without."""
    quantised: bool = False
    """Whether the base is loaded in 4 bits."""
    everything: bool = False
    """Whether every weight learns: its gradient, its copy in 32 bits and Adam's two moments take memory."""
    begins_texts: bool = False
    """Whether it learns what stands before every text: no packing, and no checkpointing of layers."""

    @property
    def lacks(self) -> str:
        """What this machine lacks for it; empty: nothing."""
        if self.library and find_spec(self.library) is None:
            return f"{self.library} (pip install {self.library})"
        return ""

    def refuse(self, name: str, settings: Finetune) -> None:
        """Raise AssistantError where this machine or these settings do not allow the method."""
        if self.lacks:
            raise AssistantError(f"finetune.method {name} lacks {self.lacks}; without it: lora")
        for setting in ("packing", "gradient_checkpointing"):
            if self.begins_texts and getattr(settings, setting):
                raise AssistantError(
                    f"finetune.{setting} does not go with {name}, which learns what stands before "
                    f"every text; switch it off"
                )
