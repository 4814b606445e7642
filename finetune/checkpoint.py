"""A training run's state on disk, written whole or not at all. Knows nothing of what is trained.

One safetensors file holds the weights, AdamW's moments and the random state; its metadata the progress.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_FILE = "checkpoint.safetensors"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_checkpoint(
    folder: Path,
    identity: str,
    progress: dict[str, Any],
    weights: "Sequence[torch.Tensor]",
    optimizer: "torch.optim.Optimizer",
) -> None:
    """Write the state beside the old file, then replace it."""
    import torch
    from safetensors.torch import save_file

    tensors = {f"weight.{index}": weight.detach().cpu() for index, weight in enumerate(weights)}
    for index, weight in enumerate(weights):
        for name in _MOMENTS:
            tensors[f"{name}.{index}"] = optimizer.state[weight][name].detach().cpu()
    tensors["rng"] = torch.get_rng_state()
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{_FILE}.partial"
    save_file(tensors, partial, metadata={"identity": identity, "progress": json.dumps(progress)})
    os.replace(partial, folder / _FILE)


def load_checkpoint(
    folder: Path, identity: str, weights: "Sequence[torch.Tensor]", optimizer: "torch.optim.Optimizer"
) -> dict[str, Any] | None:
    """Restore weights, moments and random state; return the progress.

    None where no state of this `identity` was saved.
    """
    import torch
    from safetensors import safe_open

    path = folder / _FILE
    if not path.is_file():
        return None
    with safe_open(path, framework="pt") as saved:
        metadata = saved.metadata()
        if metadata["identity"] != identity:
            return None
        with torch.no_grad():
            for index, weight in enumerate(weights):
                weight.copy_(saved.get_tensor(f"weight.{index}"))
                optimizer.state[weight] = {
                    name: saved.get_tensor(f"{name}.{index}").to(weight.device if name != "step" else "cpu")
                    for name in _MOMENTS
                }
        torch.set_rng_state(saved.get_tensor("rng"))
        progress: dict[str, Any] = json.loads(metadata["progress"])
        return progress
