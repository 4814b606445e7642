"""A training run's state on disk, written whole or not at all. Knows nothing of what is trained.

One safetensors file holds weights, the optimizer's state and the random states; its metadata the progress.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_FILE = "checkpoint.safetensors"
_ON_CPU = "step"  # where AdamW counts, whatever device the weights are on


def save_checkpoint(
    folder: Path,
    identity: str,
    progress: dict[str, Any],
    weights: "Sequence[torch.Tensor]",
    optimizer: "torch.optim.Optimizer",
) -> None:
    """Write the state beside the old file, then replace it."""
    from safetensors.torch import save_file

    tensors = {f"weight.{index}": weight.detach().cpu() for index, weight in enumerate(weights)}
    for index, weight in enumerate(weights):
        for name, value in optimizer.state[weight].items():
            tensors[f"state.{index}.{name}"] = value.detach().cpu()
    tensors |= {f"rng.{device}": state for device, state in _random_states().items()}
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{_FILE}.partial"
    save_file(tensors, partial, metadata={"identity": identity, "progress": json.dumps(progress)})
    os.replace(partial, folder / _FILE)


def load_checkpoint(
    folder: Path, identity: str, weights: "Sequence[torch.Tensor]", optimizer: "torch.optim.Optimizer"
) -> dict[str, Any] | None:
    """Restore weights, optimizer and random states; return the progress.

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
        for key in saved.keys():  # noqa: SIM118 (no mapping)
            kind, _, rest = key.partition(".")
            if kind == "state":
                index, _, name = rest.partition(".")
                weight = weights[int(index)]
                value = saved.get_tensor(key)
                optimizer.state[weight][name] = value if name == _ON_CPU else value.to(weight.device)
            elif kind == "rng":
                _restore_random_state(rest, saved.get_tensor(key))
        progress: dict[str, Any] = json.loads(metadata["progress"])
        return progress


def _random_states() -> "dict[str, torch.Tensor]":
    """Return the random state of the CPU and of each GPU that has one."""
    import torch

    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        for number, state in enumerate(torch.cuda.get_rng_state_all()):
            states[f"cuda:{number}"] = state
    return states


def _restore_random_state(device: str, state: "torch.Tensor") -> None:
    """Set the random state of a device; one that is not here any more is passed over."""
    import torch

    if device == "cpu":
        torch.set_rng_state(state)
    elif torch.cuda.is_available() and int(device.partition(":")[2]) < torch.cuda.device_count():
        torch.cuda.set_rng_state(state, device)
