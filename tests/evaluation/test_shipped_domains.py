"""What the project ships passes its own guards: both domains, their updates, the general questions."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.domain import DATA, find_domain
from core.leaks import find_leaks
from evaluation.check_questions import find_faults, load_material
from ingest.files.reading import read_documents
from ingest.types import Document
from settings import PROJECT

DOMAINS = ("legal", "travel")
GENERAL = PROJECT / "finetune" / "comparison" / "general.jsonl"
KINDS = ("arithmetic", "format", "knowledge", "reading", "translation")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def documents(folder: Path) -> dict[str, Document]:
    return {item.id: item for item in read_documents(folder) if isinstance(item, Document)}


@pytest.mark.parametrize("name", DOMAINS)
def test_a_shipped_domain_is_without_fault(name: str) -> None:
    material, faults = load_material(find_domain(name))
    assert faults + find_faults(material, strict=True) == []
    suffixes = {path.suffix for path in (DATA / name / "documents").rglob("*.*")}
    assert suffixes == {".md", ".html", ".pdf", ".docx", ".csv", ".json", ".yaml"}


@pytest.mark.parametrize("name", DOMAINS)
def test_updates_change_the_answers_to_their_questions(name: str) -> None:
    domain, folder = find_domain(name), DATA / name / "updates"
    new, old = documents(folder / "documents"), documents(domain.documents)
    rows = lines(folder / "questions.jsonl")
    assert (len(new), len(rows)) == (8, 24)
    assert sum(key in old for key in new) >= 4
    asked = domain.questions(path=folder / "questions.jsonl")
    material, _ = load_material(domain)
    updated = replace(material, documents={**old, **new}, questions=asked, similarity={})
    assert find_faults(updated, strict=False) == []
    for row in rows:
        quotes = zip(row["evidence_doc_ids"], row["evidence_text"], strict=True)
        assert any(quote not in getattr(old.get(key), "text", "") for key, quote in quotes), row["id"]
        assert row["answers"] != row["answers_before"]


@pytest.mark.parametrize("name", DOMAINS)
def test_canaries_stand_in_one_document_only(name: str) -> None:
    folder = DATA / name / "updates"
    gone = documents(folder / "deleted")
    rows = lines(folder / "deleted.jsonl")
    assert {row["id"] for row in rows} == gone.keys()
    everything = {**documents(DATA / name / "documents"), **documents(folder / "documents"), **gone}
    for row in rows:
        assert [key for key, one in everything.items() if row["canary"] in one.text] == [row["id"]]


def test_the_general_questions_are_balanced_and_of_no_domain() -> None:
    rows = lines(GENERAL)
    counts = Counter((row["lang"], row["kind"]) for row in rows)
    assert counts == {(lang, kind): 8 for lang in ("en", "zh") for kind in KINDS}
    general = {one.id: one.question for one in find_domain("travel").questions(path=GENERAL)}
    for name in DOMAINS:
        asked = {one.id: one.question for one in find_domain(name).questions()}
        assert find_leaks(general, asked, limit=0.5) == []
