"""A terminal sees bars, a log does not, whoever makes them."""

import os
import pty
import subprocess
import sys
import termios

import pytest

from core.progress import SWITCHES

OURS = """
from core.progress import progress_bar
for _ in progress_bar(range(3), desc="ours", stays=True): pass
"""
THEIRS = """
import core
from tqdm.auto import tqdm
for _ in tqdm(range(3), desc="a library's"): pass
"""
HUBS = """
import core
from huggingface_hub.utils import tqdm
for _ in tqdm(range(3), desc="the hub's"): pass
"""
DONE = """
import sys
print("done", file=sys.stderr)
"""
BARS = [
    pytest.param(OURS, id="ours"),
    pytest.param(THEIRS, id="a library's"),
    pytest.param(HUBS, id="the hub's"),
]


def environment(**settings: str) -> dict[str, str]:
    """The environment of a shell: without the switches that this process turned for its own log."""
    return {name: value for name, value in os.environ.items() if name not in SWITCHES} | settings


def on_terminal(code: str, **settings: str) -> str:
    """Run `code` with a terminal as stderr; return what it shows."""
    controller, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))  # lines, columns
    command = [sys.executable, "-c", code + DONE]
    subprocess.run(command, stderr=terminal, env=environment(**settings), check=True)
    shown = os.read(controller, 1 << 16).decode()
    os.close(terminal)
    os.close(controller)
    return shown


@pytest.mark.parametrize("code", BARS)
def test_a_log_has_no_bars(code: str) -> None:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("code", BARS)
def test_a_terminal_shows_them(code: str) -> None:
    assert "3/3" in on_terminal(code)


@pytest.mark.parametrize("code", BARS[:2])
def test_tqdms_own_switch_holds_on_a_terminal(code: str) -> None:
    assert on_terminal(code, TQDM_DISABLE="1").strip() == "done"
