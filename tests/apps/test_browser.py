"""The page in a real browser: with the real small model, and with content that attacks it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.screenshot import DOMAIN, PHONE, QUESTIONS, ask, browse, chromium, photograph, serve
from settings import PROJECT

SMALL = "qwen2.5-coder-0.5b-instruct"
MODELS = PROJECT / "var" / "models"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium(), reason="no Chromium on this machine; install the package chromium"),
]


def errors_of(page: Any) -> list[str]:
    """Load the page anew and return the list that every error of its console is added to."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.reload()
    page.get_by_test_id("stChatInputTextArea").wait_for()
    return errors


@pytest.fixture(scope="module")
def hostile() -> Iterator[str]:
    with serve(Path(__file__).with_name("hostile_page.py")) as url:
        yield url


def test_nothing_that_documents_or_models_say_runs_or_loads(hostile: str) -> None:
    with browse(hostile) as page:
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        ask(page, "<img src=x onerror='window.pwned=1'>", columns=3)
        for drawer in page.locator(".passage summary").all():
            drawer.click()
        assert page.evaluate("window.pwned") is None
        assert page.locator(".answer :is(a, img, script, svg, iframe)").count() == 0
        assert page.locator(".answer .text").first.inner_text().startswith("<script>")
        assert not [url for url in requests if "evil" in url]


def test_stop_ends_the_answers_and_the_page_can_be_asked_again(hostile: str) -> None:
    with browse(hostile) as page:
        page.get_by_test_id("stChatInputTextArea").fill("stop me")
        page.keyboard.press("Enter")
        page.locator(".answer.answering").wait_for()
        page.get_by_role("button", name="Stop").click()
        page.locator(".answer.stopped").nth(2).wait_for()
        assert "and on" in page.locator(".answer").first.inner_text()
        ask(page, "Again?", columns=3)
        assert page.locator(".answer.done").count() == 3


@pytest.mark.models
@pytest.mark.skipif(not (MODELS / SMALL).is_dir(), reason=f"{MODELS / SMALL} is missing; run: make test")
@pytest.mark.timeout(1800)
def test_two_languages_are_answered_with_evidence_and_figures(tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(MODELS)
    environment = {
        "ASSISTANT_HOME": str(tmp_path),
        "ASSISTANT_GENERATOR__MODEL": SMALL,
        "ASSISTANT_LONG_CONTEXT__MAX_TOKENS": "2048",
    }
    with serve(environment=environment) as url, browse(f"{url}?domain={DOMAIN}") as page:
        errors = errors_of(page)
        page.locator(".st-key-strategies").get_by_text(
            "Fine-tuned", exact=True
        ).click()  # no adapter for this base
        page.locator(".st-key-strategies").get_by_text("Closed book").click()
        for question in QUESTIONS:
            ask(page, question, columns=3, seconds=900)
            answers = page.locator("article.answer")
            for number, name in enumerate(("Retrieval", "Long context", "Closed book")):
                _check(answers.nth(number).inner_text(), name, evidence=name != "Closed book")
        assert page.locator(".answer.done").count() == 6
        assert page.locator(".answer mark").count() > 0
        photograph(page, tmp_path / "page.png")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert errors == []
    assert (tmp_path / "page.png").stat().st_size > 20_000


def _check(column: str, name: str, evidence: bool) -> None:
    """See that a column shows an answer, both times, tokens and, where it read any, its evidence."""
    assert column.startswith(name)
    assert re.search(r"(Done|Refused)", column)
    assert re.search(r"First token\s+[\d.]+ s\s+Total\s+[\d.]+ s\s+Prompt\s+[\d,]+", column)
    assert bool(re.search(r"Evidence \d+ (passage|document)", column)) == evidence
