"""Training examples from a domain's questions. Knows nothing of models or of training.

The prompts are those of `assistant.prompts`, so that what is tuned meets the wording it learned.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from assistant.forms import FREE, Form
from assistant.generation.adapters import RAFT
from assistant.prompts import Style, closed_book
from assistant.registry import Assistant, open_assistant
from core.domain import Domain
from core.errors import DomainError
from core.questions import QuestionRecord
from finetune.factory.reading import Reading
from finetune.factory.taking import chosen_steps, take_steps
from finetune.factory.tools import DomainTools
from finetune.factory.types import Dropped, Material, Taken, Tools
from finetune.types import Example, Provenance
from settings import Settings


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is learned (`train`), what stops the training (`dev`), and what the steps did for it."""

    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    dev_questions: tuple[QuestionRecord, ...]
    taken: tuple[Taken, ...]
    notes: tuple[str, ...]
    style: Style
    form: Form = FREE

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """What was left out or not taken up, in order."""
        return tuple(one for taken in self.taken for one in taken.dropped)

    @property
    def pairs(self) -> tuple[Example, ...]:
        """The examples with a rejected reply."""
        return tuple(example for example in self.train if example.rejected)

    @property
    def tally(self) -> list[dict[str, Any]]:
        """What each step did, as JSON-ready values: how many came, left, and went for which reason."""
        return [
            {
                "step": one.step,
                "split": one.split,
                "in": one.came,
                "out": one.left,
                "left_out": dict(Counter(lost.reason for lost in one.dropped)),
            }
            for one in self.taken
        ]

    @property
    def writers(self) -> list[str]:
        """The models that wrote something of what is learned."""
        return sorted({example.provenance.model for example in self.train} - {""})

    @property
    def sha256(self) -> str:
        """Identity of the examples, in order."""
        lines = [example.to_json() for example in (*self.train, *self.dev)]
        lines += [example.rejected for example in self.pairs]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def documents(self) -> list[str]:
        """Ids of the documents that stand behind what is learned."""
        return sorted({id for example in self.train for id in example.provenance.documents})


def training_data(domain: Domain, settings: Settings, tools: Tools | None = None) -> TrainingData:
    """Return the examples of `domain` as the steps of its settings leave them.

    `tools` stand in for the domain's own models and documents.

    Raises:
        DomainError: there are no questions to learn from, or a step needs what the domain does not say.
        AssistantError: the settings name a step that is not known, or a model that cannot be had.
    """
    chosen_steps(settings.finetune)
    records = domain.questions(follow_ups=None)
    train, dev = _to_learn(records, domain)
    assistant = open_assistant(domain, settings)
    own = DomainTools(domain, settings, assistant)
    given = tools or own
    make = _maker(given, assistant, settings)
    material = Material(records, settings.finetune, assistant.style, make, given, domain.terms())
    learned, taken = take_steps(make(train), material, "train")
    checked, also_taken = take_steps(make(dev), material, "dev")
    own.close()
    if 0 < settings.finetune.max_examples < len(learned):
        learned = tuple(Random(settings.finetune.seed).sample(learned, settings.finetune.max_examples))
    kept = {example.question_id for example in checked}
    return TrainingData(
        train=learned,
        dev=checked,
        dev_questions=tuple(record for record in dev if record.id in kept),
        taken=(*taken, *also_taken),
        notes=tuple(dict.fromkeys(material.notes)),
        style=assistant.style,
        form=assistant.form,
    )


def _to_learn(
    records: Sequence[QuestionRecord], domain: Domain
) -> tuple[list[QuestionRecord], list[QuestionRecord]]:
    """Return the questions of `train` and `dev` that stand alone; of a dialogue also the others."""
    follow_ups = domain.settings().task == "dialogue"
    train, dev = (
        [one for one in records if one.split == split and (follow_ups or not one.turns)]
        for split in ("train", "dev")
    )
    if not train or not dev:
        raise DomainError(
            f"{domain.folder / 'questions.jsonl'} needs questions with split=train to learn and split=dev "
            f"to know when to stop; it has {len(train)} and {len(dev)}"
        )
    return train, dev


Maker = Callable[[Sequence[QuestionRecord]], Sequence[Example]]


def _maker(tools: Tools, assistant: Assistant, settings: Settings) -> Maker:
    """Return what makes questions into examples, by the objective."""
    if settings.finetune.objective == RAFT:
        return Reading(tools.passages, assistant.style, settings.finetune, assistant.form).examples
    return partial(_examples, style=assistant.style, form=assistant.form)


def _examples(records: Sequence[QuestionRecord], style: Style, form: Form = FREE) -> list[Example]:
    """Return an example for each question, as `assistant` asks it: in full and without documents."""
    return [
        Example(
            record.id,
            form.asked(closed_book(record.in_full, record.language, style), record.language),
            form.reply(record),
            Provenance(documents=record.evidence_doc_ids),
            asked="" if form.free else record.in_full,
            record=record,
        )
        for record in records
    ]
