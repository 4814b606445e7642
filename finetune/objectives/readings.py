"""How likely a model finds given replies, and the model as it was before training. Knows no objective.

The reference is the trained parameters at their starting values, exchanged for the time of a pass: of an
adapter that starts as nothing this is the base with the adapter switched off, in a later stage it is what
the stage before left, and it holds for methods that have nothing to switch off. No second model is in
memory.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from finetune.batches import IGNORED, collate
from finetune.types import Encoded, Tunable

if TYPE_CHECKING:
    import torch


class Reference:
    """The parameters of a model as they are now, for later."""

    def __init__(self, tunable: Tunable) -> None:
        self._parameters = tunable.parameters
        self._aside = [parameter.detach().clone() for parameter in tunable.parameters]

    @contextmanager
    def restored(self, tunable: Tunable) -> Iterator[None]:
        """Let the model be as it was, measured and not trained."""
        self._exchange()
        try:
            with measured(tunable):
                yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        """Put the values that lie aside into the parameters, and theirs aside; nothing is copied."""
        for place, parameter in enumerate(self._parameters):
            parameter.data, self._aside[place] = self._aside[place], parameter.data


@contextmanager
def measured(tunable: Tunable) -> Iterator[None]:
    """Switch dropout and gradients off."""
    import torch

    was_training = tunable.model.training
    tunable.model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        tunable.model.train(was_training)


@contextmanager
def without_dropout(tunable: Tunable) -> Iterator[None]:
    """Switch dropout alone off: what is compared with the model before training must not differ by chance.

    The model still learns: one that measures does not compute its activations twice to save memory.
    """
    import torch

    dropping = [one for one in tunable.model.modules() if isinstance(one, torch.nn.Dropout) and one.training]
    for one in dropping:
        one.eval()
    try:
        yield
    finally:
        for one in dropping:
            one.train()


def row_logits(tunable: Tunable, rows: Sequence[Encoded]) -> "list[torch.Tensor]":
    """Return the logits at the reply tokens of each row: (reply tokens, vocabulary) each, in float32."""
    import torch

    logits = tunable.forward(collate(rows, tunable.parameters[0].device)).float()
    return list(torch.split(logits, [len(row.ids) - row.prompt for row in rows]))


def token_log_probs(tunable: Tunable, rows: Sequence[Encoded]) -> "list[torch.Tensor]":
    """Return the log-probability of each reply token of each row, in nats."""
    import torch

    batch = collate(rows, tunable.parameters[0].device)
    logits = tunable.forward(batch).float()
    flat = chosen_log_probs(logits, batch.labels[batch.labels != IGNORED])
    return list(torch.split(flat, [len(row.ids) - row.prompt for row in rows]))


def chosen_log_probs(logits: "torch.Tensor", tokens: "torch.Tensor") -> "torch.Tensor":
    """Return the log-probability of one token at each position: logits are (positions, vocabulary)."""
    import torch

    return -torch.nn.functional.cross_entropy(logits, tokens, reduction="none")


def row_log_probs(tunable: Tunable, rows: Sequence[Encoded]) -> "torch.Tensor":
    """Return the log-probability of each row's whole reply: (rows,)."""
    import torch

    return torch.stack([one.sum() for one in token_log_probs(tunable, rows)])


def in_groups(tunable: Tunable, rows: Sequence[Encoded], size: int = 8) -> list[float]:
    """Return what `row_log_probs` says of many rows, measured a few of like length at a time."""
    order = sorted(range(len(rows)), key=lambda place: len(rows[place].ids))
    found: dict[int, float] = {}
    with measured(tunable):
        for start in range(0, len(order), size):
            places = order[start : start + size]
            said = row_log_probs(tunable, [rows[place] for place in places]).tolist()
            found.update(zip(places, said, strict=True))
    return [found[place] for place in range(len(rows))]
