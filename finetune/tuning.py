"""A base model tuned on training data, and what that leaves on the disk. Knows no domain and no score."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from assistant.generation.chat import Chat, open_chat
from assistant.generation.local import open_local
from core.errors import AssistantError
from core.weights.catalogue import fingerprint, model_folder
from finetune.batches import collate, plan
from finetune.factory.questions import TrainingData
from finetune.methods import METHODS
from finetune.methods.method import Method, Sample
from finetune.objectives import OBJECTIVES
from finetune.trainer import Progress, Trainer, save_whole
from finetune.types import Batch, Encoded, Example, Objective
from settings import Finetune, Settings

_WITHOUT_GPU = 512  # tokens of a pass
_MOST_TOKENS = 1 << 16


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


def resolved(settings: Settings) -> Settings:
    """Return the settings with what the method says where they do not: its learning rate.

    Raises:
        AssistantError: the method is not known, or this machine or the settings do not allow it.
    """
    wanted = settings.finetune
    method = known(METHODS, wanted.method, "finetune.method")
    method.refuse(wanted.method, wanted)
    rate = wanted.learning_rate if "learning_rate" in wanted.model_fields_set else method.rate
    return settings.model_copy(update={"finetune": wanted.model_copy(update={"learning_rate": rate})})


def tune(data: TrainingData, settings: Settings, work: Path, keeps_last: bool = False) -> Tuned:
    """Train in the folder `work`, or go on there with a run that was cut off; the model is let go of.

    The artefact of the best epoch is kept, and with `keeps_last` that of the last step.

    Raises:
        WeightsError: the base model cannot be had.
        AdapterError: it has no room for the method.
        TrainingError: the loss is no number any more, or the disk is full.
        AssistantError: the settings name a method or objective that is not known.
    """
    settings = resolved(settings)
    method = METHODS[settings.finetune.method]
    objective = known(OBJECTIVES, settings.finetune.objective, "finetune.objective")
    folder = model_folder(settings.generator.model, settings.home)
    runs, chat = open_local(settings), open_chat(folder)
    base = _open_base(folder, settings, (runs.dtype, runs.device), method)
    finetune = _with_batch(settings.finetune, base)
    tunable = method.attach(base, finetune, _sample(objective, chat, data.train, finetune, base))
    identity = _identity(fingerprint(folder), data, finetune, runs.dtype)
    trainer = Trainer(tunable, objective, chat, finetune, work, identity)
    progress = trainer.fit(data.train, data.dev)
    if keeps_last:
        save_whole(tunable, work / "last")
    trainable = sum(parameter.numel() for parameter in tunable.parameters)
    return Tuned(progress, trainable, runs.dtype, work / "best", work / "last")


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
    """Load the base model; all that is random from here on follows from the seed."""
    import torch
    from transformers import AutoModelForCausalLM, set_seed

    dtype, device = getattr(torch, runs[0]), runs[1]
    torch.set_num_threads(settings.threads)
    set_seed(settings.finetune.seed)
    told = {"quantization_config": _four_bits(dtype)} if method.quantised else {}
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **told)
    if settings.finetune.gradient_checkpointing:
        base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return base if method.quantised else base.to(device)


def _four_bits(dtype: Any) -> Any:
    """Return how bitsandbytes stores a base: as `assistant.generation.nf4` rounds it."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)


def _with_batch(settings: Finetune, base: Any) -> Finetune:
    """Return the settings with the tokens of a pass; 0 becomes what the device's memory holds.

    Counted from the memory of the card and not from what happens to be free, so that a resumed run
    makes the same batches: a third of what the weights leave, at what a token keeps for its backward pass
    (34 numbers a layer and unit of width, Korthikanti et al., 2022, arXiv:2205.05198, and its logits).
    """
    import torch

    if settings.batch_tokens:
        return settings
    tokens = _WITHOUT_GPU
    if base.device.type == "cuda":
        text = base.config.get_text_config()
        numbers = 34 * text.num_hidden_layers * text.hidden_size + 3 * text.vocab_size
        left = torch.cuda.get_device_properties(base.device).total_memory - base.get_memory_footprint()
        tokens = max(_WITHOUT_GPU, min(_MOST_TOKENS, int(left / 3 / (numbers * base.dtype.itemsize))))
    return settings.model_copy(update={"batch_tokens": tokens})


def _identity(base: str, data: TrainingData, settings: Finetune, dtype: str) -> str:
    parts = [base, data.sha256, settings.model_dump_json(), dtype]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
