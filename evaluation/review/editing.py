"""What a reviewer may change of a draft, and what must hold of it then. Knows nothing of files or forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.language import detect_question
from core.questions import QuestionRecord
from core.quotes import spot, squeezed
from evaluation.check_questions import SPLITS, TYPES
from evaluation.review.types import ReviewError
from ingest.types import Document

UNANSWERABLE = "unanswerable"
_SHOWN = 60  # characters of a quote in an error


@dataclass(frozen=True, slots=True)
class Fields:
    """What can be changed; each of the `quotes` stands in the document at its place in `documents`."""

    question: str
    answers: tuple[str, ...]
    quotes: tuple[str, ...]
    documents: tuple[str, ...]
    type: str
    split: str


def fields_of(record: QuestionRecord) -> Fields:
    """Return what can be changed of a question, as it is."""
    return Fields(
        question=record.question,
        answers=record.answers,
        quotes=record.evidence_text,
        documents=record.evidence_doc_ids,
        type=record.answer_type,
        split=record.split,
    )


def changes(record: QuestionRecord, wanted: Fields, known: Mapping[str, Document]) -> dict[str, Any]:
    """Return the keys of a question that change, with what they change to; blanks alone are no change.

    `known` are documents by id: new quotes must stand there.

    Raises:
        ReviewError: the question would be empty, have a type or split that there is not, answers although it
            has none by its type, or the reverse, or a quote that its document does not say.
    """
    changed: dict[str, Any] = {}
    if squeezed(wanted.question) != squeezed(record.question):
        if not wanted.question.strip():
            raise ReviewError("the question is empty; reject it instead")
        question = wanted.question.strip()
        changed |= {"question": question, "lang": detect_question(question)}
    answers = [one.strip() for one in wanted.answers if one.strip()]
    if list(map(squeezed, answers)) != list(map(squeezed, record.answers)):
        changed["answers"] = answers
    changed |= _evidence(record, wanted, known)
    changed |= _label("answer_type", wanted.type, record.answer_type, TYPES)
    changed |= _label("split", wanted.split, record.split, SPLITS)
    if changed:
        _check_answers(answers, changed.get("evidence_text", record.evidence_text), wanted.type)
    return changed


def _label(key: str, wanted: str, now: str, known: tuple[str, ...]) -> dict[str, str]:
    if wanted == now:
        return {}
    if wanted not in known:
        raise ReviewError(f"{key} {wanted!r} is none of {', '.join(known)}")
    return {key: wanted}


def _check_answers(answers: object, quotes: object, type_: str) -> None:
    if type_ == UNANSWERABLE and answers:
        raise ReviewError("an unanswerable question has no answer; empty the answers or choose another type")
    if type_ != UNANSWERABLE and not answers:
        raise ReviewError("there is no answer; give one, or set the type to unanswerable if none is right")
    if answers and not quotes:
        raise ReviewError("an answer needs a quote that it follows from; give one")


def _evidence(record: QuestionRecord, wanted: Fields, known: Mapping[str, Document]) -> dict[str, Any]:
    """Return the quotes and their documents if they change, each quote in the words of its document."""
    if len(wanted.documents) != len(wanted.quotes):
        raise ReviewError("each quote has one document; name as many documents as there are quotes")
    before = list(zip(record.evidence_doc_ids, map(squeezed, record.evidence_text), strict=False))
    pairs = [pair for pair in zip(wanted.documents, wanted.quotes, strict=True) if any(map(str.strip, pair))]
    if [(id, squeezed(quote)) for id, quote in pairs] == before:
        return {}
    kept = dict(zip(before, record.evidence_text, strict=False))
    texts = [kept.get((id, squeezed(quote))) or _said(id, quote, known) for id, quote in pairs]
    return {"evidence_doc_ids": [id for id, _ in pairs], "evidence_text": texts}


def _said(id: str, quote: str, known: Mapping[str, Document]) -> str:
    """Return the passage of a document that a quote repeats; blanks may differ."""
    shown = " ".join(quote.split())
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    if not quote.strip():
        raise ReviewError(f"the quote from {id!r} is empty; take its document out as well")
    if id not in known:
        raise ReviewError(f"there is no document {id!r}, so nobody can tell whether it says {shown!r}")
    text = known[id].text
    place = spot(quote, text)
    if place is None:
        raise ReviewError(f"{id} does not say {shown!r}; copy the words from the document")
    return quote.strip() if quote.strip() in text else text[slice(*place)]
