"""How parameters move, and how fast over the steps. Knows nothing of models or of what is learned.

To add one: a line here, and a file where torch does not have it.
"""

import math
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from core.errors import AssistantError

if TYPE_CHECKING:
    import torch

_MOMENTUM = 0.9


def _torch(name: str, **told: Any) -> "Callable[[Sequence[torch.Tensor], float], torch.optim.Optimizer]":
    """Return what builds an optimizer of torch; none of them decays weights."""

    def build(parameters: "Sequence[torch.Tensor]", rate: float) -> "torch.optim.Optimizer":
        import torch

        made: torch.optim.Optimizer = getattr(torch.optim, name)(
            parameters, lr=rate, weight_decay=0.0, **told
        )
        return made

    return build


def _lamb(parameters: "Sequence[torch.Tensor]", rate: float) -> "torch.optim.Optimizer":
    from finetune.lamb import Lamb

    return Lamb(parameters, rate)


def _adamw_8bit(parameters: "Sequence[torch.Tensor]", rate: float) -> "torch.optim.Optimizer":
    if find_spec("bitsandbytes") is None:
        raise AssistantError("finetune.optimizer adamw_8bit lacks bitsandbytes; take adamw or adafactor")
    from bitsandbytes.optim import AdamW8bit

    made: torch.optim.Optimizer = AdamW8bit(parameters, lr=rate, weight_decay=0.0)
    return made


OPTIMIZERS: "dict[str, Callable[[Sequence[torch.Tensor], float], torch.optim.Optimizer]]" = {
    "adamw": _torch("AdamW"),
    "adam": _torch("Adam"),
    "sgd": _torch("SGD", momentum=_MOMENTUM),
    "lamb": _lamb,
    "adafactor": _torch("Adafactor"),
    "adamw_8bit": _adamw_8bit,
}

SCHEDULES: dict[str, Callable[[float], float]] = {
    "cosine": lambda done: 0.5 * (1 + math.cos(math.pi * done)),
    "linear": lambda done: 1 - done,
    "constant": lambda done: 1.0,
}
"""The learning rate as a share of its peak, by the share of the steps after warm-up that is done."""
