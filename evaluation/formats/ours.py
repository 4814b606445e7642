"""`questions.jsonl`, the project's own. Keys that nobody here knows are left out."""

from collections.abc import Iterator
from dataclasses import fields, replace

from core.questions import QuestionRecord, as_row, from_row
from evaluation.formats.said import identity
from evaluation.formats.types import Format, Values

_KNOWN = {field.name for field in fields(QuestionRecord)}
_LISTS = ("answers", "evidence_doc_ids", "evidence_text")


def fits(values: Values) -> bool:
    """Say whether there is a question with lists that only we have; a table has texts."""
    return "question" in values and any(isinstance(values.get(key), list) for key in _LISTS)


def read(values: Values) -> QuestionRecord:
    """Return the question as it is; one without an id gets the digest of its words."""
    if not isinstance(values.get("question"), str):
        raise ValueError("key 'question' is missing, or no text")
    try:
        record = from_row({**values, "id": values.get("id") or "-"})
    except (KeyError, TypeError) as error:
        raise ValueError(f"key {error} is missing" if isinstance(error, KeyError) else error) from error
    given = record.id if values.get("id") else identity(record.question, record.turns)
    return replace(record, id=given, split=str(values.get("split") or ""))


def leaves(values: Values) -> Iterator[str]:
    """Yield the keys that nobody here knows."""
    yield from (f"key {key}" for key in sorted(values.keys() - _KNOWN))


KEEPS = frozenset({"answers", "evidence", "documents", "turns", "facts", "drafting"})
OURS = Format(fits, read, as_row, (".jsonl",), KEEPS, leaves)
