"""Training examples from a domain's questions. Knows nothing of models or of training.

The prompts are those of `assistant.prompts`, so that what is tuned meets the wording it learned.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from assistant.generation.adapters import RAFT
from assistant.prompts import Style, closed_book, refusal
from assistant.registry import open_assistant
from core.domain import Domain
from core.errors import AssistantError, DomainError
from core.questions import QuestionRecord
from finetune.factory import STEPS
from finetune.factory.reading import Reading
from finetune.factory.types import Dropped, Material
from finetune.types import Example, Provenance
from ingest.updating import bring_up_to_date
from settings import Finetune, Settings


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is learned (`train`), what stops the training (`dev`), and what was left out."""

    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    dev_questions: tuple[QuestionRecord, ...]
    dropped: tuple[Dropped, ...]
    style: Style

    @property
    def sha256(self) -> str:
        """Identity of the examples, in order."""
        lines = [example.to_json() for example in (*self.train, *self.dev)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def documents(self) -> list[str]:
        """Ids of the documents that stand behind what is learned."""
        return sorted({id for example in self.train for id in example.provenance.documents})


def training_data(domain: Domain, settings: Settings) -> TrainingData:
    """Return the examples of `domain` as the steps of its settings leave them.

    Raises:
        DomainError: there are no questions to learn from.
        AssistantError: the settings name a step that is not known.
    """
    records = domain.questions(follow_ups=None)
    train, dev, test = (_split(records, split) for split in ("train", "dev", "test"))
    train, dev = ([one for one in part if not one.turns] for part in (train, dev))
    if not train or not dev:
        raise DomainError(
            f"{domain.folder / 'questions.jsonl'} needs questions with split=train to learn and split=dev "
            f"to know when to stop; it has {len(train)} and {len(dev)}"
        )
    assistant = open_assistant(domain, settings)
    style = assistant.style
    material = Material(test, settings.finetune)
    if settings.finetune.objective == RAFT:
        bring_up_to_date(assistant.knowledge, domain, settings)
        examples = Reading(assistant.knowledge, style, settings.finetune).examples
    else:
        examples = partial(_examples, style=style)
    learned, checked = (_made(examples(part), material) for part in (train, dev))
    if 0 < settings.finetune.max_examples < len(learned):
        learned = tuple(Random(settings.finetune.seed).sample(learned, settings.finetune.max_examples))
    kept = {example.question_id for example in checked}
    return TrainingData(
        train=learned,
        dev=checked,
        dev_questions=tuple(record for record in dev if record.id in kept),
        dropped=tuple(material.dropped),
        style=style,
    )


def chosen_steps(settings: Finetune) -> list[str]:
    """Return the steps that the settings name, in the order in which they are taken.

    Raises:
        AssistantError: one is not known; the message lists the known.
    """
    for name in settings.steps:
        if name not in STEPS:
            raise AssistantError(f"finetune.steps: no step {name!r}; known are {', '.join(STEPS)}")
    return [name for name in STEPS if name in settings.steps]


def _made(examples: Sequence[Example], material: Material) -> tuple[Example, ...]:
    """Return what the steps make of the examples; each example remembers the steps it went through."""
    for name in chosen_steps(material.settings):
        after = STEPS[name](examples, material)
        examples = [
            replace(one, provenance=replace(one.provenance, steps=(*one.provenance.steps, name)))
            for one in after
        ]
    return tuple(examples)


def _split(records: Sequence[QuestionRecord], split: str) -> list[QuestionRecord]:
    return [record for record in records if record.split == split]


def _examples(records: Sequence[QuestionRecord], style: Style) -> list[Example]:
    """Return an example for each question: it is answered without documents."""
    return [
        Example(
            record.id,
            closed_book(record.question, record.language, style),
            record.answers[0] if record.answers else refusal(record.language),
            Provenance(documents=record.evidence_doc_ids),
        )
        for record in records
    ]
