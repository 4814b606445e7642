"""Float32 copies that an optimizer steps on. Knows nothing of what the parameters are for.

An update is often smaller than bfloat16 can add: it must be summed where it is not lost. What is float32
already is its own copy.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class Masters:
    """The parameters of a model, and a float32 copy of each."""

    def __init__(self, parameters: "Sequence[torch.nn.Parameter]") -> None:
        import torch

        self._parameters = parameters
        self.copies: list[torch.Tensor] = [
            parameter if parameter.dtype == torch.float32 else parameter.detach().clone().float()
            for parameter in parameters
        ]

    def collect_gradients(self) -> None:
        """Move the gradients of the parameters to the copies."""
        for parameter, copy in self._apart():
            copy.grad = parameter.grad.float() if parameter.grad is not None else None
            parameter.grad = None

    def publish(self) -> None:
        """Write the copies into the parameters."""
        import torch

        with torch.no_grad():
            for parameter, copy in self._apart():
                parameter.copy_(copy)

    def adopt(self) -> None:
        """Take over the parameters that are no longer what was written into them."""
        import torch

        with torch.no_grad():
            for parameter, copy in self._apart():
                changed = copy.to(parameter.dtype) != parameter
                copy.copy_(torch.where(changed, parameter.float(), copy))

    def _apart(self) -> "list[tuple[torch.nn.Parameter, torch.Tensor]]":
        pairs = zip(self._parameters, self.copies, strict=True)
        return [(parameter, copy) for parameter, copy in pairs if parameter is not copy]
