"""A number read off a model's last layer, beside its words. Knows nothing of what the number means.

The head sees the hidden states that the output matrix sees, so that one pass gives both, by whatever method
the model learns.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.batches import IGNORED, collate
from finetune.types import Batch, Encoded, Tunable

if TYPE_CHECKING:
    import torch

FILE = "head.safetensors"
"""Beside the artefact of the model that it was trained with."""


class WithHead:
    """A model that learns, and one weight for each of its hidden dimensions, all of them 0 at first."""

    def __init__(self, tunable: Tunable) -> None:
        import torch

        self._tunable = tunable
        width = tunable.model.get_output_embeddings().weight.shape[-1]
        device = tunable.parameters[0].device
        self.head = torch.nn.Parameter(torch.zeros(width, dtype=torch.float32, device=device))
        self.parameters = [*tunable.parameters, self.head]

    @property
    def model(self) -> Any:
        """The module that runs."""
        return self._tunable.model

    def forward(self, batch: Batch) -> "torch.Tensor":
        """Return the logits of the labelled positions, in order: (learned tokens, vocabulary)."""
        return self._tunable.forward(batch)

    def begin(self, steps: int) -> None:
        """Pass it on."""
        self._tunable.begin(steps)

    def on_gradients(self) -> None:
        """Pass it on."""
        self._tunable.on_gradients()

    def on_step(self, step: int) -> bool:
        """Pass it on."""
        return self._tunable.on_step(step)

    def state(self) -> "dict[str, torch.Tensor]":
        """Pass it on."""
        return self._tunable.state()

    def restore(self, state: "Mapping[str, torch.Tensor]") -> None:
        """Pass it on."""
        self._tunable.restore(state)

    def save(self, folder: Path) -> None:
        """Write the artefact, and the head beside it."""
        from safetensors.torch import save_file

        self._tunable.save(folder)
        save_file({"weight": self.head.detach().cpu()}, folder / FILE)


@contextmanager
def seen(model: Any) -> "Iterator[list[torch.Tensor]]":
    """Yield a list that fills with the hidden states of the labelled positions: (positions, width) a pass."""
    found: list[torch.Tensor] = []
    hook = model.get_output_embeddings().register_forward_hook(
        lambda _, inputs, __: found.append(inputs[0].float())
    )
    try:
        yield found
    finally:
        hook.remove()


def last_states(tunable: Tunable, rows: Sequence[Encoded]) -> "torch.Tensor":
    """Return the hidden state of the last token of each row: (rows, width), in float32."""
    batch = collate(rows, tunable.parameters[0].device)
    batch.labels.fill_(IGNORED)
    for place, row in enumerate(rows):
        batch.labels[place, len(row.ids) - 1] = 0
    with seen(tunable.model) as states:
        tunable.forward(batch)
    return states[0]
