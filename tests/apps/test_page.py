"""Rules of the page, run in process with a scripted assistant behind the engine."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.page.engine import Engine
from core.domain import Domain, find_domain
from core.errors import AdapterError
from settings import PROJECT, Settings
from tests.apps.scripted import ScriptedAssistant

SAYS = {
    "rag": "250 euros",
    "long_context": "I don't know.",
    "fine_tuned": AdapterError("domain inn has no adapter; run: python -m finetune train --domain inn"),
    "closed_book": "Sometimes.",
}
EXAMPLE = "Is *breakfast* [free](http://x)?"


def script(engine: object, domains: object) -> None:  # run as source: only built-in names
    from apps.side_by_side import page

    page(engine, domains)


@pytest.fixture
def inn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Domain:
    """A domain folder with a test question in each language, its state in the same temporary folder."""
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "var"))
    rows = [
        {"id": "1", "question": EXAMPLE, "answers": ["yes"], "split": "test", "lang": "en"},
        {"id": "2", "question": "早餐免费吗？", "answers": ["是"], "split": "test", "lang": "zh"},
        {"id": "3", "question": "Never shown?", "answers": ["no"], "split": "train", "lang": "en"},
    ]
    folder = tmp_path / "inn"
    folder.mkdir()
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return find_domain(str(folder))


@pytest.fixture
def assistant() -> ScriptedAssistant:
    return ScriptedAssistant(SAYS)


@pytest.fixture
def open_page(inn: Domain, assistant: ScriptedAssistant) -> Callable[..., AppTest]:
    def open_it(linked: str = "") -> AppTest:
        kwargs = {"engine": Engine(lambda _: assistant), "domains": [inn, find_domain("legal")]}
        page = AppTest.from_function(script, default_timeout=60, kwargs=kwargs)
        page.query_params["domain"] = linked
        return page.run()

    return open_it


def html(page: AppTest) -> str:
    assert not page.exception
    return "".join(str(element.proto.body) for element in page.html)


def columns(page: AppTest) -> list[str]:
    return [part for part in html(page).split("<article")[1:]]


def test_the_shell_needs_no_assistant(inn: Domain) -> None:
    def refuse(_: Domain) -> ScriptedAssistant:
        raise AssertionError("opened")

    page = AppTest.from_function(
        script, default_timeout=60, kwargs={"engine": Engine(refuse), "domains": [inn]}
    ).run()
    assert page.chat_input[0].placeholder.startswith("Ask")
    assert columns(page) == []


@pytest.mark.parametrize("question", ["How much is it?", "赔偿多少钱？"])
def test_a_question_is_answered_in_every_column(
    open_page: Callable[..., AppTest], assistant: ScriptedAssistant, question: str
) -> None:
    page = open_page()
    page.chat_input[0].set_value(question).run()
    rag, long_context, fine_tuned = columns(page)
    assert {asked.text for asked in assistant.asked} == {question}
    assert "250 euros" in rag
    assert "0.25 s" in rag
    assert "<mark>" in rag
    assert "Refused" in long_context
    assert "python -m finetune train --domain inn" in fine_tuned


def test_the_visit_is_remembered_newest_first(open_page: Callable[..., AppTest]) -> None:
    page = open_page()
    page.chat_input[0].set_value("First?").run()
    page.chat_input[0].set_value("Second?").run()
    shown = html(page)
    assert shown.count("<article") == 6
    page.run()
    again = html(page)
    assert again.index("Second?") < again.index("First?")
    assert again.count("250 euros") >= 2
    assert "Waiting" not in again


def test_each_domain_has_its_own_visit(open_page: Callable[..., AppTest]) -> None:
    page = open_page()
    page.chat_input[0].set_value("First?").run()
    page.selectbox[0].set_value("legal").run()
    assert columns(page) == []


def test_an_address_can_name_the_domain(open_page: Callable[..., AppTest], inn: Domain) -> None:
    assert open_page().selectbox[0].value == inn.key
    assert open_page("legal").selectbox[0].value == "legal"


def test_only_the_chosen_strategies_answer(open_page: Callable[..., AppTest]) -> None:
    page = open_page()
    page.pills[0].set_value(["closed_book"]).run()
    page.chat_input[0].set_value("Well?").run()
    (only,) = columns(page)
    assert "Sometimes." in only


def test_without_a_strategy_there_is_nothing_to_ask(open_page: Callable[..., AppTest]) -> None:
    page = open_page()
    page.pills[0].set_value([]).run()
    assert page.chat_input[0].disabled


def test_examples_are_test_questions_in_both_languages_and_can_be_asked(
    open_page: Callable[..., AppTest], assistant: ScriptedAssistant
) -> None:
    page = open_page()
    labels = [button.label for button in page.button if "example" in str(button.key)]
    assert any("早餐免费吗？" in label for label in labels)
    assert not any("Never shown" in label for label in labels)
    assert r"\*breakfast\* \[free\]" in labels[0]  # labels are Markdown: this shows it as it is written
    page.button(key=next(button.key for button in page.button if "example" in str(button.key))).click().run()
    assert assistant.asked[0].text == EXAMPLE
    assert len(columns(page)) == 3


def test_an_uploaded_document_is_asked_about_in_the_same_visit(
    open_page: Callable[..., AppTest], assistant: ScriptedAssistant
) -> None:
    page = open_page()
    page.file_uploader[0].set_value([("pool <b>.txt", b"The pool opens at 7.", "text/plain")])
    submit(page)
    assert "<b>pool &lt;b&gt;</b> is in the knowledge base." in html(page)
    page.chat_input[0].set_value("When does the pool open?").run()
    assert "The pool opens at 7." in columns(page)[0]


def test_a_blank_question_is_refused(open_page: Callable[..., AppTest], assistant: ScriptedAssistant) -> None:
    page = open_page()
    page.chat_input[0].set_value("  \n ").run()
    assert "The question is empty; write one." in html(page)
    assert (assistant.asked, columns(page)) == ([], [])


def test_an_upload_that_is_also_in_the_folder_is_said_to_be(
    open_page: Callable[..., AppTest], inn: Domain
) -> None:
    (inn.folder / "documents").mkdir()
    (inn.folder / "documents" / "fares.md").write_text("Adults 10 euros")
    page = open_page()
    page.file_uploader[0].set_value([("fares.md", b"Adults 12 euros", "text/markdown")])
    submit(page)
    assert "fares.md is also in the folder of this domain" in html(page)


def test_a_bad_upload_is_one_line_and_the_good_one_beside_it_is_taken(
    open_page: Callable[..., AppTest], assistant: ScriptedAssistant
) -> None:
    page = open_page()
    files = [
        ("bad.pdf", b"%PDF-1.7 torn", "application/pdf"),
        ("good.md", b"# Good\n\nText.", "text/markdown"),
    ]
    page.file_uploader[0].set_value(files)
    submit(page)
    assert html(page).count('<p class="notice">bad.pdf') == 1
    assert [document.title for document in assistant.knowledge.documents][1:] == ["Good"]


def submit(page: AppTest) -> None:
    next(button for button in page.button if button.label == "Add to the knowledge base").click().run()


def test_without_a_report_the_page_says_how_to_make_it(
    open_page: Callable[..., AppTest], inn: Domain
) -> None:
    assert open_page().code[0].value == f"python -m evaluation.compare --domain {inn.folder}"


def test_the_last_report_is_shown(open_page: Callable[..., AppTest], inn: Domain) -> None:
    path = inn.settings().home / "runs" / inn.key / "report.html"
    path.parent.mkdir(parents=True)
    path.write_text("<h1>Report of the inn</h1>")
    page = open_page()
    assert not page.code
    assert "Report of the inn" in page.get("iframe")[0].proto.srcdoc


def test_the_server_is_shut_to_others_and_caps_uploads_as_the_settings_do() -> None:
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text())
    server = config["server"]
    assert server["address"] == "127.0.0.1"
    assert server["enableCORS"]
    assert server["enableXsrfProtection"]
    assert server["maxUploadSize"] == Settings.model_fields["max_file_mb"].default
    assert not config["browser"]["gatherUsageStats"]
