"""Bottleneck layers after linear layers of a model (Houlsby et al., 2019, arXiv:1902.00751).

Knows nothing of training or files. What comes out of a layer becomes `x + up(gelu(down(x)))`; the layers
of the model stay as they are and call the bottleneck by a hook: without the hooks the base is what it was.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def bottleneck(size: int, width: int) -> "torch.nn.Sequential":
    """Return a bottleneck that changes nothing yet: its up-projection is zero."""
    from torch import nn

    down, up = nn.Linear(size, width), nn.Linear(width, size)
    nn.init.normal_(down.weight, std=0.01)
    for tensor in (down.bias, up.weight, up.bias):
        nn.init.zeros_(tensor)
    return nn.Sequential(down, nn.GELU(), up)


def hook(base: Any, bottlenecks: "Mapping[str, torch.nn.Module]") -> list[Any]:
    """Let each named layer of `base` go through its bottleneck; return handles whose `remove` undoes it."""
    return [
        base.get_submodule(name).register_forward_hook(partial(_through, layers))
        for name, layers in bottlenecks.items()
    ]


def _through(layers: "torch.nn.Module", _: Any, __: Any, output: "torch.Tensor") -> "torch.Tensor":
    added: torch.Tensor = layers(output)
    return output + added
