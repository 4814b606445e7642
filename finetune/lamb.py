"""LAMB: Adam whose step has the size of the weights that it moves (You et al., 2019, arXiv:1904.00962).

Knows nothing of models. Departs from the paper: no weight decay, and the trust ratio is not bounded.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

_BETAS = (0.9, 0.999)
_EPSILON = 1e-6


class Lamb(torch.optim.Optimizer):
    """A step of Adam for each tensor, scaled to `rate` times the tensor's own norm."""

    def __init__(self, parameters: Sequence[torch.Tensor], rate: float) -> None:
        super().__init__(parameters, {"lr": rate})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Move each parameter that has a gradient; one of zeros moves as by Adam."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, group["lr"])

    def _move(self, weight: torch.Tensor, rate: float) -> None:
        state = self.state[weight]
        if not state:
            state["step"] = torch.zeros((), dtype=torch.float32)
            state["mean"], state["square"] = torch.zeros_like(weight), torch.zeros_like(weight)
        state["step"] += 1
        assert weight.grad is not None
        state["mean"].lerp_(weight.grad, 1 - _BETAS[0])
        state["square"].lerp_(weight.grad.square(), 1 - _BETAS[1])
        count = float(state["step"])
        mean, square = state["mean"] / (1 - _BETAS[0] ** count), state["square"] / (1 - _BETAS[1] ** count)
        update = mean / (square.sqrt() + _EPSILON)
        size, length = weight.norm(), update.norm()
        trust = torch.where((size > 0) & (length > 0), size / length, torch.ones_like(size))
        weight.sub_(update * (rate * trust))
