"""Rules of the tab Review, run in process; the browser test has its keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.domain import find_domain
from core.questions import amend_questions
from evaluation.review import open_review
from tests.evaluation.review.drafts import CHINESE, Desk, draft

Open = Callable[..., AppTest]


def script(folder: str) -> None:  # run as source: only built-in names
    import streamlit as st

    from apps.page.review import review
    from core.domain import find_domain

    with st.container():
        review(find_domain(folder))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "var"))
    desk = Desk(tmp_path, draft("q1"), draft("q2"), CHINESE)
    desk.review = open_review(find_domain(str(desk.folder)))
    return desk


@pytest.fixture
def open_tab(desk: Desk) -> Open:
    def open_it(who: str = "ann") -> AppTest:
        tab = AppTest.from_function(script, default_timeout=60, kwargs={"folder": str(desk.folder)}).run()
        if who:
            tab.text_input[0].set_value(who)
            button(tab, "Begin").click().run()
        return tab

    return open_it


def html(tab: AppTest) -> str:
    assert not tab.exception
    return "".join(str(element.proto.body) for element in tab.html)


def button(tab: AppTest, label: str) -> Any:
    return next(one for one in tab.button if one.label == label)


def press(tab: AppTest, label: str) -> str:
    button(tab, label).click().run()
    return html(tab)


def show(tab: AppTest, name: str) -> str:
    tab.segmented_control[0].set_value(name).run()
    return html(tab)


def test_without_drafts_it_says_how_to_make_some(desk: Desk, open_tab: Open) -> None:
    desk.questions.unlink()
    assert f"python -m evaluation.draft --domain {desk.folder}" in html(open_tab(who=""))


def test_who_reviews_is_asked_first(open_tab: Open) -> None:
    tab = open_tab(who="")
    assert "3 drafted questions, 3 of them to be reviewed" in html(tab)
    assert "<article" not in html(tab)
    assert "a reviewer&#x27;s name has 1 to 60 characters" in press(tab, "Begin")


def test_the_keys_are_told_on_the_buttons(open_tab: Open) -> None:
    keys = {one.label: one.proto.shortcut for one in open_tab().button if one.proto.shortcut}
    assert keys == {"Accept": "a", "Edit": "e", "Reject": "x", "Undo": "u", "Back": "b", "Next": "n"}


def test_one_follows_the_other_and_the_first_the_last(open_tab: Open) -> None:
    tab = open_tab()
    assert "a bag cost, q1?" in html(tab)
    assert "a bag cost, q2?" in press(tab, "Next")
    assert "多久之内" in press(tab, "Next")
    assert "a bag cost, q1?" in press(tab, "Next")
    assert "多久之内" in press(tab, "Back")
    assert "a bag cost, q1?" in press(tab, "Accept")


def test_what_is_shown_can_be_chosen(desk: Desk, open_tab: Open) -> None:
    desk.accept("q1", "bob")
    desk.reject("q2", "bob")
    tab = open_tab()
    assert "a bag cost, q1?" in html(tab)
    assert "bob" not in html(tab)  # ann has yet to decide
    assert "多久之内" in show(tab, "New to all")
    assert "No draft is left here." in show(tab, "Disputed")
    show(tab, "All")
    assert "a bag cost, q2?" in press(tab, "Back")  # what was taken out comes last
    press(tab, "Accept")
    disputed = show(tab, "Disputed")
    assert "ann accepted" in disputed
    assert "bob rejected" in disputed


def test_an_edit_that_cannot_be_is_told_and_what_was_typed_stays(desk: Desk, open_tab: Open) -> None:
    tab = open_tab()
    press(tab, "Edit")
    assert "nothing is changed" in press(tab, "Save")
    tab.text_area[1].set_value("")
    assert "set the type to unanswerable" in press(tab, "Save")
    assert tab.text_area[1].value == ""
    tab.selectbox[0].set_value("unanswerable")
    assert "a bag cost, q2?" in press(tab, "Save")
    unanswerable = draft("q1", answers=[], answer_type="unanswerable", reviewed=True)
    assert desk.row("q1") == unanswerable


def test_a_quote_that_is_emptied_goes_with_its_document(desk: Desk, open_tab: Open) -> None:
    quotes = ["A bag costs 30 euros.", "退货期限为七日。"]
    amend_questions(desk.questions, {"q1": {"evidence_doc_ids": ["fees", "limits"], "evidence_text": quotes}})
    tab = open_tab()
    press(tab, "Edit")
    tab.text_area[3].set_value(" ")
    press(tab, "Save")
    assert desk.row("q1") == draft("q1", reviewed=True)


def test_cancel_changes_nothing(desk: Desk, open_tab: Open) -> None:
    tab = open_tab()
    press(tab, "Edit")
    tab.text_area[0].set_value("What?")
    press(tab, "Cancel")
    assert desk.row("q1") == draft("q1")
    assert not tab.text_area


def test_a_draft_that_changed_meanwhile_is_looked_at_again(desk: Desk, open_tab: Open) -> None:
    tab = open_tab()
    amend_questions(desk.questions, {"q1": {"question": "A bag, how much?"}})
    told = press(tab, "Accept")
    assert "q1 has changed since it was seen" in told
    assert "A bag, how much?" in told


def test_what_is_broken_is_one_line(desk: Desk, open_tab: Open) -> None:
    desk.accept("q1")
    journal = next((desk.folder.parent / "var" / "reviews").glob("*.jsonl"))
    journal.write_text("{}\n")
    assert "line 1" in html(open_tab(who=""))


def test_there_may_be_nothing_to_undo(open_tab: Open) -> None:
    assert "ann has no decision that could be taken back" in press(open_tab(), "Undo")
