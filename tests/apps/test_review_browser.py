"""The tab Review in a real browser: by keyboard, by form, and with drafts that attack it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apps.screenshot import PHONE, browse, chromium, serve
from tests.apps.hostile_page import ATTACK
from tests.evaluation.review.drafts import CHINESE, MINE, Desk, draft, write

PAGE = Path(__file__).with_name("review_page.py")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium(), reason="no Chromium on this machine; install the package chromium"),
]


@contextmanager
def reviewing(desk: Desk, who: str = "Ann") -> Iterator[Any]:
    """Open the tab as a reviewer; whatever asks for an assistant, and so for a model, fails."""
    environment = {"REVIEW_DOMAIN": str(desk.folder), "ASSISTANT_HOME": str(desk.folder.parent / "var")}
    with serve(PAGE, environment) as url, browse(url) as page:
        open_tab(page, who)
        yield page


def open_tab(page: Any, who: str) -> None:
    page.get_by_role("tab", name="Review").click()
    page.get_by_label("Reviewer").fill(who)
    page.keyboard.press("Enter")
    page.locator(".draft").wait_for()


def press(page: Any, key: str, shown: str) -> None:
    """Press a key and wait for the draft whose question begins with `shown`."""
    page.keyboard.press(key)
    page.locator(".draft .question", has_text=shown).wait_for()


def wait_for(condition: Callable[[], bool], page: Any) -> None:
    for _ in range(100):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("nothing happened")


def test_accepted_edited_rejected_and_taken_back_by_keyboard(tmp_path: Path) -> None:
    desk = Desk(tmp_path, MINE, draft("q1"), CHINESE, draft("q3"))
    with reviewing(desk) as page:
        assert page.get_by_text("0 of 3 reviewed").is_visible()
        press(page, "a", "多久之内可以退货")
        assert desk.rows() == [MINE, draft("q1", reviewed=True), CHINESE, draft("q3")]
        assert page.locator(".draft mark").inner_text() == "退货期限为七日。"

        page.keyboard.press("e")
        page.get_by_label("Answers, one a line").fill("七日\n一周")
        page.get_by_label("Quote 1").fill("退货期限为八日。")
        page.keyboard.press("Control+Enter")
        page.get_by_text("limits does not say '退货期限为八日。'").wait_for()
        assert desk.row("zh1") == CHINESE
        page.get_by_label("Quote 1").fill("退货期限为七日。退款应当在十五日内支付。")
        press(page, "Control+Enter", "What does a bag cost, q3?")
        quote = ["退货期限为七日。退款应当在十五日内支付。"]
        edited = {**CHINESE, "answers": ["七日", "一周"], "evidence_text": quote, "reviewed": True}
        assert desk.row("zh1") == edited

        page.keyboard.press("x")
        page.get_by_text("No draft is left here.").wait_for()
        assert page.get_by_text("3 of 3 reviewed").is_visible()
        assert desk.row("q3") is None
        press(page, "u", "What does a bag cost, q3?")
        assert desk.row("q3") == draft("q3")
        press(page, "u", "多久之内可以退货")
        assert desk.row("zh1") == CHINESE
        assert page.get_by_text("1 of 3 reviewed").is_visible()


def test_no_key_reaches_a_draft_that_is_not_looked_at(tmp_path: Path) -> None:
    desk = Desk(tmp_path, *(draft(f"q{n}") for n in range(9)))
    before = desk.rows()
    with reviewing(desk) as page:
        page.get_by_role("tab", name="Ask").click()
        for key in ("a", "x", "e", "u", "n"):
            page.keyboard.press(key)
        page.get_by_test_id("stChatInputTextArea").press_sequentially("aaxx")
        page.wait_for_timeout(1500)
        assert desk.rows() == before
        page.get_by_role("tab", name="Review").click()
        page.locator(".draft").click()
        for _ in range(8):
            page.keyboard.down("a")  # held down: it repeats, while the next draft is drawn
            page.wait_for_timeout(300)
        page.keyboard.up("a")
        page.wait_for_timeout(1500)
        assert [row["reviewed"] for row in desk.rows()] == [True, *[False] * 8]


def test_two_reviewers_see_each_other_where_they_differ(tmp_path: Path) -> None:
    desk = Desk(tmp_path, draft("q1"), draft("q2"))
    with reviewing(desk) as page:
        press(page, "a", "What does a bag cost, q2?")
        page.get_by_role("button", name="Change").click()
        page.get_by_label("Reviewer").fill("Bob <b>")
        page.keyboard.press("Enter")
        page.locator(".draft .question", has_text="q1").wait_for()
        assert page.locator(".draft .voice").count() == 0  # nothing sways who has not decided
        press(page, "x", "What does a bag cost, q2?")
        page.get_by_role("radio", name="Disputed").click()
        page.locator(".draft .voice").nth(1).wait_for()
        assert page.locator(".draft .voice").all_inner_texts() == ["Ann accepted", "Bob <b> rejected"]
        assert page.get_by_text("Ann and Bob <b>: kappa").is_visible()


def test_a_hostile_draft_does_nothing(tmp_path: Path) -> None:
    long = "ÄÖÜwort" * 4000
    said = f"{ATTACK} {long}"
    desk = Desk(tmp_path)
    path = desk.folder / "documents" / "evil.md"
    path.write_text(f"---\nid: '{ATTACK[:60]}'\ntitle: '![x](http://evil.example/t.png)'\n---\n{said}")
    evil = draft(
        f"'><script>window.pwned=1</script>{ATTACK}",
        question=said,
        answers=[said, ATTACK],
        evidence_doc_ids=[ATTACK, "limits"],
        evidence_text=[said, ATTACK],
        answer_type="**b** ![x](http://evil.example/type.png)",
        split="<img src=x onerror='window.pwned=1'>",
        model=ATTACK,
        turns=[{"role": "user", "content": ATTACK}, {"role": "assistant", "content": ATTACK}],
        standalone=ATTACK,
    )
    write(desk.questions, evil)
    with reviewing(desk, who=ATTACK[:60]) as page:
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.keyboard.press("e")
        page.get_by_label("Question").wait_for()
        page.get_by_label("Split").click()
        page.wait_for_timeout(800)
        tab = page.locator(".st-key-review")
        assert page.evaluate("window.pwned") is None
        assert tab.locator("a, img, script, iframe, article svg").count() == 0
        assert tab.locator(".draft .question").inner_text().startswith("<script>")
        assert not [url for url in requests if "evil" in url]
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_the_buttons_stay_in_view_in_a_narrow_window(tmp_path: Path) -> None:
    desk = Desk(tmp_path, draft("q1", question="What does a bag cost? " * 120), draft("q2"))
    with reviewing(desk) as page:
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.locator(".draft mark").scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        top = page.get_by_role("button", name="Accept").bounding_box()["y"]
        assert 0 <= top < PHONE[1] / 2
        page.get_by_role("button", name="Accept").click()
        wait_for(lambda: (desk.row("q1") or {})["reviewed"], page)
