"""Retrieval alone: what is measured of each mode, and what is refused."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.domain import Domain
from core.errors import AssistantError
from evaluation.retrieval import DEPTH, MILLISECONDS, app, choose_modes, measure, rank
from evaluation.types import Reference
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.types import Document
from settings import load_settings
from tests.fakes import FakeEmbedder

DOCUMENTS = [
    Document("pets", "Pets", "Dogs and cats stay for free.", "en"),
    Document("pool", "Pool", "The pool opens at seven.", "en"),
    Document("chongwu", "宠物", "猫狗可以免费入住。", "zh"),
]
REFERENCES = [
    Reference("When does the pool open?", ("seven",), ("pool",), "short", "test", "1", "en"),
    Reference("Do dogs stay for free?", ("yes",), ("pets",), "yesno", "test", "2", "en"),
    Reference("猫狗可以免费入住吗？", ("可以",), ("chongwu",), "yesno", "test", "3", "zh"),
]


@pytest.fixture
def knowledge(tmp_path: Path) -> KnowledgeBase:
    settings = load_settings({"home": tmp_path, "threads": 1})
    base = open_knowledge_base(Domain("inn", tmp_path / "inn"), settings, FakeEmbedder())
    base.sync(DOCUMENTS)
    return base


def test_every_mode_has_its_measures_and_its_time(knowledge: KnowledgeBase) -> None:
    found = measure(knowledge, REFERENCES, ["bm25", "hybrid"], load_settings({"threads": 1}))
    assert list(found) == ["bm25", "hybrid"]
    for of in found.values():
        assert of["recall@1"]["value"] == of["mrr@10"]["value"] == 1
        assert of[MILLISECONDS]["n"] == 1
        assert of[MILLISECONDS]["value"] > 0


def test_questions_about_one_document_count_as_one(knowledge: KnowledgeBase) -> None:
    once = measure(knowledge, REFERENCES, ["bm25"], load_settings({"threads": 1}))
    twice = measure(knowledge, REFERENCES * 2, ["bm25"], load_settings({"threads": 1}))
    assert (once["bm25"]["recall@1"]["n"], twice["bm25"]["recall@1"]["n"]) == (3, 6)
    assert twice["bm25"]["recall@1"]["low"] == pytest.approx(once["bm25"]["recall@1"]["low"])


def test_too_few_questions_for_all_modes_have_no_time(knowledge: KnowledgeBase) -> None:
    found = measure(knowledge, REFERENCES[:1], ["bm25", "dense"], load_settings({"threads": 1}))
    assert found["dense"]["recall@1"]["n"] == 1
    assert found["dense"][MILLISECONDS] == {"value": None, "n": 0}


def test_all_documents_are_searched_and_those_that_answer_come_first(knowledge: KnowledgeBase) -> None:
    rankings = rank(knowledge, REFERENCES, "dense")
    assert [ranking[0] for ranking in rankings] == ["pool", "pets", "chongwu"]
    assert all(len(ranking) == 3 for ranking in rankings)
    assert max(map(len, rankings)) <= DEPTH


def test_modes_are_chosen_by_name() -> None:
    assert choose_modes("dense, bm25,dense,reranked") == ["dense", "bm25", "reranked"]
    assert choose_modes("") == ["bm25", "dense", "hybrid", "exact"]
    with pytest.raises(AssistantError, match="no retrieval mode 'magic': known are bm25, dense"):
        choose_modes("magic")


def test_reranking_without_a_reranker_is_refused_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "inn"
    folder.mkdir()
    question = {"id": "1", "question": "Pets?", "answers": ["yes"], "evidence_doc_ids": ["pets"]}
    (folder / "questions.jsonl").write_text(json.dumps(question), encoding="utf-8")
    result = CliRunner().invoke(app, ["--domain", str(folder), "--modes", "reranked"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "retrieval.reranker is empty; name a cross-encoder" in result.stderr


def test_tuning_writes_only_what_the_questions_are_sure_of(
    tmp_path: Path, tiny_embedder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one question nobody is sure of a weight; one that was set by hand goes back to equal."""
    for key, value in {"HOME": tmp_path / "var", "THREADS": 1, "EMBEDDER__MODEL": tiny_embedder}.items():
        monkeypatch.setenv(f"ASSISTANT_{key}", str(value))
    documents = tmp_path / "inn" / "documents"
    documents.mkdir(parents=True)
    for one in DOCUMENTS:
        (documents / f"{one.id}.md").write_text(f"# {one.title}\n\n{one.text}\n", encoding="utf-8")
    lines = [
        {"id": one.id, "question": one.question, "answers": [*one.answers], "split": "dev"}
        | {"evidence_doc_ids": [f"{one.evidence[0]}.md"]}
        for one in REFERENCES
    ]
    (tmp_path / "inn" / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    path = tmp_path / "inn" / "domain.toml"
    for before, after in (
        ("", ""),
        ("[retrieval]\ndense_weight = 0.9\n", "[retrieval]\ndense_weight = 0.5  # "),
    ):
        path.write_text(before, encoding="utf-8")
        result = CliRunner().invoke(app, ["--domain", str(tmp_path / "inn"), "--tune", "--json"])
        told = json.loads(result.stdout)
        assert (result.exit_code, told["n"], len(told["values"]), told["weight"]) == (0, 3, 11, 0.5)
        assert told["written"] == bool(before)
        assert path.read_text(encoding="utf-8").startswith(after)
