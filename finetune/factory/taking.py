"""Examples through the steps that the settings choose, with a tally. Knows nothing of what a step does."""

from collections.abc import Sequence
from dataclasses import replace

from core.errors import AssistantError
from finetune.factory import OF_OBJECTIVES, ON_DEV, STEPS
from finetune.factory.types import Change, Material, Taken
from finetune.objectives import OBJECTIVES
from finetune.types import Example
from settings import Finetune


def chosen_steps(settings: Finetune) -> list[str]:
    """Return the steps that the settings name and their objective needs, in the order of taking them.

    Raises:
        AssistantError: one is not known; the message lists the known.
    """
    for name in settings.steps:
        if name not in STEPS:
            raise AssistantError(f"finetune.steps: no step {name!r}; known are {', '.join(STEPS)}")
    needed = needed_steps(settings)
    asks = settings.objective not in OBJECTIVES or OBJECTIVES[settings.objective].source != "documents"
    named = settings.steps if asks else ()
    return [name for name in (*STEPS, *OF_OBJECTIVES) if name in (*named, *needed)]


def needed_steps(settings: Finetune) -> tuple[str, ...]:
    """Return the steps without which the objective has nothing to learn; a file of the user's needs none."""
    kind = OBJECTIVES.get(settings.objective)
    return kind.steps if kind and not kind.reads_file(settings) else ()


def take_steps(
    examples: Sequence[Example], material: Material, split: str
) -> tuple[tuple[Example, ...], tuple[Taken, ...]]:
    """Return what the steps make of the examples of a split, and what each of them did.

    Each example remembers the steps that it went through. What is not learned (`dev`) meets only those that
    choose or rename, so that it stays a measure, and what the objective needs to measure at all.
    """
    taken = []
    kind = OBJECTIVES.get(material.settings.objective)
    on_dev = ON_DEV.union(needed_steps(material.settings) if kind and kind.on_dev else ())
    for name in chosen_steps(material.settings):
        if split != "train" and name not in on_dev:
            continue
        before, dropped = examples, len(material.dropped)
        after = list({**STEPS, **OF_OBJECTIVES}[name](before, material))
        lost = tuple(material.dropped[dropped:])
        taken.append(Taken(name, split, len(before), len(after), lost, _changes(before, after)))
        examples = [
            replace(one, provenance=replace(one.provenance, steps=(*one.provenance.steps, name)))
            for one in after
        ]
    return tuple(examples), tuple(taken)


def _changes(before: Sequence[Example], after: Sequence[Example]) -> tuple[Change, ...]:
    known = {one.question_id: one for one in before}
    return tuple(
        Change(known.get(one.question_id) or known.get(one.provenance.question), one)
        for one in after
        if known.get(one.question_id) != one
    )
