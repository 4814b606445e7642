"""Questions near the topic that the corpus does not answer: the refusal is learned. Knows no prompt.

A question counts as unanswered where the writer, shown the passages that are found for it, declines without
being leant to, and where no question of the domain that has an answer is in nearly the same words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

from assistant.writing import QUESTION, near_topic
from core.language import detect_question
from core.leaks import find_leaks
from core.questions import QuestionRecord
from finetune.factory.admission import LEAK, SAME, SAME_WORDING, is_own, near_test
from finetune.factory.calls import NOT_WRITTEN, Asked, answers, written
from finetune.factory.facts import LANGUAGE, NO_QUESTION
from finetune.factory.types import Dropped, Material
from finetune.types import Example, Provenance

ANSWERED = "the documents may answer it"
KNOWN = "near a question that has an answer"
_PASSAGES = 8
"""Passages that are read before a question counts as unanswered: twice those of an answer."""
_NEAR = 0.5
"""Jaccard index of shingles from which two questions may well ask for the same."""


def refuse(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples, and questions to be refused, at most `finetune.extra_share` times as many."""
    came = list(examples)
    seeds = _seeds(came, material)
    prompts = [near_topic(one.record.language, one.record.evidence_text) for one in seeds]
    texts = [said.get(QUESTION, "") for said in written(material, prompts)]
    asked = {f"{one.question_id}+refuse1": (one, text) for one, text in zip(seeds, texts, strict=True)}
    faults = {id: _fault(text, one.record) for id, (one, text) in asked.items()}
    _note_known({id: text for id, (_, text) in asked.items() if not faults[id]}, material, faults)
    left = {id: pair for id, pair in asked.items() if not faults[id]}
    faults.update({id: ANSWERED for id in _answered(left, material)})
    material.dropped.extend(Dropped("refuse", id, fault) for id, fault in faults.items() if fault)
    return [*came, *_made({id: pair for id, pair in left.items() if not faults[id]}, material)]


def _seeds(came: Sequence[Example], material: Material) -> list[Example]:
    """Return the examples whose evidence is asked about, drawn by the seed, no evidence twice."""
    quoted = {one.record.evidence_text: one for one in came if is_own(one) and one.record.evidence_text}
    wanted = min(round(material.settings.extra_share * len(came)), len(quoted))
    return Random(material.settings.seed).sample(list(quoted.values()), wanted)


def _fault(text: str, seed: QuestionRecord) -> str:
    if not text:
        return NOT_WRITTEN
    if not text.endswith(("?", "？")):
        return NO_QUESTION
    return "" if detect_question(text) == seed.language else LANGUAGE


def _note_known(texts: Mapping[str, str], material: Material, faults: dict[str, str]) -> None:
    """Note the questions that are near one of the domain, or one that was written before."""
    leaks = near_test(texts, material)
    answered = {one.id: one.in_full for one in material.questions if one.answers}
    near = {leak.train_id for leak in find_leaks(texts, answered, _NEAR)}
    before: dict[str, str] = {}
    for id, text in texts.items():
        if id in leaks:
            faults[id] = LEAK
        elif id in near:
            faults[id] = KNOWN
        elif find_leaks({id: text}, before, SAME_WORDING):
            faults[id] = SAME
        else:
            before[id] = text


def _answered(asked: Mapping[str, tuple[Example, str]], material: Material) -> list[str]:
    """Return the ids of the questions to which the passages that are found may have an answer."""
    read: dict[str, Asked] = {}
    for lang in sorted({one.record.language for one, _ in asked.values()}):
        texts = {id: text for id, (one, text) in asked.items() if one.record.language == lang}
        found = material.tools.passages.search_many(list(texts.values()), lang=lang, top_k=_PASSAGES)
        for (id, text), hits in zip(texts.items(), found, strict=True):
            read[id] = Asked(text, lang, [hit.chunk for hit in hits])
    said = answers(material, list(read.values()))
    return [id for id, one in zip(read, said, strict=True) if not one.declines]


def _made(asked: Mapping[str, tuple[Example, str]], material: Material) -> list[Example]:
    if not asked:
        return []
    records = [
        QuestionRecord(id, text, (), (), (), "unanswerable", "train", "", one.record.lang)
        for id, (one, text) in asked.items()
    ]
    writer = material.tools.writer.name
    return [
        replace(made, provenance=Provenance((), one.provenance.steps, writer, "refuse", one.question_id))
        for made, (one, _) in zip(material.make(records), asked.values(), strict=True)
    ]
