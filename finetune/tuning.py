"""A base model tuned on training data, and what that leaves on the disk. Knows no domain and no score."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from assistant.generation.adapters import adapter_fingerprint
from assistant.generation.chat import open_chat
from assistant.generation.local import open_local
from core.weights.catalogue import fingerprint, model_folder
from finetune.factory.questions import TrainingData
from finetune.methods import METHODS
from finetune.objectives import OBJECTIVES
from finetune.objectives.setup import Setup
from finetune.registry import known
from finetune.trainer import Progress, Trainer
from finetune.types import Objective
from settings import Settings


@dataclass(frozen=True, slots=True)
class Tuned:
    """What came of a training: `best` and `last` are folders with artefacts, without a manifest."""

    progress: Progress
    trainable_parameters: int
    dtype: str
    best: Path
    last: Path


class Stage(NamedTuple):
    """What is learned in one go, and the settings with its one objective."""

    data: TrainingData
    settings: Settings


def staged(settings: Settings) -> list[Settings]:
    """Return the settings of each objective in turn, with its own learning rate where they do not say one.

    Raises:
        AssistantError: they name an objective that is not known, or none.
    """
    each = []
    for name in settings.finetune.stages or ("",):
        kind = known(OBJECTIVES, name, "finetune.objective")
        update: dict[str, object] = {"objective": name}
        if kind.learning_rate and "learning_rate" not in settings.finetune.model_fields_set:
            update["learning_rate"] = kind.learning_rate
        finetune = settings.finetune.model_copy(update=update)
        each.append(settings.model_copy(update={"finetune": finetune}))
    return each


def tune(stages: Sequence[Stage], work: Path, keeps_last: bool = False) -> Tuned:
    """Train in the folder `work`, or go on there with a run that was cut off; the model is let go of.

    Each stage goes on from the weights with which the one before it ended. Of the last one the artefact of
    the best epoch is kept, and with `keeps_last` that of the last step.

    Raises:
        WeightsError: the base model cannot be had.
        AssistantError: the settings name a method or objective that is not known.
    """
    settings = stages[-1].settings
    attach = known(METHODS, settings.finetune.method, "finetune.method")
    base = model_folder(settings.generator.model, settings.home)
    runs = open_local(settings)
    tunable = attach(_open_base(base, settings, runs.dtype, runs.device), settings.finetune)
    identity = fingerprint(base)
    for number, stage in enumerate(stages, start=1):
        identity = _identity(identity, stage, runs.dtype)
        folder = work if stage is stages[-1] else work / f"{number}-{stage.settings.finetune.objective}"
        trainer = Trainer(
            tunable,
            _objective(stage.settings, base),
            open_chat(base),
            stage.settings.finetune,
            folder,
            identity,
        )
        progress = trainer.fit(stage.data.train, stage.data.dev)
    if keeps_last:
        trainer.tunable.save(work / "last")
    trainable = sum(parameter.numel() for parameter in tunable.parameters)
    return Tuned(progress, trainable, runs.dtype, work / "best", work / "last")


def _objective(settings: Settings, base: Path) -> Objective:
    """Return the objective of a stage with what it needs."""
    finetune = settings.finetune
    kind = known(OBJECTIVES, finetune.objective, "finetune.objective")
    judge = Path(finetune.reward_model) if finetune.reward_model else None
    teacher = model_folder(finetune.teacher, settings.home) if finetune.teacher else None
    return kind.make(Setup(finetune, open_chat(base), judge, teacher))


def _open_base(folder: Path, settings: Settings, dtype: str, device: str) -> Any:
    """Load the base model; all that is random from here on follows from the seed."""
    import torch
    from transformers import AutoModelForCausalLM, set_seed

    torch.set_num_threads(settings.threads)
    set_seed(settings.finetune.seed)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).to(device)


def _identity(before: str, stage: Stage, dtype: str) -> str:
    """Return the digest of all that a stage depends on; `before` is that of what it begins with."""
    finetune = stage.settings.finetune
    judge = adapter_fingerprint(Path(finetune.reward_model)) if finetune.reward_model else ""
    parts = [before, stage.data.sha256, finetune.model_dump_json(), dtype, judge]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
