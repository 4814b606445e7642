"""Examples as token ids, in batches of like length. Knows nothing of models or optimisation."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.errors import DomainError
from finetune.types import Batch, Encoded

if TYPE_CHECKING:
    import torch

IGNORED = -100
"""Label of a position that is not learned, as in PyTorch's cross entropy."""


def plan(
    examples: Sequence[Encoded], budget: int, seed: int | None, packs: bool = False
) -> list[list[Encoded]]:
    """Group examples of like size, at most `budget` tokens a group with padding, or without if it `packs`.

    The groups come in the random order of `seed`; None keeps them sorted by length.
    """
    rng = random.Random(seed)
    shuffled = list(examples)
    if seed is not None:
        rng.shuffle(shuffled)  # so that ties in length meet other neighbours in each epoch
    groups: list[list[Encoded]] = []
    for example in sorted(shuffled, key=lambda one: one.size):
        before = sum(one.size for one in groups[-1]) if groups else 0
        together = before + example.size if packs else example.size * (len(groups[-1]) + 1 if groups else 1)
        if groups and together <= budget:
            groups[-1].append(example)
        else:
            groups.append([example])
    if seed is not None:
        rng.shuffle(groups)
    return groups


def fitting(examples: list[Encoded], budget: int) -> list[Encoded]:
    """Return the examples.

    Raises:
        DomainError: one of them has more than `budget` tokens.
    """
    longest = max(example.size for example in examples)
    if longest > budget:
        raise DomainError(
            f"an example has {longest} tokens; raise finetune.batch_tokens ({budget}) or shorten it"
        )
    return examples


def collate(group: Sequence[Encoded], device: "torch.device | str") -> Batch:
    """Fill a group up on the right; only the reply is labelled.

    What fills it up is masked and may be any token: some models have none of their own for it.
    """
    import torch

    width = max(len(example.ids) for example in group)
    shape = (len(group), width)
    ids = torch.zeros(shape, dtype=torch.long)
    mask = torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, IGNORED, dtype=torch.long)
    for row, example in enumerate(group):
        size = len(example.ids)
        ids[row, :size] = torch.tensor(example.ids)
        mask[row, :size] = 1
        labels[row, example.prompt - 1 : size - 1] = ids[row, example.prompt : size]
    return Batch(ids.to(device), mask.to(device), labels.to(device))


def packed(batch: Batch) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor]":
    """Return ids, positions and labels of a batch as one row without padding: (1, tokens) each.

    Positions begin anew with each example. That tells a model where examples end: without a mask and without
    a cache, transformers lets none attend to another.
    """
    real = batch.mask.bool()
    positions = batch.mask.cumsum(-1) - 1
    return batch.ids[real][None], positions[real][None], batch.labels[real][None]
