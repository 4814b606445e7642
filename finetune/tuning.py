"""A base model tuned on training data, and what that leaves on the disk. Knows no domain and no score."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from assistant.generation.adapters import adapter_fingerprint
from assistant.generation.chat import Chat, open_chat
from assistant.generation.local import open_local
from core.errors import AssistantError
from core.weights.catalogue import fingerprint, model_folder
from finetune.batches import collate, plan
from finetune.checkpoint import save_whole
from finetune.factory.questions import TrainingData
from finetune.methods import METHODS
from finetune.methods.method import Method, Sample
from finetune.objectives import OBJECTIVES
from finetune.objectives.setup import Setup
from finetune.processes import ALONE, Processes
from finetune.registry import known
from finetune.trainer import Progress, Trainer
from finetune.types import Batch, Encoded, Example, Objective, StepTaken, tell_nobody
from settings import Finetune, Settings

_WITHOUT_GPU = 512  # tokens of a pass
_MOST_TOKENS = 1 << 16
_KERNELS = ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY")
"""Where oneDNN and torch's layer above it read how many compiled kernels they keep."""
_KEPT = "64"
_LEARNING = 16  # bytes of a weight that learns: gradient, copy and two moments, in 32 bits


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


def staged(settings: Settings, processes: Processes = ALONE) -> list[Settings]:
    """Return the settings of each objective in turn.

    Where they state no learning rate it is the method's, or the objective's if that is smaller.

    Raises:
        AssistantError: they name a method or an objective that is not known, or none, or this machine or the
            settings do not allow the method, or several processes the objective.
    """
    wanted = settings.finetune
    method = known(METHODS, wanted.method, "finetune.method")
    method.refuse(wanted.method, wanted)
    each = []
    for name in wanted.stages or ("",):
        kind = known(OBJECTIVES, name, "finetune.objective")
        if kind.draws and processes.count > 1:
            raise AssistantError(
                f"{name} learns of answers that the model draws meanwhile, and several processes would draw "
                "others than one; run it in one: python -m finetune train"
            )
        update: dict[str, object] = {"objective": name}
        if "learning_rate" not in wanted.model_fields_set:
            update["learning_rate"] = min(method.rate, kind.learning_rate or method.rate)
        each.append(settings.with_finetune(**update))
    return each


