"""Training examples from a domain's questions. Knows nothing of models or of training.

The prompts are those of `assistant.prompts`, so that what is tuned meets the wording it learned.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any, NamedTuple

from assistant.forms import FREE, Form
from assistant.prompts import Style, closed_book
from assistant.registry import Assistant, open_assistant
from core.domain import Domain
from core.errors import DomainError
from core.questions import QuestionRecord
from finetune.factory.documents import document_examples
from finetune.factory.own_data import held_out, read_own
from finetune.factory.reading import Reading
from finetune.factory.taking import chosen_steps, take_steps
from finetune.factory.tools import DomainTools
from finetune.factory.types import Dropped, Material, Taken, Tools
from finetune.objectives import OBJECTIVES
from finetune.objectives.setup import Kind
from finetune.registry import known
from finetune.types import Example, Provenance
from settings import Finetune, Settings


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
        lines += [example.rejected for example in (*self.pairs, *self.dev) if example.rejected]
        lines += [one.content for example in self.train for one in example.told]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def documents(self) -> list[str]:
        """Ids of the documents that stand behind what is learned."""
        return sorted({id for example in self.train for id in example.provenance.documents})


def training_data(domain: Domain, settings: Settings, tools: Tools | None = None) -> TrainingData:
    """Return the examples of `domain` as the steps of its settings leave them, for its one objective.

    `tools` stand in for the domain's own models and documents.

    Raises:
        DomainError: there is nothing to learn from, or a step needs what the domain does not say.
        AssistantError: the settings name an objective or a step that is not known, or a model that cannot
        be had.
    """
    kind = known(OBJECTIVES, settings.finetune.objective, "finetune.objective")
    chosen_steps(settings.finetune)
    records = _records(domain, settings.finetune, kind)
    assistant = open_assistant(domain, settings)
    own = DomainTools(domain, settings, assistant)
    given = tools or own
    make = _maker(given, assistant, settings, kind)
    material = Material(records, settings.finetune, assistant.style, make, given, domain.terms())
    came = _came(domain, material, kind)
    learned, taken = take_steps(came.train, material, "train")
    checked, also_taken = take_steps(came.dev, material, "dev")
    own.close()
    if 0 < settings.finetune.max_examples < len(learned):
        learned = tuple(Random(settings.finetune.seed).sample(learned, settings.finetune.max_examples))
    kept = {example.question_id for example in checked}
    return TrainingData(
        train=learned,
        dev=checked,
        dev_questions=tuple(one for one in came.dev_questions if one.id in kept or came.is_own),
        taken=(*taken, *also_taken),
        notes=tuple(dict.fromkeys(material.notes)),
        style=assistant.style,
        form=assistant.form,
    )


class _Came(NamedTuple):
    """What the steps begin with; `is_own`: of a user's file, which the domain's questions only measure."""

    train: Sequence[Example]
    dev: Sequence[Example]
    dev_questions: Sequence[QuestionRecord]
    is_own: bool = False


def _records(domain: Domain, settings: Finetune, kind: Kind) -> list[QuestionRecord]:
    """Return the questions of the domain; a file of the user's is learned without any."""
    if kind.reads_file(settings) and not (domain.folder / "questions.jsonl").is_file():
        return []
    return domain.questions(follow_ups=None)


def _came(domain: Domain, material: Material, kind: Kind) -> _Came:
    settings = material.settings
    if kind.reads_file(settings):
        train, dev = held_out(_own_examples(domain, settings), settings.seed)
        return _Came(
            train, dev, [one for one in material.questions if one.split == "dev" and not one.turns], True
        )
    learned, checked = _to_learn(material.questions, domain, learns_questions=kind.source != "documents")
    if kind.source == "documents":
        texts = document_examples(material.tools.documents)
        if not texts:
            raise DomainError(
                f"{settings.objective} learns documents and {domain.name} has none; "
                f"run: python -m ingest add FILES --domain {domain.name}"
            )
        return _Came(texts, material.make(checked), checked)
    return _Came(material.make(learned), material.make(checked), checked)


def _own_examples(domain: Domain, settings: Finetune) -> list[Example]:
    """Return what a file of the user's holds.

    Raises:
        DomainError: none is named, or it has labels, which another objective learns.
    """
    if not settings.data:
        raise DomainError(
            f"{settings.objective} learns a file of your own; run: python -m finetune train "
            f"--domain {domain.name} --objective {settings.objective} --data FILE"
        )
    found = read_own(domain.folder / settings.data)
    if settings.objective != "kto" and not all(one.reply for one in found):
        raise DomainError(f"{settings.data} has labels, which kto learns; run it with --objective kto")
    return found


def _to_learn(
    records: Sequence[QuestionRecord], domain: Domain, learns_questions: bool
) -> tuple[list[QuestionRecord], list[QuestionRecord]]:
    """Return the questions of `train` and `dev` that stand alone; of a dialogue also the others."""
    follow_ups = domain.settings().task == "dialogue"
    train, dev = (
        [one for one in records if one.split == split and (follow_ups or not one.turns)]
        for split in ("train", "dev")
    )
    if (learns_questions and not train) or not dev:
        raise DomainError(
            f"{domain.folder / 'questions.jsonl'} needs questions with split=train to learn and split=dev "
            f"to know when to stop; it has {len(train)} and {len(dev)}"
        )
    return train, dev


Maker = Callable[[Sequence[QuestionRecord]], Sequence[Example]]


def _maker(tools: Tools, assistant: Assistant, settings: Settings, kind: Kind) -> Maker:
    """Return what makes questions into examples, by the objective."""
    style, form, how = assistant.style, assistant.form, settings.finetune
    if kind.source == "passages":
        return Reading(tools.passages, style, how, form).examples
    if kind.source == "both":
        always = how.model_copy(update={"evidence_share": 1.0})
        return partial(_told_examples, reading=Reading(tools.passages, style, always, form))
    return partial(_examples, style=style, form=form)


def _told_examples(records: Sequence[QuestionRecord], reading: Reading) -> list[Example]:
    """Return an example for each question without documents, beside the same chat with them."""
    read = reading.examples(records)
    asked = _examples(records, reading.style, reading.form)
    return [replace(one, told=behind.messages) for one, behind in zip(asked, read, strict=True)]


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
