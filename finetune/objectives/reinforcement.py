"""The model's own answers, those with more reward made likelier: GRPO, RLOO. Knows no reward.

GRPO: Shao et al., 2024 (arXiv:2402.03300), the advantage of an answer is its reward less the mean of those
to the same question, over their deviation; the price of leaving the model before training is part of the
loss, by the estimator exp(d) - d - 1. RLOO: Ahmadian et al., 2024 (arXiv:2402.14740), the advantage is the
reward less the mean of the others, the price part of the reward. Where they depart from the papers: answers
are drawn anew for each step, so that nothing is clipped (the ratio is 1); answers that are cut count like
others; a question whose answers all have one reward moves only by the price.
"""

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from assistant.generation.chat import Chat
from core.errors import DomainError
from finetune.objectives.readings import Reference, token_log_probs, without_dropout
from finetune.objectives.reward import Judge
from finetune.objectives.rewards import RewardRule, reward
from finetune.objectives.rollouts import Asked, Drawn, asked, draw
from finetune.objectives.setup import Setup
from finetune.types import Encoded, Example, Loss, Objective, Tunable

if TYPE_CHECKING:
    import torch


class Answers(NamedTuple):
    """What was drawn for some questions, with the reward of each: (questions, samples)."""

    drawn: list[Drawn]
    rewards: "torch.Tensor"

    @property
    def rows(self) -> list[Encoded]:
        """Chats with answers as token ids."""
        return [one.row for one in self.drawn]


