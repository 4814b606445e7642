"""The reply to a chat: its tokens alone, each given those before (supervised fine-tuning)."""

from collections.abc import Sequence

from assistant.generation.chat import Chat
from finetune.batches import IGNORED, collate
from finetune.types import Batch, Encoded, Example, Loss, Objective, Tunable


class Supervised(Objective):
    """Cross entropy over the tokens of replies, the end of the turn included."""

    def encode(self, examples: Sequence[Example], chat: Chat) -> list[Encoded]:
        """Return the examples as token ids, written as an answering model meets them."""
        return [row(example, example.reply, chat) for example in examples]

    def tokens(self, group: Sequence[Encoded]) -> int:
        """Return how many reply tokens a group has."""
        return sum(len(example.ids) - example.prompt for example in group)

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the loss of one forward pass over a group."""
        return batch_loss(tunable, collate(group, tunable.parameters[0].device))


def row(example: Example, reply: str, chat: Chat) -> Encoded:
    """Return the chat of an example with a reply to it as token ids."""
    prompt = chat.encode(example.messages, reply=True)
    return Encoded((*prompt, *chat.encode_reply(reply)), len(prompt))


def batch_loss(tunable: Tunable, batch: Batch) -> Loss:
    """Return the cross entropy of what is labelled."""
    import torch

    logits = tunable.forward(batch).float()
    target = batch.labels[batch.labels != IGNORED]
    summed = torch.nn.functional.cross_entropy(logits, target, reduction="sum")
    return Loss(summed, target.numel(), int((logits.argmax(-1) == target).sum()))
