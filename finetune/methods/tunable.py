"""A model by peft as a Tunable. Knows nothing of which parameters learn, or why."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.batches import IGNORED
from finetune.types import Batch

if TYPE_CHECKING:
    import torch


class PeftTunable:
    """A model whose trainable parameters are those that peft left unfrozen."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.parameters = [weight for weight in model.parameters() if weight.requires_grad]

    def forward(self, batch: Batch) -> "torch.Tensor":
        """Return the logits of the labelled positions, in order: (learned tokens, vocabulary)."""
        with _only(batch.labels != IGNORED, self.model.get_output_embeddings()):
            logits: torch.Tensor = self.model(
                input_ids=batch.ids, attention_mask=batch.mask, use_cache=False
            ).logits
        return logits

    def on_step(self, step: int) -> None:
        """Nothing depends on the step."""

    def save(self, folder: Path) -> None:
        """Write the adapter."""
        self.model.save_pretrained(folder, selected_adapters=[self.model.active_adapter])


@contextmanager
def _only(wanted: "torch.Tensor", head: Any) -> Iterator[None]:
    """Let the output matrix see the wanted positions alone, (examples, positions), true where wanted.

    With a vocabulary of 150,000 the logits of all others cost more than some layers. What a model does to
    its logits afterwards (a soft cap, a scale) is done to these. Learned vectors before the input come before
    the positions that `wanted` counts.
    """
    import torch

    def pick(_: Any, inputs: "tuple[torch.Tensor, ...]") -> "tuple[torch.Tensor, ...]":
        hidden, *rest = inputs
        before = hidden.shape[1] - wanted.shape[1]
        return hidden[torch.nn.functional.pad(wanted, (before, 0))], *rest

    hook = head.register_forward_pre_hook(pick)
    try:
        yield
    finally:
        hook.remove()
