"""Start the page, ask it in headless Chromium and photograph it. Knows nothing of how the page is made.

python -m apps.screenshot page.png [--phone]
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.request import urlopen

import typer

from settings import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = PROJECT / "apps" / "side_by_side.py"
DOMAIN = "travel"
DESKTOP, PHONE = (1280, 900), (390, 844)
QUESTIONS = (
    "My 1,200 km flight in the EU was cancelled. What fixed compensation can I claim?",
    "旅行社因人数不足不能出团，境内旅游应当提前多少天通知旅游者？",
)
_START_SECONDS = 120
_SETTLE_SECONDS = 0.6  # fonts and the fading of old elements
# The newest question stands first; while its columns are still to be drawn, older ones must not count.
_FINISHED = """([question, columns]) => {
    const [asked, older] = document.querySelectorAll(".asked");
    if (!asked || asked.textContent !== question) return false;
    const answers = [...document.querySelectorAll(".answer")].filter(answer =>
        !older || answer.compareDocumentPosition(older) & Node.DOCUMENT_POSITION_FOLLOWING);
    return answers.length >= columns && answers.every(answer => answer.matches(".done, .failed, .stopped"));
}"""


def chromium() -> str:
    """Return the path of the browser, or an empty string where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""


@contextmanager
def serve(page: Path = PAGE, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run the page on a free loopback port and give its address.

    Raises:
        TimeoutError: the server did not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(page), "--server.port", str(port)]
    paths = {"PYTHONPATH": str(PROJECT)}  # Streamlit itself only adds the folder of the page
    server = subprocess.Popen(
        command, cwd=PROJECT, env={**os.environ, **paths, **(environment or {})}, stdout=subprocess.DEVNULL
    )
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise TimeoutError(f"the page did not start within {_START_SECONDS} s; is Streamlit installed?")


@contextmanager
def browse(url: str, size: tuple[int, int] = DESKTOP) -> Iterator["Page"]:
    """Open `url` in headless Chromium, ready to be asked."""
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=quiet)
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme="light")
        page.set_default_timeout(_START_SECONDS * 1000)
        page.goto(url)
        page.get_by_test_id("stChatInputTextArea").wait_for()
        yield page
        browser.close()


def ask(page: "Page", question: str, columns: int, seconds: float = 600) -> None:
    """Ask, and wait until every column has ended."""
    page.get_by_test_id("stChatInputTextArea").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_function(_FINISHED, arg=[question, columns], timeout=seconds * 1000)


def photograph(page: "Page", out: Path) -> None:
    """Write what is in view as a PNG."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(_SETTLE_SECONDS * 1000)
    out.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=out)


def main(
    out: Annotated[Path, typer.Argument(help="PNG file to write.")],
    phone: Annotated[bool, typer.Option("--phone", help="390 x 844 instead of 1280 x 900.")] = False,
) -> None:
    """Ask the page one question in each language and photograph the answers."""
    with serve() as url, browse(f"{url}?domain={DOMAIN}", PHONE if phone else DESKTOP) as page:
        for question in QUESTIONS:
            ask(page, question, columns=3)
        photograph(page, out)
    typer.echo(out)


if __name__ == "__main__":
    typer.run(main)
