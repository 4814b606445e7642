"""Of two replies the better one: DPO and ORPO. Knows nothing of where pairs come from.

DPO: Rafailov et al., 2023 (arXiv:2305.18290), -log sigmoid(beta (log-ratio of the chosen - that of the
rejected)); the ratios are to the model before the first step, which is read once. ORPO: Hong et al., 2024
(arXiv:2403.07691), the mean cross entropy of the chosen reply and beta times -log sigmoid(log odds ratio);
it needs no reference. Where they depart from the papers: neither does, but for the rate and the size of a
step, which are those of adapters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.generation.chat import Chat
from core.errors import DomainError
from finetune.objectives.readings import in_groups, row_log_probs, token_log_probs, without_dropout
from finetune.objectives.supervised import row
from finetune.types import NOTHING, Encoded, Example, Loss, Objective, Tunable
from settings import Finetune

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Pair(Encoded):
    """A chosen reply, and a rejected one to the same chat; `ids` are the chosen one's.

    `margin`: how much likelier the chosen one was before training, in nats.
    """

    rejected: Encoded = NOTHING
    margin: float = 0.0

    @property
    def size(self) -> int:
        """Tokens that both take of a pass."""
        return 2 * max(len(self.ids), len(self.rejected.ids))

    @property
    def chosen(self) -> Encoded:
        """The chosen one alone."""
        return Encoded(self.ids, self.prompt)


def encode_pairs(examples: Sequence[Example], chat: Chat) -> list[Encoded]:
    """Return the examples that have two replies; two that are the same text are none.

    Raises:
        DomainError: none is left.
    """
    pairs: list[Encoded] = []
    both = [one for one in examples if one.reply.strip() and one.rejected.strip()]
    for example in both:
        chosen, rejected = row(example, example.reply, chat), row(example, example.rejected, chat)
        if chosen != rejected:
            pairs.append(Pair(chosen.ids, chosen.prompt, rejected))
    if not pairs and both:
        raise DomainError(f"chosen and rejected are the same text in all {len(both)} pairs; mend the file")
    if not pairs:
        raise DomainError(NO_PAIRS.format(len(examples)))
    return pairs


NO_PAIRS = (
    "none of {} examples has a rejected reply: the base model answers none of them wrongly, or declines; "
    "see why: python -m finetune data --domain NAME --objective dpo --show pair, or bring some: --data FILE"
)


class OfPairs(Objective):
    """Pairs count alike, whatever their length."""

    def encode(self, examples: Sequence[Example], chat: Chat) -> list[Encoded]:
        """Return the pairs among the examples.

        Raises:
            DomainError: there are none.
        """
        return encode_pairs(examples, chat)

    def tokens(self, group: Sequence[Encoded]) -> int:
        """Return the number of pairs."""
        return len(group)


class DirectPreference(OfPairs):
    """DPO."""

    def __init__(self, settings: Finetune) -> None:
        self._beta = settings.beta

    def prepare(self, tunable: Tunable, encoded: Sequence[Encoded]) -> list[Encoded]:
        """Return the pairs with their margins."""
        pairs = [one for one in encoded if isinstance(one, Pair)]
        chosen = in_groups(tunable, [one.chosen for one in pairs])
        rejected = in_groups(tunable, [one.rejected for one in pairs])
        return [
            replace(one, margin=better - worse)
            for one, better, worse in zip(pairs, chosen, rejected, strict=True)
        ]

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the loss over pairs, of which those count as right whose margin has grown."""
        import torch

        pairs = [one for one in group if isinstance(one, Pair)]
        with without_dropout(tunable):
            both = row_log_probs(tunable, [one.chosen for one in pairs] + [one.rejected for one in pairs])
        before = torch.tensor([one.margin for one in pairs], device=both.device)
        gained = both[: len(pairs)] - both[len(pairs) :] - before
        summed = -torch.nn.functional.logsigmoid(self._beta * gained).sum()
        return Loss(summed, len(pairs), float((gained > 0).sum()))


class OddsRatio(OfPairs):
    """ORPO."""

    def __init__(self, settings: Finetune) -> None:
        self._beta = settings.beta

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the loss over pairs; those are right whose chosen reply has the better odds."""
        import torch

        pairs = [one for one in group if isinstance(one, Pair)]
        both = token_log_probs(tunable, [one.chosen for one in pairs] + [one.rejected for one in pairs])
        means = torch.stack([one.mean() for one in both])
        chosen, rejected = means[: len(pairs)], means[len(pairs) :]
        ratio = log_odds(chosen) - log_odds(rejected)
        summed = (-chosen - self._beta * torch.nn.functional.logsigmoid(ratio)).sum()
        return Loss(summed, len(pairs), float((ratio > 0).sum()))


def log_odds(log_probs: "torch.Tensor") -> "torch.Tensor":
    """Return log(p / (1 - p)); a p of 1 counts as a little less."""
    import torch

    below = log_probs.clamp(max=-1e-6)
    return below - torch.log(-torch.expm1(below))
