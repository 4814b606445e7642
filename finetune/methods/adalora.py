"""Ranks that move between layers while they learn (Zhang et al., 2023, arXiv:2303.10512), by peft."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from finetune.methods.method import Sample
from finetune.methods.targets import linear_targets
from finetune.methods.tunable import PeftTunable, put_on
from settings import Finetune

if TYPE_CHECKING:
    import torch

_WARMUP, _FINAL, _INTERVAL = 0.1, 0.3, 0.02  # shares of the steps, as in the paper's larger runs
_NEVER = 1 << 40


def attach_adalora(base: Any, settings: Finetune, sample: Sample) -> "AdaLora":
    """Begin with one and a half times `rank` everywhere and end with `rank` on average."""
    from peft import AdaLoraConfig

    config = AdaLoraConfig(
        init_r=settings.rank + (settings.rank + 1) // 2,
        target_r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=linear_targets(base, settings),
        total_step=_NEVER,
        task_type="CAUSAL_LM",
    )
    return AdaLora(put_on(base, config), settings.packing)


class AdaLora(PeftTunable):
    """A model whose triplets lose their rank by how much they matter; it keeps their bases orthogonal."""

    def __init__(self, model: Any, packs: bool) -> None:
        super().__init__(model, packs)
        self._tuner = model.base_model
        self._config = model.peft_config["default"]
        self._gradients: list[torch.Tensor | None] = []

    def begin(self, steps: int) -> None:
        """Lay out when ranks are taken: from a tenth of the steps on, until three tenths are left."""
        self._config.total_step = steps
        self._config.tinit, self._config.tfinal = int(_WARMUP * steps), int(_FINAL * steps)
        self._config.deltaT = max(1, int(_INTERVAL * steps))

    def on_gradients(self) -> None:
        """Add the gradient of what keeps P and Q orthogonal; remember all for the importance of triplets."""
        import torch

        pairs = [(name, one) for name, one in self.model.named_parameters() if one.requires_grad]
        bases = [
            weight @ weight.mT if ".lora_A" in name else weight.mT @ weight
            for name, weight in pairs
            if ".lora_A" in name or ".lora_B" in name
        ]
        apart = sum(torch.linalg.norm((one - torch.eye(len(one)).to(one)).float()) for one in bases)
        torch.autograd.backward(self._config.orth_reg_weight * apart / len(bases))
        self._gradients = [weight.grad for weight in self.parameters]

    def on_step(self, step: int) -> bool:
        """Update importances and take ranks; parameters change. In a run of one step none are taken."""
        known = self._tuner.rankallocator.exp_avg_ipt or self._config.rank_pattern
        if not known and step >= self._config.total_step - self._config.tfinal:
            return False
        for weight, gradient in zip(self.parameters, self._gradients, strict=True):
            weight.grad = gradient
        self._tuner.update_and_allocate(step)
        for weight in self.parameters:
            weight.grad = None
        self._gradients = []
        return True

    def state(self) -> "dict[str, torch.Tensor]":
        """Return importances and which ranks are left."""
        import torch

        allocator = self._tuner.rankallocator
        found = {
            f"{kind}/{name}": tensor
            for kind in ("ipt", "exp_avg_ipt", "exp_avg_unc")
            for name, tensor in getattr(allocator, kind).items()
        }
        ranks = self._config.rank_pattern or {}
        return found | {f"rank/{name}": torch.tensor(kept) for name, kept in ranks.items()}

    def restore(self, state: "Mapping[str, torch.Tensor]") -> None:
        """Take up what `state` returned."""
        device, ranks = self.parameters[0].device, {}
        for key, tensor in state.items():
            kind, _, name = key.partition("/")
            if kind == "rank":
                ranks[name] = tensor.tolist()
            else:
                getattr(self._tuner.rankallocator, kind)[name] = tensor.to(device)
        self._config.rank_pattern = ranks or None
