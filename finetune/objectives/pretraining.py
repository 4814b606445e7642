"""Plain text: every token of documents, packed with borders; behind a learning prompt all but that.

`pretraining`: Gururangan et al., 2020 (arXiv:2004.10964), on the domain's own documents. `contextual`:
arXiv:2503.09032, -sum log P(x_k given c, x_<k), c masked. Where it departs from the papers: what is
measured while it trains are the `dev` questions, not held-out text, since no document is to stay unlearned;
a learning prompt stands before every block of a long document. Knows nothing of where texts come from.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.generation.chat import Chat
from finetune.batches import IGNORED, collate
from finetune.objectives.supervised import Supervised, batch_loss, row
from finetune.types import Batch, Encoded, Example, Loss, Tunable
from settings import Finetune

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Packed(Encoded):
    """Several texts in one row; each is read as if it stood alone."""

    texts: tuple[Encoded, ...] = ()


class Pretraining(Supervised):
    """Cross entropy over texts; an example that somebody asks is learned as by `Supervised`."""

    def __init__(self, settings: Finetune) -> None:
        self._budget = settings.batch_tokens

    def encode(self, examples: Sequence[Example], chat: Chat) -> list[Encoded]:
        """Return chats as rows of their own, and texts cut to what a pass holds and packed."""
        asked = [row(one, one.reply, chat) for one in examples if not is_text(one)]
        blocks = [block for one in examples if is_text(one) for block in self._blocks(one, chat)]
        return [*asked, *pack(blocks, self._budget)]

    def tokens(self, group: Sequence[Encoded]) -> int:
        """Return how many tokens of a group are learned."""
        return sum(len(one.ids) - one.prompt for packed in group for one in _texts(packed))

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the loss of one forward pass over a group."""
        device = tunable.parameters[0].device
        if not any(isinstance(one, Packed) for one in group) or _prepends(tunable):
            return batch_loss(tunable, collate([one for packed in group for one in _texts(packed)], device))
        return batch_loss(tunable, _packed_batch(group, tunable.parameters[0]))

    def _blocks(self, example: Example, chat: Chat) -> Iterator[Encoded]:
        """Yield a text behind a border and with one at its end; one too long for a pass in several blocks.

        The border is the token that ends a turn. What stands before the text is masked.
        """
        *ids, border = chat.encode_reply(example.reply)
        told = [token for one in example.messages for token in chat.encode_reply(one.content)[:-1]]
        room = max(1, self._budget - len(told) - 2)
        for start in range(0, len(ids), room):
            is_last = start + room >= len(ids)
            block = (border, *told, *ids[start : start + room], *([border] if is_last else []))
            yield Encoded(block, 1 + len(told))


def is_text(example: Example) -> bool:
    """Say whether an example is a text that nobody asks for."""
    return not any(message.role == "user" for message in example.messages)


def pack(blocks: Iterable[Encoded], budget: int) -> list[Packed]:
    """Put blocks into rows of at most `budget` tokens: the longest first, each where it leaves least room."""
    rows: list[list[Encoded]] = []
    room: list[int] = []
    for block in sorted(blocks, key=lambda one: -len(one.ids)):
        fits = [place for place, left in enumerate(room) if left >= len(block.ids)]
        place = min(fits, key=room.__getitem__, default=len(rows))
        if place == len(rows):
            rows.append([])
            room.append(budget)
        rows[place].append(block)
        room[place] -= len(block.ids)
    return [Packed(tuple(token for one in texts for token in one.ids), 1, tuple(texts)) for texts in rows]


def _texts(packed: Encoded) -> Sequence[Encoded]:
    return packed.texts if isinstance(packed, Packed) else [packed]


def _prepends(tunable: Tunable) -> bool:
    """Say whether the method puts learned vectors before the input: no mask of ours counts those."""
    config = getattr(tunable.model, "active_peft_config", None)
    return bool(getattr(config, "is_prompt_learning", False))


def _packed_batch(group: Sequence[Encoded], like: "torch.Tensor") -> Batch:
    """Return a batch in which each text sees itself alone, and nothing else that follows.

    Positions count on through a row: what models with rotary positions compute depends on differences alone.
    """
    import torch

    width = max(len(packed.ids) for packed in group)
    ids = torch.zeros((len(group), width), dtype=torch.long)
    labels = torch.full((len(group), width), IGNORED, dtype=torch.long)
    sees = torch.eye(width, dtype=torch.bool).repeat(len(group), 1, 1)
    for place, packed in enumerate(group):
        start = 0
        for text in _texts(packed):
            end = start + len(text.ids)
            ids[place, start:end] = torch.tensor(text.ids)
            labels[place, start + text.prompt - 1 : end - 1] = ids[place, start + text.prompt : end]
            sees[place, start:end, start:end] = torch.ones(
                (end - start, end - start), dtype=torch.bool
            ).tril()
            start = end
    mask = torch.zeros(sees.shape, dtype=like.dtype).masked_fill(~sees, torch.finfo(like.dtype).min)
    return Batch(ids.to(like.device), mask[:, None].to(like.device), labels.to(like.device))
