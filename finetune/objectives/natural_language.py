"""Right and wrong answers weighed token by token, by reading them three times: NLFT.

arXiv:2412.20382. One answer is read behind the question (base), with the right answer shown (std), and told
to make the mistake that it makes (judge), all by the model as it learns, the last two without gradient.
Tokens of a right answer weigh by std, those of a wrong one that only judge explains are made less likely.
Where it departs from the paper: no model states the mistake, the pair does (say the wrong answer, not the
right one), and wrong answers are the base model's own. The authors concede a weak baseline. Knows nothing
of where pairs come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.generation.chat import Chat
from assistant.types import Message
from core.language import Lang, detect_question
from finetune.batches import collate
from finetune.objectives.readings import measured, token_log_probs
from finetune.objectives.supervised import batch_loss, row
from finetune.types import NOTHING, Encoded, Example, Loss, Objective, Tunable

if TYPE_CHECKING:
    import torch

SURE = 0.95
"""Probability from which a token of a right answer counts as understood."""
_BESIDE, _ELSEWHERE = 0.3, 0.6
"""Powers by which others count less: those beside one that is understood, and all others."""
_RATIO, _LEAST = 1.5, 0.01
"""How much likelier than in both other readings, and how likely at all, a token is that the mistake
explains."""
_SHOWN: dict[Lang, str] = {
    "en": "{question}\n\nReference answer: {right}",
    "zh": "{question}\n\n参考答案：{right}",
}
_MISTAKEN: dict[Lang, str] = {
    "en": "{question}\n\nAnswer wrongly on purpose. Make this mistake: say “{wrong}” and not “{right}”.",
    "zh": "{question}\n\n请故意答错，犯下面的错误：说“{wrong}”，不说“{right}”。",
}


@dataclass(frozen=True, slots=True)
class Reading(Encoded):
    """An answer behind its question, with the right one shown, and a wrong one told to be so."""

    shown: Encoded = NOTHING
    mistaken: Encoded | None = None

    @property
    def size(self) -> int:
        """Tokens of the longest reading: they are read one after another."""
        return max(len(one.ids) for one in (self, self.shown, self.mistaken) if one is not None)


class NaturalLanguage(Objective):
    """NLFT."""

    def encode(self, examples: Sequence[Example], chat: Chat) -> list[Encoded]:
        """Return the readings of each right answer, and of each wrong one that comes with it."""
        encoded: list[Encoded] = []
        for one in examples:
            shown, mistaken = _told(one, _SHOWN), _told(one, _MISTAKEN)
            right = row(one, one.reply, chat)
            encoded.append(Reading(right.ids, right.prompt, row(shown, one.reply, chat)))
            if one.rejected.strip():
                wrong = row(one, one.rejected, chat)
                readings = (row(told, one.rejected, chat) for told in (shown, mistaken))
                encoded.append(Reading(wrong.ids, wrong.prompt, *readings))
        return encoded

    def tokens(self, group: Sequence[Encoded]) -> int:
        """Return the number of answers."""
        return len(group)

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the loss over answers, each a mean over its tokens; right are the right ones' tokens."""
        import torch

        read = [one for one in group if isinstance(one, Reading)]
        if not tunable.model.training:
            return batch_loss(tunable, collate(read, tunable.parameters[0].device))
        wrong = [one for one in read if one.mistaken is not None]
        with measured(tunable):
            shown = token_log_probs(tunable, [one.shown for one in read])
            said = token_log_probs(tunable, [one.mistaken for one in wrong if one.mistaken]) if wrong else []
        mistaken = iter(said)
        base = token_log_probs(tunable, read)
        costs = [
            right_cost(own, std.exp())
            if one.mistaken is None
            else wrong_cost(own, std.exp(), next(mistaken).exp())
            for one, own, std in zip(read, base, shown, strict=True)
        ]
        return Loss(torch.stack(costs).sum(), len(read), 0.0)


def right_cost(base: "torch.Tensor", shown: "torch.Tensor") -> "torch.Tensor":
    """Return the loss of a right answer, whose log-probabilities these are, and probabilities if shown."""
    return -(salience(shown) * base).mean() - base.mean()


def salience(shown: "torch.Tensor") -> "torch.Tensor":
    """Return how much each token of a right answer counts beside the plain loss: (tokens,)."""
    import torch

    sure = shown > SURE
    beside = torch.zeros_like(sure)
    beside[1:] |= sure[:-1]
    beside[:-1] |= sure[1:]
    power = torch.where(beside, _BESIDE, _ELSEWHERE)
    return torch.where(sure, 1 + ((shown - SURE) / (1 - SURE)) ** 5, (shown / SURE) ** power)


def wrong_cost(base: "torch.Tensor", shown: "torch.Tensor", mistaken: "torch.Tensor") -> "torch.Tensor":
    """Return the unlikelihood of what only the mistake explains, over all tokens of a wrong answer."""
    import torch

    own = base.detach().exp()
    ratio = mistaken / own
    explains = (ratio > _RATIO) & (mistaken / shown > _RATIO) & (mistaken > _LEAST)
    weight = torch.where(explains, 2 * torch.sigmoid(ratio - _RATIO), 0.0)
    return -(weight * torch.log(-torch.expm1(base.clamp(max=-1e-6)))).mean()


def _told(example: Example, wording: dict[Lang, str]) -> Example:
    """Return the example with more in its last message."""
    *before, last = example.messages
    lang = example.record.language if example.record.lang else detect_question(example.question)
    said = wording[lang].format(question=last.content, right=example.reply, wrong=example.rejected)
    return replace(example, messages=(*before, Message(last.role, said)))
