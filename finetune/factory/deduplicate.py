"""Leave out what says nothing new: nearly the same question with the same reply. Knows no test question.

Questions in nearly the same words with different amounts or different replies both stay: to tell them apart
is worth learning.
"""

from collections.abc import Iterable

from assistant.agreement import correct
from core.leaks import find_repeats
from finetune.factory.admission import SAME_WORDING
from finetune.factory.facts import same_amounts
from finetune.factory.types import Dropped, Material
from finetune.types import Example

REPEATS = "asks what another asks, with the same reply"


def deduplicate(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples without those that repeat an earlier one."""
    came = {one.question_id: one for one in examples}
    repeats = find_repeats({id: one.question for id, one in came.items()}, SAME_WORDING)
    kept: dict[str, Example] = {}
    for id, one in came.items():
        same = next((near for near in repeats.get(id, ()) if near in kept and _is_same(one, kept[near])), "")
        if same:
            material.dropped.append(Dropped("deduplicate", id, REPEATS, same))
        else:
            kept[id] = one
    return list(kept.values())


def _is_same(one: Example, other: Example) -> bool:
    if one.messages[:-1] != other.messages[:-1] or bool(one.record.answers) != bool(other.record.answers):
        return False  # behind other turns, or only one has an answer
    is_alike = one.reply == other.reply or (
        correct(one.reply, [other.reply], other.record.answer_type, other.question) == 1.0
    )
    return is_alike and same_amounts(one.question, other.question)