def tune(
    stages: Sequence[Stage],
    work: Path,
    keeps_last: bool = False,
    on_step: Callable[[StepTaken], None] = tell_nobody,
    processes: Processes = ALONE,
) -> Tuned:
    """Train in the folder `work`, or go on there with a run that was cut off; the model is let go of.

    Each stage goes on from the weights with which the one before it ended. Of the last one the artefact of
    the best epoch is kept, and with `keeps_last` that of the last step. `on_step` hears of every step.
    Several `processes` each call this, and the first of them writes.

    Raises:
        WeightsError: the base model cannot be had.
        AdapterError: it has no room for the method.
        TrainingError: the loss is no number any more, the disk is full, or another process has ended.
        AssistantError: the settings name a method or objective that is not known.
    """
    import torch

    settings = stages[-1].settings
    method = known(METHODS, settings.finetune.method, "finetune.method")
    folder = model_folder(settings.generator.model, settings.home)
    runs, chat = open_local(settings), open_chat(folder)
    torch.set_num_threads(max(1, settings.threads // processes.here))
    base = _open_base(folder, settings, (runs.dtype, runs.device), method)
    sized = [_with_batch(stage.settings, base, method.everything) for stage in stages]
    goals = [_objective(one, folder) for one in sized]
    sample = _sample(goals[0], chat, stages[0].data.train, sized[0].finetune, base)
    tunable = method.attach(base, sized[0].finetune, sample)
    identity = fingerprint(folder)
    for number, (stage, one, goal) in enumerate(zip(stages, sized, goals, strict=True), start=1):
        identity = _identity(identity, Stage(stage.data, one), runs.dtype)
        place = work if stage is stages[-1] else work / f"{number}-{one.finetune.objective}"
        trainer = Trainer(
            tunable, goal, chat, one.finetune, place, identity, on_step=on_step, processes=processes
        )
        progress = trainer.fit(stage.data.train, stage.data.dev)
    if keeps_last and processes.is_first:
        save_whole(trainer.tunable, work / "last")
    trainable = sum(parameter.numel() for parameter in tunable.parameters)
    return Tuned(progress, trainable, runs.dtype, work / "best", work / "last")


def _objective(settings: Settings, base: Path) -> Objective:
    """Return the objective of a stage with what it needs."""
    finetune = settings.finetune
    kind = known(OBJECTIVES, finetune.objective, "finetune.objective")
    judge = Path(finetune.reward_model) if finetune.reward_model else None
    teacher = model_folder(finetune.teacher, settings.home) if finetune.teacher else None
    return kind.make(Setup(finetune, open_chat(base), judge, teacher))


def _sample(
    objective: Objective, chat: Chat, examples: Sequence[Example], settings: Finetune, base: Any
) -> Sample:
    """Return what gives a method batches of the examples, should it look at them before it begins.

    Nothing in them is labelled.
    """

    def batches() -> Iterator[Batch]:
        texts = [Encoded(one.ids, len(one.ids)) for one in objective.encode(examples, chat)]
        return (collate(group, base.device) for group in plan(texts, settings.batch_tokens, settings.seed))

    return batches


def _open_base(folder: Path, settings: Settings, runs: tuple[str, str], method: Method) -> Any:
    """Load the base model; all that is random from here on follows from the seed.

    On a CPU in bfloat16 a kernel is compiled for each shape, and two caches keep 1,024 of them, which passes
    of ever other lengths fill. With 64 a process that trained three layers as wide as those of the 0.5B model
    took 850 MB in the place of 1,560, in the same time.
    """
    import torch
    from transformers import AutoModelForCausalLM, set_seed

    for cache in _KERNELS:
        os.environ.setdefault(cache, _KEPT)  # read with the first kernel
    dtype, device = getattr(torch, runs[0]), runs[1]
    set_seed(settings.finetune.seed)
    told = {"quantization_config": _four_bits(dtype), "device_map": device} if method.quantised else {}
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **told)
    if settings.finetune.gradient_checkpointing:
        base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return base if method.quantised else base.to(device)


def _four_bits(dtype: Any) -> Any:
    """Return how bitsandbytes stores a base: as `assistant.generation.nf4` rounds it."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)


def _with_batch(settings: Settings, base: Any, everything: bool = False) -> Settings:
    """Return the settings with the tokens of a pass; 0 becomes what the device's memory holds.

    Counted from the memory of the card and not from what happens to be free, so that a resumed run
    makes the same batches: a third of what the weights leave, at what a token keeps for its backward pass
    (34 numbers a layer and unit of width, Korthikanti et al., 2022, arXiv:2205.05198, and its logits). Where
    `everything` learns, the weights leave less.
    """
    import torch

    if settings.finetune.batch_tokens:
        return settings
    tokens = _WITHOUT_GPU
    if base.device.type == "cuda":
        text = base.config.get_text_config()
        numbers = 34 * text.num_hidden_layers * text.hidden_size + 3 * text.vocab_size
        left = torch.cuda.get_device_properties(base.device).total_memory - base.get_memory_footprint()
        left -= _LEARNING * base.num_parameters() if everything else 0
        tokens = max(_WITHOUT_GPU, min(_MOST_TOKENS, int(left / 3 / (numbers * base.dtype.itemsize))))
    return settings.with_finetune(batch_tokens=tokens)


def _identity(before: str, stage: Stage, dtype: str) -> str:
    """Return the digest of all that a stage depends on; `before` is that of what it begins with."""
    finetune = stage.settings.finetune
    judge = adapter_fingerprint(Path(finetune.reward_model)) if finetune.reward_model else ""
    parts = [before, stage.data.sha256, finetune.model_dump_json(), dtype, judge]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
