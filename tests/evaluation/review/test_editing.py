"""What an edit may say: quotes that stand in their documents, answers that go with the type."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.domain import find_domain
from core.questions import from_row
from evaluation.review import ReviewError, changes, evidence_stamp, fields_of, read_evidence
from ingest.knowledge_base import open_knowledge_base
from ingest.types import Document
from tests.evaluation.review.drafts import CHINESE, Desk, draft
from tests.fakes import FakeEmbedder

KNOWN = {
    "fees": Document("fees", "Fees", "A bag costs 30 euros.\nA bike costs\n45 euros.", "en"),
    "limits": Document("limits", "退货规则", "退货期限为七日。退款应当在十五日内支付。", "zh"),
}
BAG = from_row(draft("q1"))
GOODS = from_row(CHINESE)


def made(record: Any = BAG, **wanted: Any) -> dict[str, Any]:
    return changes(record, replace(fields_of(record), **wanted), KNOWN)


@pytest.mark.parametrize(
    ("wanted", "changed"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"question": " What does a bag cost,  q1?\n"}, {}, id="blanks alone are no change"),
        pytest.param({"question": "包多少钱？"}, {"question": "包多少钱？", "lang": "zh"}, id="language"),
        pytest.param({"answers": ("31 euros", " ")}, {"answers": ["31 euros"]}, id="answers"),
        pytest.param({"split": "train"}, {"split": "train"}, id="split"),
        pytest.param(
            {"answers": (), "type": "unanswerable"},
            {"answers": [], "answer_type": "unanswerable"},
            id="unanswerable, when the type says so",
        ),
        pytest.param(
            {"quotes": ("A bike costs 45 euros.",)},
            {"evidence_doc_ids": ["fees"], "evidence_text": ["A bike costs\n45 euros."]},
            id="a quote in the words of its document",
        ),
        pytest.param(
            {"quotes": ("退货期限为七日。",), "documents": ("limits",)},
            {"evidence_doc_ids": ["limits"], "evidence_text": ["退货期限为七日。"]},
            id="another document",
        ),
        pytest.param(
            {"quotes": ("A bag costs 30 euros.", "45 euros"), "documents": ("fees", "fees")},
            {"evidence_doc_ids": ["fees", "fees"], "evidence_text": ["A bag costs 30 euros.", "45 euros"]},
            id="one quote more",
        ),
    ],
)
def test_only_what_differs_changes(wanted: dict[str, Any], changed: dict[str, Any]) -> None:
    assert made(**wanted) == changed


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        pytest.param({"question": " "}, "the question is empty", id="no question"),
        pytest.param({"answers": ()}, "set the type to unanswerable", id="no answer"),
        pytest.param({"type": "unanswerable"}, "an unanswerable question has no answer", id="an answer"),
        pytest.param({"type": "riddle"}, "answer_type 'riddle' is none of short, yesno", id="type"),
        pytest.param({"split": "exam"}, "split 'exam' is none of train, dev, test", id="split"),
        pytest.param(
            {"quotes": ("A bag costs 31 euros.",)}, "fees does not say 'A bag costs 31 euros.'", id="quote"
        ),
        pytest.param({"quotes": (" ",)}, "the quote from 'fees' is empty", id="empty quote"),
        pytest.param({"quotes": (), "documents": ()}, "an answer needs a quote", id="no quote"),
        pytest.param({"documents": ("gone",)}, "there is no document 'gone'", id="document"),
        pytest.param({"documents": ()}, "each quote has one document", id="a quote of nothing"),
    ],
)
def test_what_cannot_be_is_said(wanted: dict[str, Any], reason: str) -> None:
    with pytest.raises(ReviewError, match=reason):
        made(**wanted)


def test_a_quote_that_stays_is_not_looked_up() -> None:
    record = replace(GOODS, evidence_doc_ids=("gone",))
    assert made(record, split="dev") == {"split": "dev"}


def test_evidence_is_read_from_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "var"))
    found = read_evidence(find_domain(str(Desk(tmp_path).folder)), {"limits", "gone"})
    assert {id: one.title for id, one in found.items()} == {"limits": "退货规则"}
    (tmp_path / "bare").mkdir()
    assert read_evidence(find_domain(str(tmp_path / "bare")), {"limits"}) == {}
    assert not (tmp_path / "var").exists()


def test_what_is_not_in_the_folder_is_read_from_the_knowledge_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "var"))
    domain = find_domain(str(Desk(tmp_path).folder))
    knowledge = open_knowledge_base(domain, domain.settings(), FakeEmbedder())
    upload = Document("uploads/pool.txt", "Pool", "The pool opens at 7.", "en")
    stale = Document("fees", "Fees", "A bag costs 10 euros.", "en")
    knowledge.sync([upload, stale], within=())
    found = read_evidence(domain, {"uploads/pool.txt", "fees", "gone"})
    assert found["uploads/pool.txt"].text == "The pool opens at 7."
    assert "30 euros" in found["fees"].text
    assert "gone" not in found


def test_a_file_that_changes_changes_the_stamp(tmp_path: Path) -> None:
    domain = find_domain(str(Desk(tmp_path).folder))
    before = evidence_stamp(domain)
    assert evidence_stamp(domain) == before
    (domain.documents / "fees.md").write_text("A bag costs 31 euros.")
    assert evidence_stamp(domain) != before
