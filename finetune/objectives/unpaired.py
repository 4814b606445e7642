"""Replies that are wanted and replies that are not, without pairs: KTO.

Ethayarajh et al., 2024 (arXiv:2402.01306): a wanted reply costs w (1 - sigmoid(beta (r - z))), an unwanted
one w (1 - sigmoid(beta (z - r))); r is the log-ratio to the model before training, z the mean log-ratio of
replies to other chats, not below 0 and without gradient. Where it departs from the paper: z is taken over
the group of a pass, beside whose replies stand those of their neighbours in the data; the weights are 1 for
the more frequent kind and make the rarer weigh as much. Knows nothing of where labels come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.generation.chat import Chat
from core.errors import DomainError
from finetune.objectives.readings import in_groups, row_log_probs, without_dropout
from finetune.objectives.supervised import row
from finetune.types import NOTHING, Encoded, Example, Loss, Objective, Tunable
from settings import Finetune


@dataclass(frozen=True, slots=True)
class Labelled(Encoded):
    """A reply that is wanted or not; `other` is somebody else's reply to the same chat.

    `before` and `other_before` are the log-probabilities of both before training.
    """

    wanted: bool = True
    weight: float = 1.0
    other: Encoded = NOTHING
    before: float = 0.0
    other_before: float = 0.0

    @property
    def size(self) -> int:
        """Tokens that both take of a pass."""
        return 2 * max(len(self.ids), len(self.other.ids))

    @property
    def own(self) -> Encoded:
        """The reply alone."""
        return Encoded(self.ids, self.prompt)


class KahnemanTversky(Objective):
    """KTO."""

    def __init__(self, settings: Finetune) -> None:
        self._beta = settings.beta

    @property
    def reads_whole(self) -> bool:
        """Yes: the baseline is that of the group."""
        return True

    def encode(self, examples: Sequence[Example], chat: Chat) -> list[Encoded]:
        """Return replies as wanted and rejected replies as unwanted.

        Raises:
            DomainError: there are none of one kind, or only one reply.
        """
        said = [
            (one, reply, wanted)
            for one in examples
            for reply, wanted in ((one.reply, True), (one.rejected, False))
            if reply.strip()
        ]
        good = sum(wanted for _, _, wanted in said)
        if not good or good == len(said):
            raise DomainError(
                f"kto needs replies that are wanted and others that are not; there are {good} and "
                f"{len(said) - good}; see why: python -m finetune data --domain NAME --objective kto "
                "--show pair, or mend the labels of your file"
            )
        weights = {True: max(1, (len(said) - good) / good), False: max(1, good / (len(said) - good))}
        encoded: list[Encoded] = []
        for place, (one, reply, wanted) in enumerate(said):
            own = row(one, reply, chat)
            other = row(one, _elsewhere(said, place), chat)
            encoded.append(Labelled(own.ids, own.prompt, wanted, weights[wanted], other))
        return encoded

    def prepare(self, tunable: Tunable, encoded: Sequence[Encoded]) -> list[Encoded]:
        """Return the replies with how likely they are before training."""
        labelled = [one for one in encoded if isinstance(one, Labelled)]
        own = in_groups(tunable, [one.own for one in labelled])
        other = in_groups(tunable, [one.other for one in labelled])
        return [
            replace(one, before=mine, other_before=theirs)
            for one, mine, theirs in zip(labelled, own, other, strict=True)
        ]

    def tokens(self, group: Sequence[Encoded]) -> int:
        """Return the number of replies."""
        return len(group)

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the loss over replies; right are those that moved to the side that they should."""
        import torch

        labelled = [one for one in group if isinstance(one, Labelled)]
        with without_dropout(tunable):
            both = row_log_probs(tunable, [one.own for one in labelled] + [one.other for one in labelled])
        before = torch.tensor([one.before for one in labelled] + [one.other_before for one in labelled])
        own, others = torch.split(both - before.to(both.device), len(labelled))
        base = others.mean().clamp(min=0).detach()
        sign = torch.tensor([1.0 if one.wanted else -1.0 for one in labelled], device=own.device)
        weight = torch.tensor([one.weight for one in labelled], device=own.device)
        summed = (weight * (1 - torch.sigmoid(self._beta * sign * (own - base)))).sum()
        return Loss(summed, len(labelled), float((sign * own > 0).sum()))


def _elsewhere(said: Sequence[tuple[Example, str, bool]], place: int) -> str:
    """Return the next reply that was given to another chat; its own where there is no other."""
    own = said[place]
    later = (said[(place + step) % len(said)] for step in range(1, len(said)))
    return next((reply for one, reply, _ in later if one.messages != own[0].messages), own[1])
