"""Training against trl's trainer of replies, packed against padded, and what a step of each method takes.

The 0.5B model stands in for the default one, which would take hours: set ASSISTANT_GENERATOR__MODEL for
another. Each arm has a process of its own, so that its peak of memory is its own.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from assistant.generation.chat import open_chat
from assistant.generation.local import open_local
from core.domain import find_domain
from core.memory import peak_memory
from core.weights.catalogue import model_folder
from finetune import tuning
from finetune.batches import collate, plan
from finetune.factory.questions import training_data
from finetune.methods import METHODS
from finetune.objectives.supervised import Supervised
from finetune.trainer import Trainer
from finetune.types import Batch, Encoded
from settings import Generator, Settings
from tests.bench import peers
from tests.bench.measuring import Result, alone, timed

SMALL = "qwen2.5-coder-0.5b-instruct"
ROWS, BATCH = 64, 8
"""Examples that an arm trains on once, and of the batch whose loss is compared: the trainer's default."""
ROUNDS = 3
SAME = 1e-5
_MEGA = 1 << 20


class Taken(NamedTuple):
    """What an arm took for the same rows."""

    seconds: float
    peak: int
    steps: int


def training(settings: Settings) -> list[Result]:
    """An epoch of LoRA on replies against `SFTTrainer` with its defaults: time, memory, and the same loss."""
    settings = _small(settings)
    rows = alone(_rows, settings)
    apart = abs(alone(_our_loss, settings, rows[:BATCH]) - alone(_their_loss, settings, rows[:BATCH]))
    rounds = [(alone(_ours, settings, rows), alone(_theirs, settings, rows)) for _ in range(ROUNDS)]
    ours, theirs = (_median(arm) for arm in zip(*rounds, strict=True))
    tokens = sum(len(one.ids) for one in rows)
    same = "the same" if apart <= SAME else "NOT the same"
    speed = f"{tokens / ours.seconds:.0f} tokens/s; fp32 loss of one batch {same} ({apart:.0e})"
    memory = f"{ours.peak // _MEGA:,} MB against {theirs.peak // _MEGA:,} MB"
    return [
        Result("training", "trl SFTTrainer, tokens a second", theirs.seconds / ours.seconds, 1.5, speed),
        Result("training", "trl SFTTrainer, peak memory", theirs.peak / ours.peak, 1 / 0.6, memory),
    ]


def packing(settings: Settings) -> list[Result]:
    """Examples as one row without padding, against rows of like length that are filled up."""
    settings = _small(settings)
    rows = alone(_rows, settings)
    packs = settings.with_finetune(packing=True)
    rounds = [(alone(_ours, packs, rows), alone(_ours, settings, rows)) for _ in range(ROUNDS)]
    packed, padded = (_median(arm) for arm in zip(*rounds, strict=True))
    also = (
        f"{packed.steps} steps against {padded.steps}; {packed.peak // _MEGA:,} MB, {padded.peak // _MEGA:,}"
    )
    return [Result("packing", "padded", padded.seconds / packed.seconds, None, also)]


def methods(settings: Settings) -> list[Result]:
    """A step of other methods against one of LoRA, on the same passes."""
    settings = _small(settings)
    rows = alone(_rows, settings)[: ROWS // 2]
    lora = alone(_ours, settings, rows)
    results = []
    for name in ("dora", "ia3", "prefix", "bitfit", "full"):
        taken = alone(_ours, settings.with_finetune(method=name), rows)
        also = (
            f"{taken.seconds / taken.steps:.2f} s a step; {taken.peak // _MEGA:,} MB, {lora.peak // _MEGA:,}"
        )
        ratio = lora.seconds / lora.steps / (taken.seconds / taken.steps)
        results.append(Result(f"step of {name}", "a step of lora", ratio, None, also))
    return results


def _small(settings: Settings) -> Settings:
    if settings.generator.model != Generator().model:
        return settings
    return settings.model_copy(update={"generator": settings.generator.model_copy(update={"model": SMALL})})


def _median(taken: Sequence[Taken]) -> Taken:
    seconds, peaks, steps = zip(*taken, strict=True)
    return Taken(median(seconds), int(median(peaks)), steps[0])


def _rows(settings: Settings) -> list[Encoded]:
    """Return examples of the travel domain as token ids."""
    (wanted,) = tuning.staged(settings.with_finetune(max_examples=ROWS, objective="sft"))
    data = training_data(find_domain("travel"), wanted)
    return Supervised().encode(data.train, open_chat(_folder(settings)))


def _ours(settings: Settings, rows: Sequence[Encoded]) -> Taken:
    """Take the steps of one epoch."""
    run = _trainer(settings, rows)
    run.tunable.model.train()
    steps = list(run._steps(rows))
    optimizer = run._optimizer()
    run.tunable.begin(len(steps))

    def train() -> None:
        for step in steps:
            run._take(optimizer, step, len(steps))

    return Taken(timed(train)[0], peak_memory(str(run.tunable.model.device)), len(steps))


def _theirs(settings: Settings, rows: Sequence[Encoded]) -> Taken:
    with tempfile.TemporaryDirectory() as folder:
        trainer = _their_trainer(settings, rows, output_dir=folder, num_train_epochs=1)
        return Taken(
            timed(trainer.train)[0], peak_memory(str(trainer.model.device)), trainer.state.global_step
        )


def _our_loss(settings: Settings, rows: Sequence[Encoded]) -> float:
    run = _trainer(_exact(settings), rows)
    return run.measure(rows)[0]


def _their_loss(settings: Settings, rows: Sequence[Encoded]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        trainer = _their_trainer(_exact(settings), rows, output_dir=folder)
        return float(trainer.evaluate()["eval_loss"])


def _trainer(settings: Settings, rows: Sequence[Encoded]) -> Trainer:
    """Return our trainer with a fresh method on the base, for one epoch."""
    (one,) = tuning.staged(settings.with_finetune(epochs=1, objective="sft"))
    folder, runs = _folder(one), open_local(one)
    method = METHODS[one.finetune.method]
    _use_threads(one)
    base = tuning._open_base(folder, one, (runs.dtype, runs.device), method)
    sized = tuning._with_batch(one, base).finetune

    def sample() -> Iterator[Batch]:
        return (collate(group, base.device) for group in plan(rows, sized.batch_tokens, sized.seed))

    tunable = method.attach(base, sized, sample)
    return Trainer(tunable, Supervised(), open_chat(folder), sized, settings.home, "bench")


def _their_trainer(settings: Settings, rows: Sequence[Encoded], **told: Any) -> Any:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    runs, folder = open_local(settings), _folder(settings)
    _use_threads(settings)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, runs.dtype))
    device = {"use_cpu": runs.device == "cpu", "bf16": runs.dtype == "bfloat16"}
    return peers.trl_trainer(
        model, AutoTokenizer.from_pretrained(folder), rows, settings.finetune, **device, **told
    )


def _use_threads(settings: Settings) -> None:
    import torch

    torch.set_num_threads(settings.threads)


def _exact(settings: Settings) -> Settings:
    """Return the settings in fp32, with all rows of a batch in one pass."""
    exact = settings.generator.model_copy(update={"dtype": "float32"})
    return settings.model_copy(update={"generator": exact}).with_finetune(batch_tokens=1 << 14)


def _folder(settings: Settings) -> Path:
    return model_folder(settings.generator.model, settings.home)
