"""A teacher's whole distribution in place of a reply: of another model, or of the same one told more.

`distil`: Agarwal et al., 2024 (arXiv:2306.13649), the generalised Jensen-Shannon divergence (0: forward KL,
1: reverse), half the time over the student's own answers and half over the references. `sdft`:
arXiv:2601.19897, the same model behind the passages teaches itself without them, over its own answers
alone: reading becomes knowing. Where they depart from the papers: of `sdft` the teacher is the model before
training, not its moving average, and is shown passages in the place of a demonstration; answers count
alike, whatever their length. Knows nothing of where prompts come from.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.generation.chat import Chat, open_chat
from core.errors import AssistantError, DomainError
from finetune.batches import IGNORED, collate
from finetune.objectives.readings import Reference, row_logits, without_dropout
from finetune.objectives.rollouts import Asked, draw
from finetune.objectives.setup import Setup
from finetune.objectives.supervised import batch_loss, row
from finetune.types import Encoded, Example, Loss, Objective, Tunable

if TYPE_CHECKING:
    import torch

_OWN = 0.5
"""Share of passes over the student's own answers, as in the paper's mixed data."""
_PROBE = "Seven days, 7天内退款。"


@dataclass(frozen=True, slots=True)
class Taught(Asked):
    """A chat with its reply; `told` is the chat as the teacher meets it."""

    told: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Tokens that the longer of both takes of a pass, with the longest answer to it."""
        own = max(len(self.ids), self.prompt + self.limit)
        return own + max(0, len(self.told) - self.prompt)

    @property
    def question(self) -> Asked:
        """The chat without its reply."""
        return Asked(self.ids[: self.prompt], self.prompt, self.example, self.limit)

    def behind(self, answer: Sequence[int]) -> Encoded:
        """Return an answer behind what the teacher is told."""
        return Encoded((*self.told, *answer), len(self.told))


class _Distilled(Objective):
    """What both share; a model that is measured is measured by the references."""

    own_share = _OWN

    def __init__(self, setup: Setup) -> None:
        self.settings, self.setup = setup.settings, setup

    def encode(self, examples: Sequence[Example], chat: Chat) -> list[Encoded]:
        """Return the chats with their replies, and as the teacher meets them."""
        encoded: list[Encoded] = []
        for one in examples:
            own = row(one, one.reply, chat)
            told = tuple(chat.encode(one.told, reply=True)) if one.told else own.ids[: own.prompt]
            encoded.append(Taught(own.ids, own.prompt, one, self.settings.answer_tokens, told))
        return encoded

    def tokens(self, group: Sequence[Encoded]) -> int:
        """Return the number of answers."""
        return len(group)

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the divergence from the teacher, a mean over the tokens of each answer."""
        import torch

        taught = [one for one in group if isinstance(one, Taught)]
        if not tunable.model.training:
            return batch_loss(tunable, collate(group, tunable.parameters[0].device))
        own: Sequence[Encoded] = taught
        if float(torch.rand(())) < self.own_share:
            own = [one.row for one in draw(tunable, self.setup.chat, [one.question for one in taught], 1)]
        told = [one.behind(said.ids[said.prompt :]) for one, said in zip(taught, own, strict=True)]
        targets = self.teach(tunable, told)
        with without_dropout(tunable):
            learned = row_logits(tunable, own)
        costs, right = [], 0.0
        for student, teacher in zip(learned, targets, strict=True):
            costs.append(divergence(student, teacher, self.settings.divergence).mean())
            right += float((student.argmax(-1) == teacher[:, : student.shape[1]].argmax(-1)).float().mean())
        return Loss(torch.stack(costs).sum(), len(taught), right)

    @abstractmethod
    def teach(self, tunable: Tunable, rows: Sequence[Encoded]) -> "list[torch.Tensor]":
        """Return the teacher's logits at the reply tokens of each row."""


class Distilled(_Distilled):
    """From another model."""

    _teacher: Any = None

    def prepare(self, tunable: Tunable, encoded: Sequence[Encoded]) -> Sequence[Encoded]:
        """Load the teacher.

        Raises:
            AssistantError: the settings name none, or its tokens are others.
        """
        if self._teacher is None:
            self._teacher = _open_teacher(self.setup.teacher, self.setup.chat, tunable)
        return encoded

    def teach(self, tunable: Tunable, rows: Sequence[Encoded]) -> "list[torch.Tensor]":
        """Return the teacher's logits."""
        import torch

        batch = collate(rows, tunable.parameters[0].device)
        with torch.no_grad():
            logits = self._teacher(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False).logits
        said = logits[batch.labels != IGNORED].float()
        return list(torch.split(said, [len(one.ids) - one.prompt for one in rows]))


class SelfDistilled(_Distilled):
    """From itself, told more."""

    own_share = 1.0
    _reference: Reference | None = None

    def encode(self, examples: Sequence[Example], chat: Chat) -> list[Encoded]:
        """Return the chats with their replies, and behind passages.

        Raises:
            DomainError: no example comes with passages.
        """
        if not any(one.told for one in examples):
            raise DomainError(
                "sdft learns from passages; add documents: python -m ingest add FILES --domain NAME"
            )
        return super().encode(examples, chat)

    def prepare(self, tunable: Tunable, encoded: Sequence[Encoded]) -> Sequence[Encoded]:
        """Remember the model as it is: it is the teacher."""
        self._reference = self._reference or Reference(tunable)
        return encoded

    def teach(self, tunable: Tunable, rows: Sequence[Encoded]) -> "list[torch.Tensor]":
        """Return the logits of the model before training, behind the passages."""
        reference = self._reference or Reference(tunable)
        with reference.restored(tunable):
            return row_logits(tunable, rows)


def divergence(student: "torch.Tensor", teacher: "torch.Tensor", beta: float) -> "torch.Tensor":
    """Return the divergence at each position, in nats: logits are (positions, vocabulary).

    Beyond the words that both know there are only rows that fill a matrix up.
    """
    import torch

    shared = min(student.shape[1], teacher.shape[1])
    own, right = (logits[:, :shared].log_softmax(-1) for logits in (student, teacher))
    if beta == 0:
        return _divergence(right, own)
    if beta == 1:
        return _divergence(own, right)
    weights = own.new_tensor([1 - beta, beta]).log()
    mixed = torch.logsumexp(torch.stack([own + weights[0], right + weights[1]]), 0)
    return beta * _divergence(right, mixed) + (1 - beta) * _divergence(own, mixed)


def _divergence(one: "torch.Tensor", other: "torch.Tensor") -> "torch.Tensor":
    return (one.exp() * (one - other)).sum(-1)


def _open_teacher(folder: Path | None, chat: Chat, tunable: Tunable) -> Any:
    from transformers import AutoModelForCausalLM

    if folder is None:
        raise AssistantError("distil needs a teacher with the same tokenizer; name it: finetune.teacher")
    if open_chat(folder).encode_reply(_PROBE) != chat.encode_reply(_PROBE):
        raise AssistantError(
            f"{folder} has other tokens than the model that learns; name another finetune.teacher"
        )
    like = tunable.parameters[0]
    return AutoModelForCausalLM.from_pretrained(folder, dtype=like.dtype).to(like.device).eval()
