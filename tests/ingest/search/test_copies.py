"""Copies of one text count once in what is found, and all of them count as found."""

from pathlib import Path

import pytest

from core.domain import Domain
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.types import Document
from settings import load_settings
from tests.fakes import FakeEmbedder

MODES = ["hybrid", "dense", "bm25", "exact"]
TEXTS = {
    "en": ("Refunds of harbour tours take fourteen days.", "Refunds of kayak tours take thirty days."),
    "zh": ("港口游的退款需要十四天。", "皮划艇游的退款需要三十天。"),
}


def base(folder: Path, documents: list[Document], **retrieval: object) -> KnowledgeBase:
    settings = load_settings({"home": folder, "threads": 1, "retrieval": retrieval})
    knowledge = open_knowledge_base(Domain("tours", folder / "tours"), settings, FakeEmbedder())
    knowledge.sync(documents)
    return knowledge


def copies(lang: str, count: int) -> list[Document]:
    """`count` copies with titles and marks of their own, and one other document."""
    text, other = TEXTS[lang]
    forms = ("{}", "{}\n", "## {}", "  {}")
    found = [Document(f"copy{n}", f"Copy {n}", forms[n % 4].format(text).strip(), lang) for n in range(count)]
    return [*found, Document("other", "Other", other, lang)]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [5, 300])
def test_copies_do_not_fill_the_list(tmp_path: Path, mode: str, count: int, lang: str) -> None:
    knowledge = base(tmp_path, copies(lang, count))
    query = "How long do refunds of harbour tours take?" if lang == "en" else "港口游的退款需要几天"
    hits = knowledge.search(query, lang, 2, mode)
    assert len(hits) == 2
    assert {hit.chunk.document_id for hit in hits} >= {"other"}
    if count == 5:
        assert {id for hit in hits for id in hit.documents} == {"other", *(f"copy{n}" for n in range(count))}


def test_a_query_that_meets_no_copies_is_answered_as_if_alone(tmp_path: Path) -> None:
    """Among several queries only those whose lists are full of copies are looked at again."""
    rest = [Document(f"d{n}", "Trams", f"Tram {n} runs to stop {n * 7}.", "en") for n in range(30)]
    knowledge = base(tmp_path, [*copies("en", 40), *rest])
    queries = ["refunds of harbour tours", "tram to stop 49"]
    together = knowledge.search_many(queries, "en", 3)
    assert together == [knowledge.search(query, "en", 3) for query in queries]


@pytest.mark.parametrize(
    "other", ["Refunds take 10 days.", "Refunds take 1.0 days.", "refunds take 14 days."]
)
def test_what_differs_in_a_figure_or_a_letter_is_no_copy(tmp_path: Path, other: str) -> None:
    documents = [Document("a", "A", "Refunds take 14 days.", "en"), Document("b", "B", other, "en")]
    assert len(base(tmp_path, documents).search("refunds", "en", 2, "bm25")) == 2
