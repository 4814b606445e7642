"""Leave out what gives a test question away: an example whose question is nearly in the same words."""

from collections.abc import Iterable

from finetune.factory.admission import LEAK, near_test
from finetune.factory.types import Dropped, Material
from finetune.types import Example


def leak_guard(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples that are no closer to a test question than `finetune.max_similarity`."""
    asked = list(examples)
    leaks = near_test({example.question_id: example.question for example in asked}, material)
    for leak in leaks.values():
        detail = f"{leak.test_id} ({leak.similarity:.2f})"
        material.dropped.append(Dropped("leak_guard", leak.train_id, LEAK, detail))
    return [example for example in asked if example.question_id not in leaks]
