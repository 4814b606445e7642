"""The last of the classic three steps: SFT, a reward model, then PPO. Knows nothing of what is rewarded.

Schulman et al., 2017 (arXiv:1707.06347) as used by Ouyang et al., 2022 (arXiv:2203.02155): answers are
drawn once and learned of several times; each token is paid less the price of leaving the model before
training, the last one more by the reward; advantages are those of Schulman et al., 2016 (arXiv:1506.02438).
Where it departs from them: the value is a head on the policy's own hidden states, which it does not move,
not a model of its own that starts as the reward model; several answers to each question make up a batch; no
pretraining gradients are mixed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finetune.batches import IGNORED, collate
from finetune.objectives.heads import WithHead, seen
from finetune.objectives.readings import chosen_log_probs, measured, without_dropout
from finetune.objectives.reinforcement import Reinforced
from finetune.objectives.rewards import RewardRule
from finetune.objectives.rollouts import Asked
from finetune.objectives.setup import Setup
from finetune.types import Encoded, Loss, Tunable

if TYPE_CHECKING:
    import torch

_PASSES = 4
"""Steps that are taken on the same answers, as many as trl's PPO took while it had one."""
CLIP = 0.2
"""How far the probability of a token may move in them, as a share, until it is no longer rewarded."""
_LAMBDA = 0.95
"""How much of an advantage is what was paid later, beside what was expected of it."""
_VALUE = 0.1
"""Weight of the value's loss beside that of the answers."""


@dataclass(frozen=True, slots=True)
class Played:
    """Answers with all that was true when they were drawn; all tensors are over all their tokens."""

    rows: tuple[Encoded, ...]
    log_probs: "torch.Tensor"
    values: "torch.Tensor"
    advantages: "torch.Tensor"
    returns: "torch.Tensor"
    reward: float


class ProximalPolicy(Reinforced):
    """PPO."""

    def __init__(self, setup: Setup, rule: RewardRule | None = None) -> None:
        super().__init__(setup, rule)
        self._rounds: dict[tuple[Asked, ...], tuple[Played, int]] = {}

    @property
    def passes(self) -> int:
        """Several: drawing costs more than learning."""
        return _PASSES

    def attach(self, tunable: Tunable) -> WithHead:
        """Return the model with a value of each state."""
        return tunable if isinstance(tunable, WithHead) else WithHead(tunable)

    def learn(self, tunable: Tunable, questions: Sequence[Asked]) -> Loss:
        """Return the clipped loss of the policy and of the value, means over tokens, for each question."""
        played = self._played(tunable, questions)
        with without_dropout(tunable):
            log_probs, values = _read(tunable, played.rows)
        cost = policy_cost(log_probs, played.log_probs, played.advantages).mean()
        cost = cost + _VALUE * value_cost(values, played.values, played.returns).mean()
        return Loss(cost * len(questions), len(questions), played.reward)

    def _played(self, tunable: Tunable, questions: Sequence[Asked]) -> Played:
        """Return answers to these questions: those of the last pass, as long as it was on the same ones."""
        key = tuple(questions)
        played, left = self._rounds.pop(key) if key in self._rounds else self._begin(tunable, questions)
        if left > 1:
            self._rounds[key] = played, left - 1
        return played

    def _begin(self, tunable: Tunable, questions: Sequence[Asked]) -> tuple[Played, int]:
        return self._play(tunable, questions), _PASSES

    def _play(self, tunable: Tunable, questions: Sequence[Asked]) -> Played:
        import torch

        answers = self.answer(tunable, questions, self.settings.samples)
        before = self.before(tunable, answers.rows)
        with measured(tunable):
            log_probs, values = _read(tunable, answers.rows)
        lengths = [len(one) for one in before]
        advantages = []
        for own, old, value, reward in zip(
            torch.split(log_probs, lengths),
            before,
            torch.split(values, lengths),
            answers.rewards.flatten(),
            strict=True,
        ):
            paid = -self.settings.kl * (own - old)
            paid[-1] += reward
            advantages.append(estimated_advantages(paid, value))
        whole = torch.cat(advantages)
        return Played(
            rows=tuple(answers.rows),
            log_probs=log_probs,
            values=values,
            advantages=(whole - whole.mean()) / (whole.std(correction=0) + 1e-8),
            returns=whole + values,
            reward=float(answers.rewards.mean(1).sum()),
        )


def _read(tunable: Tunable, rows: Sequence[Encoded]) -> "tuple[torch.Tensor, torch.Tensor]":
    """Return log-probability and value of each token of the answers, that before it is said."""
    batch = collate(rows, tunable.parameters[0].device)
    with seen(tunable.model) as states:
        logits = tunable.forward(batch).float()
    values = states[0].detach() @ tunable.parameters[-1]
    return chosen_log_probs(logits, batch.labels[batch.labels != IGNORED]), values


def estimated_advantages(paid: "torch.Tensor", values: "torch.Tensor") -> "torch.Tensor":
    """Return how much better than expected each token of one answer turned out: (tokens,)."""
    import torch

    after = torch.cat([values[1:], values.new_zeros(1)])
    surprise = paid + after - values
    found, later = torch.empty_like(surprise), surprise.new_zeros(())
    for place in reversed(range(len(surprise))):
        later = surprise[place] + _LAMBDA * later
        found[place] = later
    return found


def policy_cost(now: "torch.Tensor", then: "torch.Tensor", advantages: "torch.Tensor") -> "torch.Tensor":
    """Return what each token costs: nothing is won by moving its probability further than `CLIP`."""
    import torch

    ratio = torch.exp(now - then)
    return -torch.minimum(ratio * advantages, ratio.clamp(1 - CLIP, 1 + CLIP) * advantages)


def value_cost(now: "torch.Tensor", then: "torch.Tensor", returns: "torch.Tensor") -> "torch.Tensor":
    """Return half the squared error of each value, at least that of one that moved no further than `CLIP`."""
    import torch

    near = then + (now - then).clamp(-CLIP, CLIP)
    return 0.5 * torch.maximum((now - returns) ** 2, (near - returns) ** 2)
