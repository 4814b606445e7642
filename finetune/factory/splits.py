"""What may be learned before a test that is to be of other facts, or of later documents. Knows no model.

Both go by the questions of the split `test`; what they leave is no longer comparable with a run without them,
since fewer facts are taught.
"""

from collections.abc import Iterable, Mapping, Sequence

from core.dates import Days, spanned
from core.errors import DomainError
from core.questions import QuestionRecord
from finetune.factory.types import Dropped, Material
from finetune.types import Example

LATER = "a document may be later than the oldest of the test"
TESTED = "a test question asks for the same fact"
UNDATED = "nobody knows the day of a document"


def split_by_fact(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples whose fact no test question asks for; what has no answer has no fact.

    Raises:
        DomainError: an example with an answer names no fact.
    """
    tested = {record.fact_id for record in material.test if record.fact_id}
    kept = []
    for one in examples:
        if one.record.answers and not one.record.fact_id:
            raise DomainError(
                f"question {one.question_id} names no fact; write its fact_id, or leave split_by_fact out"
            )
        if one.record.fact_id in tested:
            material.dropped.append(Dropped("split_by_fact", one.question_id, TESTED, one.record.fact_id))
        else:
            kept.append(one)
    return kept


def split_by_time(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples of which no document may be later than the oldest document of the test.

    Raises:
        DomainError: no document of the test has a date.
    """
    dates = material.tools.dates
    oldest = _oldest(material.test, dates)
    kept = []
    for one in examples:
        days = [spanned(dates.get(id, "")) for id in one.provenance.documents]
        reason = UNDATED if None in days else LATER if any(_may_be_later(day, oldest) for day in days) else ""
        if reason:
            material.dropped.append(Dropped("split_by_time", one.question_id, reason))
        else:
            kept.append(one)
    return kept


def _oldest(test: Sequence[QuestionRecord], dates: Mapping[str, str]) -> Days:
    known = [spanned(dates.get(id, "")) for record in test for id in record.evidence_doc_ids]
    found = [days for days in known if days]
    if not found:
        raise DomainError(
            "split_by_time: no document of a test question has a date; write as_of into its front matter, "
            "or leave the step out"
        )
    return min(found, key=lambda days: (days.last, days.first))


def _may_be_later(days: Days | None, oldest: Days) -> bool:
    return days is not None and (days.first > oldest.first or days.last > oldest.last)