class Reinforced(Objective):
    """What all of them share: questions, answers, rewards and the model before training."""

    def __init__(self, setup: Setup, rule: RewardRule | None = None) -> None:
        """Take the rewards that the settings name, or a `rule` in their place."""
        self.settings, self._chat, self._folder = setup.settings, setup.chat, setup.reward_model
        self._rule = rule or partial(reward, self.settings.rewards)
        self._judge: Judge | None = None
        self._questions, self._flat, self._teaches = 0, 0, False
        self.reference: Reference | None = None

    def encode(self, examples: Sequence[Example], chat: Chat) -> list[Encoded]:
        """Return the chats of the examples that have a reward.

        Raises:
            DomainError: none has.
        """
        rewarded = [one for one in examples if self._folder or self._rule(one, "") is not None]
        if not rewarded:
            names = ", ".join(self.settings.rewards)
            raise DomainError(
                f"none of {len(examples)} examples has a reward of {names}; see finetune.rewards"
            )
        return [asked(one, chat, self.settings.answer_tokens) for one in rewarded]

    def prepare(self, tunable: Tunable, encoded: Sequence[Encoded]) -> Sequence[Encoded]:
        """Remember the model as it is, and open the reward model if the settings name one."""
        self._questions = self._questions or len(encoded)
        self.reference = self.reference or Reference(tunable)
        if self._folder is not None and self._judge is None:
            self._judge = Judge(tunable, self._folder)
        return encoded

    def tokens(self, group: Sequence[Encoded]) -> int:
        """Return the number of questions."""
        return len(group)

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the loss over answers to a group; of a model that is measured, its rewards as a loss."""
        questions = [one for one in group if isinstance(one, Asked)]
        if not tunable.model.training:
            answers = self.answer(tunable, questions, 1, best=True)
            summed = answers.rewards.sum()
            return Loss(-summed, len(questions), float(summed))
        return self.learn(tunable, questions)

    @abstractmethod
    def learn(self, tunable: Tunable, questions: Sequence[Asked]) -> Loss:
        """Return the loss of the model that learns."""

    def answer(
        self, tunable: Tunable, questions: Sequence[Asked], samples: int, *, best: bool = False
    ) -> Answers:
        """Return drawn answers with their rewards.

        Raises:
            DomainError: to all questions so far, an epoch of them, no answer had more reward than another.
        """
        import torch

        drawn = draw(tunable, self._chat, questions, samples, best=best)
        if self._judge is not None:
            values = self._judge.scores([one.row for one in drawn])
        else:
            values = [self._rule(one.asked.example, one.text) or 0.0 for one in drawn]
        rewards = torch.tensor(values).view(len(questions), samples)
        if not best:
            self._watch(drawn, rewards)
        return Answers(drawn, rewards)

    def before(self, tunable: Tunable, rows: Sequence[Encoded]) -> "list[torch.Tensor]":
        """Return the log-probabilities of tokens before training."""
        reference = self.reference or Reference(tunable)
        with reference.restored(tunable):
            return token_log_probs(tunable, rows)

    def _watch(self, drawn: Sequence[Drawn], rewards: "torch.Tensor") -> None:
        """Count the questions, until one teaches something, whose different answers all had one reward.

        Answers that are all the same, or all right, come of a model that has learned.
        """
        samples = rewards.shape[1]
        for place, values in enumerate(rewards.tolist()):
            texts = {one.text for one in drawn[place * samples : (place + 1) * samples]}
            self._teaches |= max(values) - min(values) > 1e-6 or len(texts) == 1 or min(values) >= 1
        self._flat += len(rewards)
        if not self._teaches and self._flat >= self._questions:
            raise DomainError(
                f"the reward is constant: to each of the first {self._flat} questions all {samples} answers "
                f"had the same (at last {float(rewards[-1, 0]):.2f}), which teaches nothing; "
                "train sft before (--objective sft,grpo), raise finetune.samples or change finetune.rewards"
            )


class GroupRelative(Reinforced):
    """GRPO."""

    def learn(self, tunable: Tunable, questions: Sequence[Asked]) -> Loss:
        """Return the loss, a mean over the answers to a question, each a mean over its tokens."""
        import torch

        answers = self.answer(tunable, questions, self.settings.samples)
        before = self.before(tunable, answers.rows)
        with without_dropout(tunable):
            now = token_log_probs(tunable, answers.rows)
        costs = []
        for own, reference, advantage in zip(
            now, before, group_advantages(answers.rewards).flatten().tolist(), strict=True
        ):
            gain = torch.exp(own - own.detach()) * advantage
            costs.append((self.settings.kl * price(own, reference) - gain).mean())
        summed = torch.stack(costs).sum() / self.settings.samples
        return Loss(summed, len(questions), float(answers.rewards.mean(1).sum()))


class LeaveOneOut(Reinforced):
    """RLOO."""

    def learn(self, tunable: Tunable, questions: Sequence[Asked]) -> Loss:
        """Return the loss, a mean over the answers to a question: each whole answer is one action."""
        import torch

        answers = self.answer(tunable, questions, self.settings.samples)
        before = torch.stack([one.sum() for one in self.before(tunable, answers.rows)])
        with without_dropout(tunable):
            now = torch.stack([one.sum() for one in token_log_probs(tunable, answers.rows)])
        paid = answers.rewards.to(now.device) - self.settings.kl * (now.detach() - before).view_as(
            answers.rewards
        )
        summed = -(left_out_advantages(paid).flatten() * now).sum() / self.settings.samples
        return Loss(summed, len(questions), float(answers.rewards.mean(1).sum()))


def group_advantages(rewards: "torch.Tensor") -> "torch.Tensor":
    """Return rewards less the mean of their row, over its deviation: (questions, samples)."""
    centred = rewards - rewards.mean(1, keepdim=True)
    return centred / (rewards.std(1, keepdim=True) + 1e-4)


def left_out_advantages(rewards: "torch.Tensor") -> "torch.Tensor":
    """Return rewards less the mean of the others of their row: (questions, samples)."""
    count = rewards.shape[1]
    return rewards - (rewards.sum(1, keepdim=True) - rewards) / (count - 1)


def price(now: "torch.Tensor", before: "torch.Tensor") -> "torch.Tensor":
    """Return the divergence from the model before at each token, Schulman's third estimator: at least 0."""
    distance = before - now
    return distance.exp() - distance - 1
