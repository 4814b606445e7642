"""Float32 copies that an optimizer steps on. Knows nothing of what the parameters are for.

An update is often smaller than bfloat16 can add: it must be summed where it is not lost.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class Masters:
    """The parameters of a model, and a float32 copy of each."""

    def __init__(self, parameters: "Sequence[torch.nn.Parameter]") -> None:
        self._parameters = parameters
        self.copies = [parameter.detach().clone().float() for parameter in parameters]

    def collect_gradients(self) -> None:
        """Move the gradients of the parameters to the copies."""
        for parameter, copy in zip(self._parameters, self.copies, strict=True):
            copy.grad = parameter.grad.float() if parameter.grad is not None else None
            parameter.grad = None

    def publish(self) -> None:
        """Write the copies into the parameters."""
        import torch

        with torch.no_grad():
            for parameter, copy in zip(self._parameters, self.copies, strict=True):
                parameter.copy_(copy)
