"""As many examples of each kind, by showing the rare ones again. Knows nothing of what kinds are good for."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

from finetune.factory.types import Material
from finetune.types import Example

_LABELLED = ("yesno", "label", "entities")


def _label(example: Example) -> str:
    """Return the reply where it is one of few, such as yes or no."""
    return example.reply.casefold() if example.record.answer_type in _LABELLED else ""


KINDS: dict[str, Callable[[Example], str]] = {
    "type": lambda example: example.record.answer_type,
    "language": lambda example: example.record.lang,
    "document": lambda example: next(iter(example.provenance.documents), ""),
    "label": _label,
}
"""What an example is one of; empty where that does not apply."""


def balance(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples, those of a rare kind up to `finetune.oversample` times.

    A kind is what all of `finetune.balance_by` say of an example; one that lacks any of it is shown once. No
    kind is shown more often than the most frequent one, and its examples in turn, in the seed's order.
    """
    came = list(examples)
    kinds: dict[tuple[str, ...], list[Example]] = defaultdict(list)
    for one in came:
        kind = tuple(KINDS[name](one) for name in material.settings.balance_by)
        if all(kind):
            kinds[kind].append(one)
    most = max(map(len, kinds.values()), default=0)
    again: list[Example] = []
    for kind, group in sorted(kinds.items()):
        shuffled = Random(f"{material.settings.seed}|{kind}").sample(group, len(group))
        room = min(most, material.settings.oversample * len(group)) - len(group)
        again += [_again(shuffled[turn % len(group)], turn // len(group) + 1) for turn in range(room)]
    return [*came, *again]


def _again(example: Example, time: int) -> Example:
    origin = example.provenance.question or example.question_id
    provenance = replace(example.provenance, made_by="balance", question=origin)
    return replace(example, question_id=f"{example.question_id}+balance{time}", provenance=provenance)
