"""Weights rounded to 4-bit NormalFloat and back. Knows nothing of models or adapters.

As QLoRA defines it (Dettmers et al., 2023, arXiv:2305.14314): blocks of 64 weights share a scale, their
largest magnitude; each becomes the nearest of 16 values, the quantiles of a normal distribution. The scales
are not quantised again. Nothing is stored in 4 bits here: this says what such a base computes.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

BLOCK = 64
_LEVELS = (
    *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453),
    *(-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0),
    *(0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224),
    *(0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0),
)


def rounded(weight: "Tensor") -> "Tensor":
    """Return a weight as a 4-bit base has it: same shape, dtype and device."""
    import torch

    flat = weight.detach().float().flatten()
    padded = torch.nn.functional.pad(flat, (0, -flat.numel() % BLOCK)).view(-1, BLOCK)
    scales = padded.abs().amax(-1, keepdim=True)
    levels = torch.tensor(_LEVELS, device=weight.device)
    middles = (levels[1:] + levels[:-1]) / 2
    nearest = torch.bucketize(padded / scales.clamp(min=torch.finfo(torch.float32).tiny), middles)
    restored = (levels[nearest] * scales).flatten()[: flat.numel()]
    return restored.view_as(weight).to(weight.dtype)
