"""Several children parse what one would, in the same order, and are gone when nobody needs them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.domain import Domain
from core.errors import DocumentError
from ingest.files.child import Sandbox
from ingest.files.loaders import RawDocument
from ingest.files.reading import read_documents
from ingest.knowledge_base import open_knowledge_base
from ingest.types import Document
from ingest.updating import bring_up_to_date
from ingest.workers.pool import Pool
from settings import PROJECT, Parsing, load_settings
from tests.fakes import FakeEmbedder
from tests.ingest.files.hostile import GOOD_LINE, good

_HANGS = b"---\n" + b"".join(b"k%d: v\n" % n for n in range(900_000)) + b"---\n"  # a minute of YAML
_LONG_LINE = b'{"text": "' + b"x" * 40_000 + b'"}'


def _children(process: psutil.Process | None = None) -> list[psutil.Process]:
    every = (process or psutil.Process()).children()
    return [child for child in every if "ingest.files.parsing" in child.cmdline()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of all formats, some that crash or hang their parser, one that gives many documents."""
    folder = tmp_path_factory.mktemp("guide") / "documents"
    folder.mkdir()
    for number in range(4):
        for suffix, data in good().items():
            (folder / f"{number}-good{suffix}").write_bytes(data)
    (folder / "1-hangs.md").write_bytes(_HANGS)
    (folder / "2-fills.csv").write_bytes(b"h" * 100_000 + b"\n" + b"1\n" * 500_000)
    (folder / "3-torn.pdf").write_bytes(b"%PDF-1.7\nnothing follows")
    (folder / "4-many.jsonl").write_bytes(b'{"text": "Free."}\n' * 200 + _LONG_LINE)
    (folder / "4-zh.html").write_text("<title>窗口</title><p>窗口九点开门。")
    (folder / "5-empty.html").write_bytes(b"")
    return folder


def _read(folder: Path, limits: Parsing, kind: type[Sandbox] = Pool) -> list[object]:
    return [
        str(item) if isinstance(item, DocumentError) else item
        for item in read_documents(folder, limits=limits, sandbox=kind)
    ]


def _limits(processes: int) -> Parsing:
    """Return limits that a file is stopped by in time, and one that fills memory not for its time."""
    return Parsing(processes=processes, cpu_seconds=3, memory_mb=512)


def test_however_many_children_give_what_one_gives(folder: Path) -> None:
    alone = _read(folder, _limits(1), Sandbox)
    assert sum(isinstance(item, str) for item in alone) == 4
    assert _read(folder, _limits(1)) == alone
    assert _read(folder, _limits(5)) == alone
    assert _children() == []


def test_the_ledger_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    for number in range(9):
        (tmp_path / "documents" / f"{number}.html").write_text(
            f"<title>窗口</title><p>{number}号窗口九点开门。"
        )
        (tmp_path / "documents" / f"{number}.csv").write_bytes(good()[".csv"])
    digests = []
    for processes in (1, 3):
        settings = load_settings({"home": tmp_path / str(processes), "parsing": {"processes": processes}})
        knowledge = open_knowledge_base(Domain("d", tmp_path), settings, FakeEmbedder())
        report = bring_up_to_date(knowledge, Domain("d", tmp_path), settings)
        digests.append((knowledge.corpus_sha256(), knowledge.records(), report))
        knowledge.close()
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("names", "children"),
    [
        pytest.param(["a.md", "b.txt", "c.json"], 0, id="small files need none"),
        pytest.param(["a.html"], 1, id="one file needs one"),
        pytest.param(["a.md", "b.html", "c.txt"], 1, id="one among small ones"),
        pytest.param([f"{number}.html" for number in range(9)], 3, id="many need as many as there may be"),
    ],
)
def test_children_are_started_when_there_is_work_for_them(
    tmp_path: Path, names: list[str], children: int
) -> None:
    for name in names:
        (tmp_path / name).write_bytes(good()[Path(name).suffix])
    most = 0
    for item in read_documents(tmp_path, limits=_limits(3), sandbox=Pool):
        assert isinstance(item, Document)
        most = max(most, len(_children()))
    assert most == children


