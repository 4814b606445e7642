"""Leave out what gives a test question away: an example whose question is nearly in the same words."""

from collections.abc import Iterable, Iterator

from core.leaks import find_leaks
from finetune.factory.types import Dropped, Material
from finetune.types import Example


def leak_guard(examples: Iterable[Example], material: Material) -> Iterator[Example]:
    """Yield the examples that are no closer to a test question than `finetune.max_similarity`."""
    asked = list(examples)
    questions = {example.question_id: example.question for example in asked}
    tested = {record.id: record.in_full for record in material.test}
    leaks = {one.train_id: one for one in find_leaks(questions, tested, material.settings.max_similarity)}
    for example in asked:
        if leak := leaks.get(example.question_id):
            reason = f"too close to {leak.test_id} ({leak.similarity:.2f})"
            material.dropped.append(Dropped("leak_guard", example.question_id, reason))
        else:
            yield example
