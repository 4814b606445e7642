"""Low-rank updates of linear layers (Hu et al., 2021, arXiv:2106.09685), by peft."""

from typing import Any

from finetune.methods.tunable import PeftTunable
from settings import Finetune


def attach_lora(base: Any, settings: Finetune) -> PeftTunable:
    """Freeze `base` and put a fresh adapter on it, which computes in the base's dtype."""
    from peft import LoraConfig, get_peft_model

    targets: str | list[str] = settings.targets
    if settings.targets != "all-linear":
        targets = [name.strip() for name in settings.targets.split(",")]
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )
    return PeftTunable(get_peft_model(base, config, autocast_adapter_dtype=False))
