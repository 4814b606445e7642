"""Example, Batch, Tunable, Objective: what training is made of. Knows nothing of any method or objective."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from assistant.generation.chat import Chat
from assistant.types import Message

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made an example: documents, steps of the factory, and the model that wrote it, if one did."""

    documents: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    model: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A chat and the reply to be learned."""

    question_id: str
    messages: tuple[Message, ...]
    reply: str
    provenance: Provenance = Provenance()
    asked: str = ""
    """What is asked, where the last message holds more than that."""

    @property
    def question(self) -> str:
        """What is asked."""
        return self.asked or self.messages[-1].content

    def to_json(self) -> str:
        """Return the example as one line in the chat format that other trainers read as well."""
        turns = [*map(asdict, self.messages), {"role": "assistant", "content": self.reply}]
        return json.dumps({"id": self.question_id, "messages": turns}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example: all token ids, and how many of them are the prompt."""

    ids: tuple[int, ...]
    prompt: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of shape (examples, longest); `labels` are shifted: position i holds what follows token i."""

    ids: "torch.Tensor"
    mask: "torch.Tensor"
    labels: "torch.Tensor"


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss summed over `tokens` learned tokens, of which the model would have chosen `right`."""

    summed: "torch.Tensor"
    tokens: int
    right: int


class Tunable(Protocol):
    """A model of which some parameters learn: what a method makes of a base model."""

    @property
    def model(self) -> Any:
        """The module that runs; it is in training mode unless it is measured."""
        ...

    @property
    def parameters(self) -> "Sequence[torch.nn.Parameter]":
        """Those that learn, in the model's own dtype."""
        ...

    def forward(self, batch: Batch) -> "torch.Tensor":
        """Return the logits of the labelled positions, in order: (learned tokens, vocabulary)."""
        ...

    def on_step(self, step: int) -> None:
        """Hear that `step` optimizer steps have been taken."""
        ...

    def save(self, folder: Path) -> None:
        """Write what has been learned as an artefact that `assistant` can open, without a manifest."""
        ...


class Objective(Protocol):
    """What is learned of examples."""

    def encode(self, examples: Sequence[Example], chat: Chat) -> list[Encoded]:
        """Return the examples as token ids."""
        ...

    def tokens(self, group: Sequence[Encoded]) -> int:
        """Return how many tokens of a group are learned: what its loss is divided by."""
        ...

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the loss of one forward pass over a group."""
        ...
