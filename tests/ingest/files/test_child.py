"""The child that parses: limited, reused, replaced, and gone when nobody needs it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.errors import DocumentError
from ingest.files.child import Sandbox
from ingest.files.loaders import RawDocument
from ingest.files.parsing import pack, unpack
from settings import PROJECT, Parsing
from tests.ingest.files.hostile import GOOD_LINE, good

_HANGS = b"---\n" + b"".join(b"k%d: v\n" % n for n in range(900_000)) + b"---\n"  # a minute of YAML
_FILLS = b"h" * 100_000 + b"\n" + b"1\n" * 500_000  # each row repeats the header: 50 GB
_LONG_LINE = b'{"text": "' + b"x" * 40_000 + b'"}'


def _read(sandbox: Sandbox, path: Path) -> list[str]:
    """Return the texts and errors of a file."""
    items = sandbox.documents(path, path.name)
    return [str(item) if isinstance(item, DocumentError) else item.text for item in items]


def _children() -> list[psutil.Process]:
    """Return the parsing children of this process; other tests may have left servers of their own."""
    return [child for child in psutil.Process().children() if "ingest.files.parsing" in child.cmdline()]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_bytes(good()[".html"])
    return path


@pytest.mark.parametrize("suffix", good())
def test_a_child_reads_what_a_loader_reads(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(good()[suffix])
    with Sandbox(Parsing()) as sandbox:
        texts = _read(sandbox, path)
    assert GOOD_LINE in texts[0]


def test_a_child_is_started_once_and_ends_with_its_sandbox(page: Path) -> None:
    with Sandbox(Parsing()) as sandbox:
        _read(sandbox, page)
        (first,) = _children()
        _read(sandbox, page)
        assert _children() == [first]
    assert _children() == []


@pytest.mark.parametrize(
    ("name", "data", "children"),
    [
        pytest.param("a.md", good()[".md"], 0, id="a small file"),
        pytest.param("a.md", good()[".md"] * 500, 1, id="a large one"),
        pytest.param("a.csv", good()[".csv"], 1, id="a table: its header is repeated for each row"),
        pytest.param("a.jsonl", good()[".jsonl"] * 500, 0, id="many small documents"),
        pytest.param("a.jsonl", good()[".jsonl"] * 500 + _LONG_LINE, 1, id="a long line among them"),
        pytest.param("a.jsonl", b'{"a": 1}\n' + good()[".jsonl"] * 500, 1, id="rows of a table"),
        pytest.param("a.jsonl", good()[".jsonl"] * 500 + b'{"text": "\xe9"}', 1, id="not all in UTF-8"),
    ],
)
def test_what_may_do_harm_is_parsed_in_a_child(tmp_path: Path, name: str, data: bytes, children: int) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with Sandbox(Parsing()) as sandbox:
        assert GOOD_LINE in "".join(_read(sandbox, path))
        assert len(_children()) == children


@pytest.mark.parametrize(
    ("name", "data", "limits", "line"),
    [
        pytest.param(
            "a.md",
            _HANGS,
            Parsing(cpu_seconds=1, wait_seconds=600),
            "takes over 1 seconds of CPU time",
            id="CPU",
        ),
        pytest.param("a.md", _HANGS, Parsing(wait_seconds=1), "gives no document in 1 seconds", id="wait"),
        pytest.param(
            "a.csv",
            _FILLS,
            Parsing(memory_mb=512, wait_seconds=600),
            "needs over 512 MB of memory",
            id="memory",
        ),
        pytest.param("a.txt", b"x" * 70_000, Parsing(max_chars=69_999), "holds a text of over", id="text"),
    ],
)
def test_a_file_over_a_limit_is_one_line_and_the_next_is_read(
    tmp_path: Path, page: Path, name: str, data: bytes, limits: Parsing, line: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with Sandbox(limits) as sandbox:
        (error,) = _read(sandbox, path)
        assert error.startswith(f"{name} {line}")
        if limits.wait_seconds > 1:  # else a busy machine may not read this one in time
            assert GOOD_LINE in _read(sandbox, page)[0]


def test_a_child_that_crashes_is_one_line_and_is_replaced(tmp_path: Path, page: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_bytes(good()[".jsonl"] * 50_000 + _LONG_LINE)
    with Sandbox(Parsing()) as sandbox:
        items = sandbox.documents(path, "many.jsonl")
        next(items)
        (child,) = _children()
        child.send_signal(signal.SIGSEGV)
        *_, last = items
        assert str(last).startswith("many.jsonl crashes its parser (SIGSEGV); save it again")
        assert GOOD_LINE in _read(sandbox, page)[0]


def test_a_file_is_not_blamed_for_what_an_earlier_one_left(page: Path) -> None:
    with Sandbox(Parsing()) as sandbox:
        _read(sandbox, page)
        (child,) = _children()
        child.kill()
        assert GOOD_LINE in _read(sandbox, page)[0]


def test_a_reader_that_stops_half_way_leaves_nothing_for_the_next_file(tmp_path: Path, page: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_bytes(good()[".jsonl"] * 50_000 + _LONG_LINE)
    with Sandbox(Parsing()) as sandbox:
        items = sandbox.documents(path, "many.jsonl")
        next(items)
        items.close()  # type: ignore[attr-defined]
        assert "Gates" in _read(sandbox, page)[0]


def test_a_child_inherits_no_keys(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with Sandbox(Parsing()) as sandbox:
        _read(sandbox, page)
        (child,) = _children()
        assert "OPENAI_API_KEY" not in child.environ()


def test_ctrl_c_ends_parent_and_child(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(_HANGS)
    program = (
        "import pathlib, sys, ingest.files.reading as r; list(r.read_documents(pathlib.Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    parent = psutil.Popen(
        command,
        stderr=subprocess.PIPE,
        cwd=PROJECT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which `&` ignores
    )
    while not (children := parent.children()) and parent.is_running():
        time.sleep(0.01)
    time.sleep(0.3)
    os.kill(parent.pid, signal.SIGINT)
    _, trace = parent.communicate(timeout=120)
    assert b"KeyboardInterrupt" in trace
    assert [child for child in children if child.is_running()] == []


@pytest.mark.parametrize("item", [DocumentError("a\ud800.md is bad"), RawDocument("a\nb", "费用", "\ud800")])
def test_what_is_packed_comes_back(item: RawDocument | DocumentError) -> None:
    assert str(unpack(pack(item))) == str(item)


@pytest.mark.parametrize("message", [b"", b"7", b"null", b"\xff", b"[]"])
def test_nonsense_is_refused(message: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        unpack(message)
