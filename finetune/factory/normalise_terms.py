"""One term for all its variants, by the domain's dictionary, in questions and replies. Knows no model.

The dictionary also turns what is searched for (`ingest.knowledge_base`); a question that is answered from
memory reaches the model as it was asked.
"""

from collections.abc import Iterable
from dataclasses import replace

from core.questions import QuestionRecord
from core.terms import Terms
from finetune.factory.admission import LEAK, near_test
from finetune.factory.types import Dropped, Material
from finetune.types import Example


def normalise_terms(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples in the words of `terms.csv`, without those that now give a test question away."""
    came = list(examples)
    if not material.terms:
        material.notes.append("normalise_terms changes nothing: the domain has no terms.csv")
        return came
    unified = {one.question_id: _unified(one.record, material.terms) for one in came}
    changed = [record for one in came if (record := unified[one.question_id]) != one.record]
    leaks = near_test({record.id: record.question for record in changed}, material)
    made = material.make(changed) if changed else ()
    anew = {record.id: example for record, example in zip(changed, made, strict=True)}
    kept = []
    for one in came:
        if leak := leaks.get(one.question_id):
            material.dropped.append(Dropped("normalise_terms", one.question_id, LEAK, leak.test_id))
        elif one.question_id in anew:
            kept.append(replace(anew[one.question_id], provenance=one.provenance))
        else:
            kept.append(one)
    return kept


def _unified(record: QuestionRecord, terms: Terms) -> QuestionRecord:
    lang = record.language
    return replace(
        record,
        question=terms.unified(record.question, lang),
        answers=tuple(terms.unified(answer, lang) for answer in record.answers),
    )
