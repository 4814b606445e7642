"""A draft as HTML: amid its document, and never more than text."""

from pathlib import Path
from typing import Any

import pytest

from apps.page.draft import card
from evaluation.review import Draft
from ingest.types import Document
from tests.evaluation.review.drafts import CHINESE, Desk, draft

LONG = " ".join(f"Sentence {n} says little." for n in range(2000))
FEES = Document("fees", "Fees & more", f"{LONG}\n\nA bag costs  30\neuros. {LONG}", "en")
KNOWN = {"fees": FEES, "limits": Document("limits", "退货规则", "退货期限为七日。", "zh")}


def shown(tmp_path: Path, row: dict[str, Any]) -> str:
    (one,) = Desk(tmp_path, row).review.drafts()
    return card(one, KNOWN)


def test_a_quote_is_marked_within_whole_sentences(tmp_path: Path) -> None:
    said = shown(tmp_path, draft("q1"))
    near, far = said.split("More of the document")
    assert "<mark>A bag costs  30\neuros.</mark> Sentence 0 says little." in near
    assert "Fees &amp; more" in near
    assert 'lang="en">… Sentence' in near
    assert near.count("Sentence") < 40 < far.count("Sentence") < 500


def test_a_short_document_is_shown_whole(tmp_path: Path) -> None:
    said = shown(tmp_path, CHINESE)
    assert "<p class='words' lang=\"zh-Hans\"><mark>退货期限为七日。</mark></p>" in said
    assert "More of" not in said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"evidence_doc_ids": ["<b>"]}, "The document &lt;b&gt; is not there", id="no document"),
        pytest.param({"evidence_text": ["A bag is free."]}, "does not say this", id="no such quote"),
        pytest.param({"answers": []}, "None: the documents do not say it.", id="no answer"),
        pytest.param({"question": "x" * 5000}, "… (2,000 characters more)", id="endless"),
    ],
)
def test_what_is_odd_is_said(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    assert told in shown(tmp_path, draft("q1", **change))


@pytest.mark.parametrize(
    "key", ["question", "answers", "evidence_text", "evidence_doc_ids", "answer_type", "split", "model"]
)
def test_everything_is_only_text(tmp_path: Path, key: str) -> None:
    attack = "<img src=x onerror='alert(1)'>\"'><script>"
    is_list = key in ("answers", "evidence_text", "evidence_doc_ids")
    said = shown(tmp_path, draft("q1", **{key: [attack] if is_list else attack}))
    assert "<img" not in said
    assert "<script" not in said
    assert "onerror=&#x27;alert" in said


def test_a_name_is_only_text(tmp_path: Path) -> None:
    desk = Desk(tmp_path, draft("q1"))
    desk.accept("q1", "<b>")
    one: Draft = desk.draft("q1")
    assert "&lt;b&gt; accepted" in card(one, KNOWN, ["<b>", "nobody"])
    assert "accepted" not in card(one, KNOWN)