def test_files_are_parsed_while_those_before_are_taken_in(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.html").write_bytes(good()[".html"])
    with Pool(_limits(2)) as pool:
        next(pool.ahead(sorted(tmp_path.iterdir())))
        deadline = time.monotonic() + 30
        while not all(file.is_done for file in pool._handed.values()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [len(file.waiting) for file in pool._handed.values()] == [1] * 4


def test_only_so_much_text_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.workers.pool._WAITING_CHARS", 100_000)
    for number in range(12):
        (tmp_path / f"{number:02}.txt").write_bytes(b"The gate opens at nine. " * 2500)  # 60,000
    (tmp_path / "00.jsonl").write_bytes(b'{"text": "Free."}\n' * 50 + _LONG_LINE)
    pool = Pool(_limits(3))
    sizes = []
    with pool:
        entries = sorted(tmp_path.iterdir())
        for entry in pool.ahead(entries):
            time.sleep(0.1)
            sizes.append(pool._room._chars)
            texts = [item.text for item in pool.documents(entry, entry.name) if isinstance(item, RawDocument)]
            assert len(texts) == (51 if entry.suffix == ".jsonl" else 1)
    assert max(sizes) < 100_000 + 4 * 60_000
    assert pool._room._chars == 0


def test_a_child_that_is_killed_is_replaced(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number:02}.html").write_bytes(good()[".html"])
    texts = []
    for number, item in enumerate(read_documents(tmp_path, limits=_limits(2), sandbox=Pool)):
        assert isinstance(item, Document)
        texts.append(item.text)
        if number == 1:
            for child in _children():
                child.kill()
    assert [GOOD_LINE in text for text in texts] == [True] * 12


def test_a_reader_that_stops_half_way_leaves_no_child(folder: Path) -> None:
    items = read_documents(folder, limits=_limits(3), sandbox=Pool)
    for _ in range(12):
        next(items)
    start = time.monotonic()
    items.close()  # type: ignore[attr-defined]
    assert _children() == []
    assert time.monotonic() - start < 5, "it does not wait for what hangs"


def test_what_is_not_read_of_a_file_makes_room(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.jsonl").write_bytes(b'{"text": "Free."}\n' * 5000 + _LONG_LINE)
    with Pool(_limits(2)) as pool:
        firsts = [next(pool.documents(entry, entry.name)) for entry in pool.ahead(sorted(tmp_path.iterdir()))]
    assert [first.text for first in firsts if isinstance(first, RawDocument)] == ["Free."] * 4


def test_a_file_that_goes_away_is_one_line(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"{number}.html").write_bytes(good()[".html"])
    items: Iterator[Document | DocumentError] = read_documents(tmp_path, limits=_limits(2), sandbox=Pool)
    next(items)
    (tmp_path / "5.html").unlink()
    rest = list(items)
    assert sum(isinstance(item, Document) for item in rest) in (4, 5)
    assert len(rest) == 5


def test_ctrl_c_ends_parent_and_children(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.md").write_bytes(_HANGS)
    program = (
        "import pathlib, sys, ingest.files.reading as r, ingest.workers.pool as p, settings as s;"
        "list(r.read_documents(pathlib.Path(sys.argv[1]), limits=s.Parsing(processes=3), sandbox=p.Pool))"
    )
    parent = psutil.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stderr=subprocess.PIPE,
        cwd=PROJECT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which `&` ignores
    )
    while len(children := parent.children()) < 3 and parent.is_running():
        time.sleep(0.01)
    time.sleep(0.3)
    os.kill(parent.pid, signal.SIGINT)
    _, trace = parent.communicate(timeout=60)
    assert b"KeyboardInterrupt" in trace
    assert [child for child in children if child.is_running()] == []
