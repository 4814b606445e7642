"""Example, Batch, Tunable, Objective: what training is made of. Knows nothing of any method or objective."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from assistant.generation.chat import Chat
from assistant.types import Message
from core.questions import QuestionRecord

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made an example: documents, steps of the factory that it went through, and who wrote it."""

    documents: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    model: str = ""
    """What wrote it or a part of it; empty: the domain's authors did."""
    made_by: str = ""
    """The step that added it; empty: it is a question of the domain."""
    question: str = ""
    """Id of the question that it was made from, where a step added it."""


NO_RECORD = QuestionRecord("", "", (), (), (), "", "train", "", "")
"""Of an example that no question of a domain stands behind."""


@dataclass(frozen=True, slots=True)
class Example:
    """A chat and the reply to be learned, in preference to `rejected` where that says something."""

    question_id: str
    messages: tuple[Message, ...]
    reply: str
    provenance: Provenance = Provenance()
    asked: str = ""
    """What is asked, where the last message holds more than that."""
    rejected: str = ""
    """A worse reply to the same chat."""
    record: QuestionRecord = NO_RECORD
    """The question behind it, with its references."""
    told: tuple[Message, ...] = ()
    """The same chat with more in it, where a model that is told more teaches one that is not."""

    @property
    def question(self) -> str:
        """What is asked."""
        return self.asked or self.messages[-1].content

    def to_json(self) -> str:
        """Return the example as one line in the chat format that other trainers read as well."""
        return json.dumps(self.chat(), ensure_ascii=False)

    def chat(self) -> dict[str, Any]:
        """Return the example in the chat format."""
        return {
            "id": self.question_id,
            "messages": [*map(asdict, self.messages), _said(self.reply)],
        }

    def preference(self) -> dict[str, Any]:
        """Return chat, reply and rejected reply in the format that preference trainers read."""
        return {
            "id": self.question_id,
            "prompt": [*map(asdict, self.messages)],
            "chosen": [_said(self.reply)],
            "rejected": [_said(self.rejected)],
        }


def _said(reply: str) -> dict[str, str]:
    return {"role": "assistant", "content": reply}


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example: all token ids, and how many of them are the prompt."""

    ids: tuple[int, ...]
    prompt: int

    @property
    def size(self) -> int:
        """Tokens that it takes of a pass; more than its own where it is read beside another."""
        return len(self.ids)


NOTHING = Encoded((), 0)


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of shape (examples, longest); `labels` are shifted: position i holds what follows token i.

    Where a row holds several texts, `mask` says what each position sees: (examples, 1, longest, longest), 0
    or the lowest number, as attention adds it.
    """

    ids: "torch.Tensor"
    mask: "torch.Tensor"
    labels: "torch.Tensor"


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss summed over `tokens` learned tokens, of which the model would have chosen `right`.

    Where whole answers are learned they are counted in the place of tokens: pairs of which it prefers the
    better one, or answers, and `right` are their rewards.
    """

    summed: "torch.Tensor"
    tokens: int
    right: float


class StepTaken(NamedTuple):
    """An optimizer step: its number from 1, the tokens that it saw, without padding, and its seconds."""

    number: int
    tokens: int
    seconds: float


def tell_nobody(step: StepTaken) -> None:
    """Hear of a step and do nothing."""


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

    def begin(self, steps: int) -> None:
        """Hear how many optimizer steps there will be, before the first and before `restore`."""
        ...

    def on_gradients(self) -> None:
        """Add gradients of what the method itself wants, once a step, before they are clipped."""
        ...

    def on_step(self, step: int) -> bool:
        """Hear that `step` optimizer steps have been taken; return whether parameters were changed."""
        ...

    def state(self) -> "dict[str, torch.Tensor]":
        """Return what a resumed run needs besides the parameters."""
        ...

    def restore(self, state: "Mapping[str, torch.Tensor]") -> None:
        """Take up what `state` returned."""
        ...

    def save(self, folder: Path) -> None:
        """Write what has been learned as an artefact that `assistant` can open, without a manifest."""
        ...


class Objective(Protocol):
    """What is learned of examples; the methods that have a body suit most."""

    @property
    def passes(self) -> int:
        """How often a step is taken before the next one: several where answers that cost much are made."""
        return 1

    @property
    def reads_whole(self) -> bool:
        """Whether what is learned of an example depends on the others of its group."""
        return False

    def attach(self, tunable: Tunable) -> Tunable:
        """Return the model with what else it needs in order to learn this; before any weight is changed."""
        return tunable

    def encode(self, examples: Sequence[Example], chat: Chat) -> list[Encoded]:
        """Return the examples as token ids.

        Raises:
            DomainError: there is nothing among them that it learns.
        """
        ...

    def prepare(self, tunable: Tunable, encoded: Sequence[Encoded]) -> Sequence[Encoded]:
        """Return the examples with what has to be read of the model as it is before the first step."""
        return encoded

    def tokens(self, group: Sequence[Encoded]) -> int:
        """Return how many tokens of a group are learned: what its loss is divided by."""
        ...

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the loss of one forward pass over a group; of a model that is measured, what measures it."""
        ...
