"""Models of which some parameters learn, as the trainer meets them. Knows nothing of which learn, or why."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import AdapterError
from finetune.batches import IGNORED, packed
from finetune.types import Batch

if TYPE_CHECKING:
    import torch


class ModelTunable:
    """A model whose trainable parameters are those that require gradients when it is made."""

    def __init__(self, model: Any, packs: bool = False) -> None:
        """Take a model; with `packs` it reads the examples of a batch as one row, without padding."""
        self.model = model
        self.parameters: Sequence[torch.nn.Parameter] = [
            weight for weight in model.parameters() if weight.requires_grad
        ]
        self._packs = packs

    def forward(self, batch: Batch) -> "torch.Tensor":
        """Return the logits of the labelled positions, in order: (learned tokens, vocabulary)."""
        read: dict[str, Any] = {"input_ids": batch.ids, "attention_mask": batch.mask}
        labels = batch.labels
        if self._packs and batch.mask.dim() == 2:  # else it says itself what sees what
            ids, positions, labels = packed(batch)
            read = {"input_ids": ids, "position_ids": positions}
        with _only(labels != IGNORED, self.model.get_output_embeddings()):
            logits: torch.Tensor = self.model(**read, use_cache=False).logits
        return logits

    def begin(self, steps: int) -> None:
        """Nothing depends on how many steps there are."""

    def on_gradients(self) -> None:
        """Nothing is wanted besides the objective."""

    def on_step(self, step: int) -> bool:
        """Nothing depends on the step."""
        return False

    def state(self) -> "dict[str, torch.Tensor]":
        """Nothing is known besides the parameters."""
        return {}

    def restore(self, state: "Mapping[str, torch.Tensor]") -> None:
        """Nothing was known."""


def put_on(base: Any, config: Any) -> Any:
    """Return the base with fresh layers of peft on it, which compute in the base's dtype.

    Raises:
        AdapterError: peft's method has none for the layers of this base.
    """
    from peft import get_peft_model

    try:
        return get_peft_model(base, config, autocast_adapter_dtype=False)
    except (TypeError, ValueError, NotImplementedError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise AdapterError(
            f"the method does not go on this base ({reason}); use finetune.method lora"
        ) from error


class PeftTunable(ModelTunable):
    """A model by peft."""

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
