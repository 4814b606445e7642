"""Answers that a model gives while it learns. Knows nothing of rewards or losses.

They are drawn by torch's own random state, which a checkpoint holds: a run that was killed draws the same
again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.generation.chat import Chat
from finetune.objectives.readings import measured
from finetune.types import Encoded, Example, Tunable

_NOBODY = Example("", (), "")


@dataclass(frozen=True, slots=True)
class Asked(Encoded):
    """A chat without its reply, and the example that it comes from; `limit` tokens may follow."""

    example: Example = _NOBODY
    limit: int = 0

    @property
    def size(self) -> int:
        """Tokens of the chat and the longest answer to it."""
        return len(self.ids) + self.limit


@dataclass(frozen=True, slots=True)
class Drawn:
    """An answer: `row` is chat and answer, of which the chat is the prompt."""

    asked: Asked
    row: Encoded
    text: str


def asked(example: Example, chat: Chat, limit: int) -> Asked:
    """Return the chat of an example, to be answered."""
    ids = chat.encode(example.messages, reply=True)
    return Asked(tuple(ids), len(ids), example, limit)


def draw(
    tunable: Tunable, chat: Chat, questions: Sequence[Asked], samples: int, *, best: bool = False
) -> list[Drawn]:
    """Return so many answers to each question, those to one beside each other.

    They are drawn at temperature 1 from the whole distribution, or with `best` the likeliest word by word.
    """
    import torch
    from transformers import GenerationConfig

    repeated = [one for one in questions for _ in range(samples)]
    width, limit = max(len(one.ids) for one in repeated), max(one.limit for one in repeated)
    ids = torch.zeros((len(repeated), width), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for place, one in enumerate(repeated):
        ids[place, width - len(one.ids) :] = torch.tensor(one.ids)
        mask[place, width - len(one.ids) :] = 1
    how = {"do_sample": False} if best else {"do_sample": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0}
    config = GenerationConfig(
        max_new_tokens=limit, repetition_penalty=1.0, pad_token_id=0, eos_token_id=sorted(chat.stops), **how
    )
    device = tunable.parameters[0].device
    with measured(tunable):
        made = tunable.model.generate(
            input_ids=ids.to(device), attention_mask=mask.to(device), generation_config=config
        )
    answers = [_until_stop(row, chat) for row in made[:, width:].tolist()]
    return [
        Drawn(one, Encoded((*one.ids, *answer), one.prompt), chat.decode(answer))
        for one, answer in zip(repeated, answers, strict=True)
    ]


def _until_stop(tokens: Sequence[int], chat: Chat) -> list[int]:
    """Return the tokens up to the one that ends the answer, which is of it; all where none does."""
    end = next((place for place, token in enumerate(tokens) if token in chat.stops), len(tokens) - 1)
    return list(tokens[: end + 1])
