"""How well answers are cited: right and wrong answers to the shipped test questions, their passages given."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from assistant.citations import cite
from core.domain import find_domain
from core.language import words
from core.questions import QuestionRecord
from evaluation.check_questions import load_material
from ingest.chunking import split
from ingest.types import Hit

SHIFT = 31
"""The wrong answer is that to the question so many places on."""


@dataclass
class Counts:
    """Of right answers: how many, how many cite, citations, right ones. Of wrong answers: how many, cite."""

    right: int = 0
    found: int = 0
    citations: int = 0
    evidence: int = 0
    wrong: int = 0
    wrongly: int = 0


def is_evidence(quote: str, record: QuestionRecord) -> bool:
    """Whether most words of the quote or of a piece of evidence stand in the other."""
    told = set(words(quote))
    pieces = [set(words(text)) for text in record.evidence_text]
    return any(len(told & piece) >= 0.7 * min(len(told), len(piece)) for piece in pieces)


def asked(name: str, lang: str) -> list[tuple[QuestionRecord, list[Hit]]]:
    """Return the answerable test questions, each with the chunks of its documents and of three others."""
    domain = find_domain(name)
    material, _ = load_material(domain)
    chunks = {key: split(document, 200, 40) for key, document in material.documents.items()}
    others = [key for key in chunks if material.documents[key].lang == lang]
    found = []
    for number, record in enumerate(one for one in domain.questions("test", lang) if one.answers):
        more = [others[(number + step) % len(others)] for step in range(3)]
        keys = dict.fromkeys([*more, *record.evidence_doc_ids])
        found.append((record, [Hit(chunk, 1.0) for key in keys for chunk in chunks[key]]))
    return found


def count(questions: Sequence[tuple[QuestionRecord, list[Hit]]], counts: Counts) -> None:
    for number, (record, contexts) in enumerate(questions):
        citations = cite(record.question, record.answers[0], contexts)
        supported = [is_evidence(one.quote, record) for one in citations]
        counts.right += 1
        counts.found += any(supported)
        counts.citations += len(citations)
        counts.evidence += sum(supported)
        other, _ = questions[(number + SHIFT) % len(questions)]
        if other.fact_id != record.fact_id and not set(other.answers) & set(record.answers):
            counts.wrong += 1
            counts.wrongly += bool(cite(record.question, other.answers[0], contexts))


def test_what_is_cited_is_the_evidence() -> None:
    """Whole documents are the passages, those of other questions among them; a bare yes or no is left out."""
    counts = Counts()
    for name, lang in product(("travel", "legal"), ("en", "zh")):
        count([one for one in asked(name, lang) if one[0].answer_type != "yesno"], counts)
    print(counts)
    assert counts.right >= 220
    assert counts.evidence >= 0.85 * counts.citations
    assert counts.found >= 0.8 * counts.right
    assert counts.wrongly <= 0.22 * counts.wrong
