"""A base model with a LoRA adapter, and the loss it is trained on. Knows nothing of files or schedules."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.batches import IGNORED, Batch
from settings import Finetune, Settings

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Loss:
    """Cross entropy summed over `tokens` reply tokens, of which the model would have chosen `right`."""

    summed: "torch.Tensor"
    tokens: int
    right: int


class LoraModel:
    """The frozen base and its trainable adapter (Hu et al., 2021).

    The adapter computes in the base's dtype; the optimizer steps on float32 copies of it (`masters`),
    because an update is often smaller than bfloat16 can add.
    """

    def __init__(self, folder: Path, settings: Settings, dtype: str, device: str) -> None:
        """Load the base from `folder` and put a fresh adapter, seeded by the settings, on it."""
        import torch
        from peft import get_peft_model
        from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed

        torch.set_num_threads(settings.threads)
        set_seed(settings.finetune.seed)
        self.device = device
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        base = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).to(device)
        self.peft = get_peft_model(base, _config(settings.finetune), autocast_adapter_dtype=False)
        self.weights = [weight for weight in self.peft.parameters() if weight.requires_grad]
        self.masters = [weight.detach().clone().float() for weight in self.weights]

    @property
    def trainable(self) -> int:
        """Number of trained parameters."""
        return sum(weight.numel() for weight in self.weights)

    def loss(self, batch: Batch) -> Loss:
        """Return the loss over the reply tokens of `batch`.

        Logits are computed at those positions alone: with a vocabulary of 150,000 they cost more than
        some layers of the model.
        """
        import torch

        base = self.peft.get_base_model()
        hidden = base.get_decoder()(
            input_ids=batch.ids, attention_mask=batch.mask, use_cache=False
        ).last_hidden_state
        learned = batch.labels != IGNORED
        logits = base.get_output_embeddings()(hidden[learned]).float()
        target = batch.labels[learned]
        summed = torch.nn.functional.cross_entropy(logits, target, reduction="sum")
        return Loss(summed, target.numel(), int((logits.argmax(-1) == target).sum()))

    def collect_gradients(self) -> None:
        """Move the adapter's gradients to the masters."""
        for weight, master in zip(self.weights, self.masters, strict=True):
            master.grad = weight.grad.float() if weight.grad is not None else None
            weight.grad = None

    def publish(self) -> None:
        """Copy the masters into the adapter."""
        import torch

        with torch.no_grad():
            for weight, master in zip(self.weights, self.masters, strict=True):
                weight.copy_(master)

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Switch dropout and gradients off."""
        import torch

        self.peft.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.peft.train()


def _config(settings: Finetune) -> Any:
    from peft import LoraConfig

    targets: str | list[str] = settings.targets
    if settings.targets != "all-linear":
        targets = [name.strip() for name in settings.targets.split(",")]
    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )
