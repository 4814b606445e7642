"""A base model tuned on training data, and what that leaves on the disk. Knows no domain and no score."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from assistant.generation.chat import open_chat
from assistant.generation.local import open_local
from core.errors import AssistantError
from core.weights.catalogue import fingerprint, model_folder
from finetune.factory.questions import TrainingData
from finetune.methods import METHODS
from finetune.objectives import OBJECTIVES
from finetune.trainer import Progress, Trainer
from settings import Settings


@dataclass(frozen=True, slots=True)
class Tuned:
    """What came of a training: `best` and `last` are folders with artefacts, without a manifest."""

    progress: Progress
    trainable_parameters: int
    dtype: str
    best: Path
    last: Path


Named = TypeVar("Named")


def known(registry: Mapping[str, Named], name: str, setting: str) -> Named:
    """Return what a registry has under `name`, which is the value of a setting.

    Raises:
        AssistantError: it has nothing; the message lists what there is.
    """
    if name not in registry:
        raise AssistantError(f"{setting}: there is no {name!r}; known are {', '.join(registry)}")
    return registry[name]


def tune(data: TrainingData, settings: Settings, work: Path, keeps_last: bool = False) -> Tuned:
    """Train in the folder `work`, or go on there with a run that was cut off; the model is let go of.

    The artefact of the best epoch is kept, and with `keeps_last` that of the last step.

    Raises:
        WeightsError: the base model cannot be had.
        AssistantError: the settings name a method or objective that is not known.
    """
    attach = known(METHODS, settings.finetune.method, "finetune.method")
    objective = known(OBJECTIVES, settings.finetune.objective, "finetune.objective")
    base = model_folder(settings.generator.model, settings.home)
    runs = open_local(settings)
    tunable = attach(_open_base(base, settings, runs.dtype, runs.device), settings.finetune)
    identity = _identity(fingerprint(base), data, settings, runs.dtype)
    trainer = Trainer(tunable, objective, open_chat(base), settings.finetune, work, identity)
    progress = trainer.fit(data.train, data.dev)
    if keeps_last:
        tunable.save(work / "last")
    trainable = sum(parameter.numel() for parameter in tunable.parameters)
    return Tuned(progress, trainable, runs.dtype, work / "best", work / "last")


def _open_base(folder: Path, settings: Settings, dtype: str, device: str) -> Any:
    """Load the base model; all that is random from here on follows from the seed."""
    import torch
    from transformers import AutoModelForCausalLM, set_seed

    torch.set_num_threads(settings.threads)
    set_seed(settings.finetune.seed)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).to(device)


def _identity(base: str, data: TrainingData, settings: Settings, dtype: str) -> str:
    parts = [base, data.sha256, settings.finetune.model_dump_json(), dtype]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
