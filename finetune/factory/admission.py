"""The one door for new wordings: those that keep their fact become examples, all others are counted.

After the rules of `facts`, the writer answers both wordings from the evidence: it has to say the same, or
to be right. Knows no step.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.agreement import correct
from core.leaks import Leak, find_leaks, shingles, similarity
from core.questions import QuestionRecord
from finetune.factory.calls import Asked, Said, answers
from finetune.factory.facts import question_fault, reply_fault
from finetune.factory.types import Dropped, Material
from finetune.types import Example, Provenance
from ingest.types import Chunk

LEAK = "too close to a test question"
OTHERWISE = "is answered otherwise"
SAME = "the same wording"
SAME_WORDING = 0.8
"""Jaccard index of shingles from which two questions are in the same words."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The question of an example in other words, and its reply where that changed as well."""

    of: Example
    number: int
    question: str
    reply: str = ""

    @property
    def record(self) -> QuestionRecord:
        """The question behind the example."""
        return self.of.record

    @property
    def answers(self) -> tuple[str, ...]:
        """The right answers, that of the draft first."""
        return (self.reply, *self.record.answers) if self.reply else self.record.answers


def is_own(example: Example) -> bool:
    """Say whether an example is a question of the domain: a rewording is not reworded."""
    return not example.provenance.made_by and bool(example.record.id)


def admit(
    step: str, drafts: Sequence[Draft], examples: Sequence[Example], material: Material, model: str
) -> list[Example]:
    """Return the drafts that keep their fact as examples; the others are noted as dropped.

    Args:
        step: that made them.
        drafts: at most one of a number for an example.
        examples: all that there are; what they say already is no new wording.
        material: what is looked at; of the test questions none must be given away.
        model: that wrote the drafts.
    """
    faults = {_id(step, draft): _fault(draft, material) for draft in drafts}
    _find_repeats(step, drafts, examples, faults)
    left = {_id(step, draft): draft for draft in drafts if not faults[_id(step, draft)]}
    leaks = near_test({id: draft.question for id, draft in left.items()}, material)
    faults.update({id: LEAK for id in leaks})
    left = {id: draft for id, draft in left.items() if id not in leaks}
    faults.update({id: OTHERWISE for id in _answered_otherwise(left, material)})
    for id, fault in faults.items():
        if fault:
            detail = leaks[id].test_id if id in leaks else ""
            material.dropped.append(Dropped(step, id, fault, detail))
    return _made(step, {id: draft for id, draft in left.items() if not faults[id]}, material, model)


def near_test(questions: Mapping[str, str], material: Material) -> dict[str, Leak]:
    """Return, by their ids, the questions that give a test question away."""
    tested = {record.id: record.in_full for record in material.test}
    return {one.train_id: one for one in find_leaks(questions, tested, material.settings.max_similarity)}


def _fault(draft: Draft, material: Material) -> str:
    fault = question_fault(draft.record, draft.question, material.terms)
    if not fault and draft.reply:
        fault = reply_fault(draft.record, draft.of.reply, draft.reply)
    return fault


def _find_repeats(
    step: str, drafts: Sequence[Draft], examples: Sequence[Example], faults: dict[str, str]
) -> None:
    """Note the drafts that say what they were made from, or another wording of that, in the same words."""
    known: dict[str, list[frozenset[str]]] = defaultdict(list)
    for example in examples:
        known[example.provenance.question or example.question_id].append(shingles(example.question))
    for draft in drafts:
        if not faults[_id(step, draft)]:
            grams, others = shingles(draft.question), known[draft.of.question_id]
            if any(similarity(grams, other) >= SAME_WORDING for other in others):
                faults[_id(step, draft)] = SAME
            else:
                others.append(grams)


def _answered_otherwise(drafts: Mapping[str, Draft], material: Material) -> list[str]:
    """Return the ids of the drafts that the writer answers from the evidence in another way, and wrongly."""
    read = {id: draft for id, draft in drafts.items() if draft.record.evidence_text and draft.answers}
    asked = [_asked(draft, question) for draft in read.values() for question in _both(draft)]
    said = iter(answers(material, asked))
    return [id for id, draft in read.items() if not _is_same(draft, next(said), next(said))]


def _both(draft: Draft) -> tuple[str, str]:
    return draft.of.question, draft.question


def _asked(draft: Draft, question: str) -> Asked:
    record = draft.record
    text = "\n".join(record.evidence_text)
    document = next(iter(record.evidence_doc_ids), "")
    return Asked(question, record.language, [Chunk(record.id, document, text, 0, len(text), document)])


def _is_same(draft: Draft, before: Said, after: Said) -> bool:
    if before.declines and after.declines:
        return True  # it cannot tell, the rules have
    references = [draft.record.answers, () if before.declines else (before.text,)]
    kind, question = draft.record.answer_type, draft.record.question
    return any(
        known and correct(after.text, known, kind, question, after.declines) == 1.0 for known in references
    )


def _made(step: str, drafts: Mapping[str, Draft], material: Material, model: str) -> list[Example]:
    records = [
        replace(draft.record, id=id, question=draft.question, answers=draft.answers)
        for id, draft in drafts.items()
    ]
    return [
        replace(
            made,
            provenance=Provenance(
                documents=made.provenance.documents,
                steps=draft.of.provenance.steps,
                model=model,
                made_by=step,
                question=draft.of.question_id,
            ),
        )
        for made, draft in zip(material.make(records) if records else (), drafts.values(), strict=True)
    ]


def _id(step: str, draft: Draft) -> str:
    return f"{draft.of.question_id}+{step}{draft.number}"
