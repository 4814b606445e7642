"""How much a run trains: optimizer steps over the batches of its settings. Knows no methods."""

from collections.abc import Iterator, Sequence
from itertools import count

from assistant.generation.chat import open_chat
from core.weights.catalogue import model_folder
from finetune.batches import plan
from finetune.factory.questions import TrainingData
from finetune.objectives import OBJECTIVES
from finetune.objectives.setup import Setup
from finetune.registry import known
from finetune.types import Encoded
from settings import Finetune, Settings


def encoded(data: TrainingData, settings: Settings) -> list[Encoded]:
    """Return the train examples as the objective reads them.

    Raises:
        WeightsError: the base model cannot be had.
    """
    kind = known(OBJECTIVES, settings.finetune.objective, "finetune.objective")
    chat = open_chat(model_folder(settings.generator.model, settings.home))
    return kind.make(Setup(settings.finetune, chat)).encode(data.train, chat)


def with_budget(settings: Settings, updates: int, seed: int) -> Settings:
    """Return settings that take so many optimizer steps, however many examples there are, by this seed."""
    return settings.with_finetune(epochs=updates, patience=updates, max_updates=updates, seed=seed)


def whole_training(examples: Sequence[Encoded], settings: Finetune) -> int:
    """Return the tokens of a training that ends with its epochs or `max_updates`; none stops it earlier."""
    updates = settings.max_updates or settings.epochs * len(list(_epoch(examples, settings, 0)))
    steps = _steps(examples, settings)
    return sum(next(steps) for _ in range(updates))


def updates_for(tokens: int, examples: Sequence[Encoded], settings: Finetune) -> tuple[int, int]:
    """Return the optimizer steps that see at least so many tokens, and how many those see without padding."""
    seen, steps = 0, _steps(examples, settings)
    for number in count(1):
        seen += next(steps)
        if seen >= tokens:
            return number, seen
    raise AssertionError("steps do not end")


def _steps(examples: Sequence[Encoded], settings: Finetune) -> Iterator[int]:
    """Yield the tokens of each optimizer step, epoch after epoch without end."""
    for epoch in count():
        yield from _epoch(examples, settings, epoch)


def _epoch(examples: Sequence[Encoded], settings: Finetune, epoch: int) -> Iterator[int]:
    groups = plan(examples, settings.batch_tokens, settings.seed + epoch, settings.packing)
    for start in range(0, len(groups), settings.accumulation):
        yield sum(one.size for group in groups[start : start + settings.accumulation] for one in group)
