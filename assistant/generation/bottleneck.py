"""Bottleneck layers after linear layers of a model (Houlsby et al., 2019, arXiv:1902.00751).

Knows nothing of training or files. What comes out of a layer becomes `x + up(gelu(down(x)))`; the layers
of the model stay as they are and call the bottleneck by a hook, so that taking the hooks away leaves the base.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def bottleneck(size: int, width: int) -> "torch.nn.Sequential":
    """Return a bottleneck that changes nothing yet: its up-projection is zero."""
    from torch import nn

    layers = nn.Sequential(nn.Linear(size, width), nn.GELU(), nn.Linear(width, size))
    nn.init.normal_(layers[0].weight, std=0.01)
    for tensor in (layers[0].bias, layers[2].weight, layers[2].bias):
        nn.init.zeros_(tensor)
    return layers


def hook(base: Any, bottlenecks: "Mapping[str, torch.nn.Module]") -> list[Any]:
    """Let each named layer of `base` go through its bottleneck; return handles whose `remove` undoes it."""
    return [
        base.get_submodule(name).register_forward_hook(partial(_through, layers))
        for name, layers in bottlenecks.items()
    ]


def _through(layers: "torch.nn.Module", _: Any, __: Any, output: "torch.Tensor") -> "torch.Tensor":
    added: torch.Tensor = layers(output)
    return output + added
