"""One run, from training to what is measured of it; made in a process of its own. Knows no other run."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from assistant.forms import FREE
from assistant.generation.journaled import JsonLines
from assistant.generation.local import forget_weights, open_local
from core.domain import Domain
from core.errors import TrainingError
from core.memory import peak_memory
from core.questions import QuestionRecord
from core.weights.catalogue import model_folder
from finetune.comparison.held_out import BLOCK, HeldOut
from finetune.factory.questions import TrainingData
from finetune.identity import Identity
from finetune.scoring import answer
from finetune.tuning import Stage, tune
from finetune.types import StepTaken
from settings import Settings

GENERAL = "general"
Questions = Mapping[str, Sequence[QuestionRecord]]
"""What is asked: the questions of `dev`, of `test` where it is asked, and those of no domain (`GENERAL`)."""


@dataclass(frozen=True, slots=True)
class Request:
    """A run to make; without `trains` it is the base as it is.

    `work` holds what is trained until it has been measured.
    """

    domain: Domain
    settings: Settings
    data: TrainingData
    questions: Questions
    held_out: HeldOut
    work: Path
    trains: bool = True


@dataclass(frozen=True, slots=True)
class Training:
    """What a training took. Memory and sizes are in bytes, time is in seconds, of its steps alone.

    `peak` is what the process had at most: of a GPU what torch had allocated there, else resident memory.
    """

    trained_parameters: int
    base_parameters: int
    updates: int
    tokens: int
    seconds: float
    step_seconds: float
    peak: int
    artefact: int


def measure(request: Request) -> dict[str, Any]:
    """Train if it is to be, answer, read the held-out text; return it all as JSON-ready values.

    Raises:
        AssistantError: the method cannot run here.
    """
    training, adapter = _trained(request) if request.trains else (None, "")
    generator = open_local(request.settings, lambda name: Path(name))
    identity = Identity(request.domain, request.settings)
    answers = {part: _answers(request, part, adapter, identity) for part in request.questions}
    found = [generator.loss(text, adapter, BLOCK) for text in request.held_out.texts]
    return {
        "device": generator.device.partition(":")[0],
        "training": asdict(training) if training else None,
        "answers": answers,
        "nats": math.fsum(nats for nats, _ in found),
        "nats_tokens": sum(tokens for _, tokens in found),
    }


def _trained(request: Request) -> tuple[Training, str]:
    """Train, or go on with what was cut off; return what it took, and where the artefact lies."""
    forget_weights()
    steps = _Steps(request.work / "steps.jsonl", request.settings)
    tuned = tune([Stage(request.data, request.settings)], request.work, keeps_last=True, on_step=steps.take)
    taken = steps.taken(tuned.progress.step)
    training = Training(
        trained_parameters=tuned.trainable_parameters,
        base_parameters=_parameters(model_folder(request.settings.generator.model, request.settings.home)),
        updates=tuned.progress.step,
        tokens=sum(one["tokens"] for one in taken),
        seconds=math.fsum(one["seconds"] for one in taken),
        step_seconds=statistics.median(one["seconds"] for one in taken),
        peak=max(peak_memory(steps.device), *(one["peak"] for one in taken)),
        artefact=sum(path.stat().st_size for path in tuned.last.rglob("*") if path.name != "README.md"),
    )
    return training, str(tuned.last)


def _answers(request: Request, part: str, adapter: str, identity: Identity) -> dict[str, str]:
    """Return what is said to each question; those of no domain are asked without its form."""
    data, settings = request.data, request.settings
    if part == GENERAL:
        data, settings = replace(data, form=FREE), settings.with_finetune(objective="sft")
    answered = answer(request.questions[part], data, settings, adapter, identity.passages)
    return {one.record.id: one.answer.text for one in answered}


class _Steps:
    """What each step took, in a file beside the checkpoint: of a run that was killed as well."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path, self._lines = path, JsonLines(path)
        self.device = open_local(settings).device

    def take(self, step: StepTaken) -> None:
        """Write a step down."""
        self._lines.append({**step._asdict(), "peak": peak_memory(self.device)})

    def taken(self, count: int) -> list[dict[str, Any]]:
        """Return the first `count` steps; of one that was taken again the later time counts."""
        by_number = {row["number"]: row for row in self._lines}
        if missing := set(range(1, count + 1)) - by_number.keys():
            raise TrainingError(f"the times of {len(missing)} steps are lost; remove {self._path.parent}")
        return [by_number[number] for number in range(1, count + 1)]


def _parameters(base: Path) -> int:
    """Return how many parameters a base has; not those that are loaded, which 4 bits make fewer."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(base))
    return sum(weight.numel() for weight in model.parameters())
