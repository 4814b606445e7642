"""A training run's state on disk, written whole or not at all. Knows nothing of what is trained.

One safetensors file holds weights, the optimizer's state, the method's and the random states; its metadata
the progress.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import TrainingError
from finetune.types import Tunable

if TYPE_CHECKING:
    import torch

_FILE = "checkpoint.safetensors"
_ON_CPU = "step"  # where optimizers count, whatever device the weights are on
_NUMBER = "number"  # of a state that is no tensor


@dataclass(frozen=True, slots=True)
class Saved:
    """What a checkpoint says besides weights: where training stood, and the method's own state."""

    progress: dict[str, Any]
    method: "dict[str, torch.Tensor]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The checkpoint in a folder; one of another `identity` counts as none."""

    folder: Path
    identity: str

    def save(
        self, saved: Saved, weights: "Sequence[torch.Tensor]", optimizer: "torch.optim.Optimizer"
    ) -> None:
        """Write the state beside the old file, then replace it.

        Raises:
            TrainingError: the disk is full; the old file stays.
        """
        from safetensors.torch import save_file

        tensors = {f"weight.{index}": weight.detach().cpu() for index, weight in enumerate(weights)}
        for index, weight in enumerate(weights):
            for name, value in optimizer.state.get(weight, {}).items():
                tensors |= _state(f"state.{index}.{name}", value)
        tensors |= {f"method.{name}": one.detach().cpu().contiguous() for name, one in saved.method.items()}
        tensors |= {f"rng.{device}": state for device, state in _random_states().items()}
        partial = self.folder / f"{_FILE}.partial"
        metadata = {"identity": self.identity, "progress": json.dumps(saved.progress)}
        with room_on_disk(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                save_file(tensors, partial, metadata=metadata)
                os.replace(partial, self.folder / _FILE)
            finally:
                partial.unlink(missing_ok=True)

    def load(self, weights: "Sequence[torch.Tensor]", optimizer: "torch.optim.Optimizer") -> Saved | None:
        """Restore weights, optimizer and random states; return the rest, None where nothing was saved."""
        import torch
        from safetensors import safe_open

        path = self.folder / _FILE
        if not path.is_file():
            return None
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            if metadata["identity"] != self.identity:
                return None
            with torch.no_grad():
                for index, weight in enumerate(weights):
                    weight.copy_(file.get_tensor(f"weight.{index}"))
            saved = Saved(json.loads(metadata["progress"]))
            for key in file.keys():  # noqa: SIM118 (no mapping)
                kind, _, name = key.partition(".")
                if kind == "state":
                    _restore(name, file.get_tensor(key), weights, optimizer)
                elif kind == "method":
                    saved.method[name] = file.get_tensor(key)
                elif kind == "rng":
                    _restore_random_state(name, file.get_tensor(key))
            return saved


@contextmanager
def room_on_disk(folder: Path) -> Iterator[None]:
    """Say in one line that a disk is full.

    Raises:
        TrainingError: it is.
    """
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        full = getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)
        if not full:
            raise
        raise TrainingError(
            f"the disk of {folder} is full; make room and run the same command again: "
            f"it goes on from the last checkpoint"
        ) from error


def save_whole(tunable: Tunable, folder: Path) -> None:
    """Save an artefact; the one that was in `folder` stays until the new one is whole.

    Raises:
        TrainingError: the disk is full.
    """
    fresh, old = (folder.with_name(f"{folder.name}.{end}") for end in ("new", "old"))
    for rest in (fresh, old):
        shutil.rmtree(rest, ignore_errors=True)
    with room_on_disk(folder.parent):
        fresh.mkdir(parents=True)
        tunable.save(fresh)
    if folder.exists():
        os.replace(folder, old)
    os.replace(fresh, folder)
    shutil.rmtree(old, ignore_errors=True)


def _state(key: str, value: Any) -> "dict[str, torch.Tensor]":
    """Return an entry of an optimizer's state as a tensor; some are plain numbers, or nothing yet."""
    import torch

    if value is None:
        return {}
    if isinstance(value, torch.Tensor):
        return {key: value.detach().cpu().contiguous()}
    return {f"{key}.{_NUMBER}": torch.tensor(value)}


def _restore(
    key: str, value: "torch.Tensor", weights: "Sequence[torch.Tensor]", optimizer: "torch.optim.Optimizer"
) -> None:
    """Put an entry back into an optimizer's state."""
    index, name, *number = key.split(".")
    weight = weights[int(index)]
    if number:
        optimizer.state[weight][name] = value.item()
    else:
        optimizer.state[weight][name] = value if name == _ON_CPU else value.to(weight.device)


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
