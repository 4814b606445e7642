"""The command line, on a domain folder and a tiny embedder."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.__main__ import main
from settings import PROJECT

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def domain(tmp_path: Path) -> Path:
    documents = tmp_path / "guide" / "documents"
    documents.mkdir(parents=True)
    (documents / "visa.md").write_text(
        "---\nid: visa\ntitle: Visa\nlang: en\n---\nThe visa desk opens at nine.\n"
    )
    (documents / "签证.txt").write_text("签证窗口九点开门，周末休息。")
    return tmp_path / "guide"


@pytest.fixture
def run(
    domain: Path,
    tmp_path: Path,
    tiny_embedder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ASSISTANT_EMBEDDER__MODEL", str(tiny_embedder))

    def run_(*arguments: str | Path, of: str | Path = domain) -> tuple[int, str, str]:
        code = main([*map(str, arguments), "--domain", str(of)])
        printed = capsys.readouterr()
        lines = [
            line for line in printed.err.splitlines() if line.startswith(("error", "warning", "interrupted"))
        ]
        return code, printed.out.strip(), "\n".join(lines)

    return run_


def test_a_second_add_embeds_nothing(run: Run) -> None:
    assert run("add") == (0, "guide: 2 added, 0 changed, 0 unchanged, 0 removed, 0 failed; 2 embedded", "")
    assert run("add")[1] == "guide: 0 added, 0 changed, 2 unchanged, 0 removed, 0 failed; 0 embedded"
    code, verified, _ = run("verify")
    assert (code, verified.split(" sha256 ")[0]) == (0, "guide: 2 documents, no problems,")
    assert run("verify")[1] == verified, "the same digest"


def test_list_json_holds_the_acknowledged_documents(run: Run) -> None:
    run("add")
    assert json.loads(run("list", "--json")[1]) == [
        {"id": "visa", "title": "Visa", "lang": "en", "source": "visa.md", "as_of": "", "chunks": 1},
        {"id": "签证.txt", "title": "签证", "lang": "zh", "source": "签证.txt", "as_of": "", "chunks": 1},
    ]


def test_update_removes_what_vanished_and_add_does_not(run: Run, domain: Path, tmp_path: Path) -> None:
    extra = tmp_path / "tram.txt"
    extra.write_text("Trams run all night.")
    run("add")
    assert run("add", extra)[1].startswith("guide: 1 added")
    (domain / "documents" / "visa.md").unlink()
    assert "0 removed" in run("add")[1]
    assert "1 removed" in run("update")[1]
    assert [each["id"] for each in json.loads(run("list", "--json")[1])] == ["签证.txt", "tram.txt"]
    extra.rename(tmp_path / "trams.txt")
    assert run("update", extra)[0] == 1, "a disk that is not there?"
    assert "1 removed" in run("update", extra, "--emptied")[1]


def test_delete_names_what_it_does_not_know(run: Run) -> None:
    run("add")
    code, out, err = run("delete", "visa", "nothing")
    assert (code, out) == (1, "1 deleted")
    assert err == "error: no document 'nothing'; `list` shows the ids"
    assert run("delete", "签证.txt")[0] == 0


def test_a_name_may_be_typed_as_another_system_writes_it(run: Run, domain: Path) -> None:
    (domain / "documents" / "cafe\u0301 咖啡.txt").write_text("The café opens at eight.")
    run("add")
    assert "caf\u00e9 咖啡.txt#0" in run("search", "café", "--source", "cafe\u0301")[1]
    assert run("delete", "cafe\u0301 咖啡.txt")[1] == "1 deleted"
    assert run("restore", "cafe\u0301 咖啡.txt")[1].startswith("1 restored")


@pytest.mark.parametrize("command", ["delete", "restore"])
def test_bytes_that_are_no_text_are_an_unknown_name(run: Run, command: str) -> None:
    run("add")
    code, printed, error = run(command, "\udcff.txt")
    assert (code, printed[:2]) == (1, "0 ")
    assert len(error.splitlines()) == 1
    assert run("search", "visa", "--source", "\udcff")[:2] == (0, "")


def test_bad_files_cost_a_line_each_and_the_good_go_in(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "good.md").write_text("# Tram\n\nTrams run all night.")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nonsense")
    (folder / "photo.xyz").write_bytes(b"\x00\x01")
    code, out, err = run("add", folder, tmp_path / "missing")
    assert code == 1
    assert "1 added" in out
    assert "4 failed" in out
    named = [
        next(name for name in ("broken", "empty", "photo", "missing") if name in line)
        for line in err.splitlines()
    ]
    assert named == ["broken", "empty", "photo", "missing"]


def test_what_was_not_understood_is_told_each_time_and_the_rest_goes_in(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "fees.md").write_text("---\ntitle: Fees: all\n---\nTrams are free.")
    (folder / "sizes.csv").write_text('Size,Fee\n"5,1\n"6,2\n')  # parsed by a child
    counts = "0 changed, {} unchanged, 0 removed, 0 failed; {} embedded; 2 warnings"
    code, out, err = run("add", folder)
    assert (code, out) == (0, "guide: 2 added, " + counts.format(0, 2))
    fees, sizes = err.splitlines()
    assert fees.startswith(f"warning: {folder}/fees.md, line 2: the front matter was read line by line")
    assert sizes.startswith(f"warning: {folder}/sizes.csv: quotes do not close")
    assert run("add", folder) == (0, "guide: 0 added, " + counts.format(2, 0), err)
    assert "Fees: all" in [each["title"] for each in json.loads(run("list", "--json")[1])]


@pytest.mark.parametrize(
    ("arguments", "of", "says"),
    [
        pytest.param(["list"], "nowhere", "error: no domain 'nowhere': known are ", id="unknown domain"),
        pytest.param(["add"], "empty", "error: ", id="domain without documents"),
    ],
)
def test_errors_are_one_line_and_exit_1(
    run: Run, tmp_path: Path, arguments: list[str], of: str, says: str
) -> None:
    (tmp_path / "empty").mkdir()
    code, _, err = run(*arguments, of=tmp_path / "empty" if of == "empty" else of)
    assert code == 1
    assert err.startswith(says)
    assert len(err.splitlines()) == 1


def test_rebuild_takes_another_embedder(
    run: Run, domain: Path, tiny_embedder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.numpy import load_file, save_file

    run("add")
    other = tmp_path / "other"
    shutil.copytree(tiny_embedder, other)
    (weights,) = other.rglob("*.safetensors")
    save_file({name: array * 1.01 for name, array in load_file(weights).items()}, weights)
    (other / ".fingerprint.json").unlink(missing_ok=True)
    monkeypatch.setenv("ASSISTANT_EMBEDDER__MODEL", str(other))
    code, _, err = run("add")
    assert code == 1
    assert f"python -m ingest rebuild --domain {domain}" in err
    assert "another embedder" in run("audit")[2]
    assert run("rebuild")[1].endswith("2 embedded")
    assert run("verify")[0] == 0


def test_ctrl_c_stops_soon_and_the_next_run_goes_on(run: Run, domain: Path, tmp_path: Path) -> None:
    rows = (
        {"id": f"d{n}", "title": "t", "text": f"Statute {n} says {n * 7}.", "lang": "en"} for n in range(6000)
    )
    (domain / "documents.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = [sys.executable, "-m", "ingest", "add", "--domain", str(domain)]
    child = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=dict(os.environ),
        stderr=subprocess.PIPE,
        text=True,
        # A background shell has its children ignore Ctrl-C; a user's terminal does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    _wait_for_documents(tmp_path / "home", child)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err.splitlines()[-1].startswith("interrupted: what is done is kept")
    kept = len(json.loads(run("list", "--json")[1]))
    assert 0 < kept < 6000
    assert f"{6000 - kept} added, 0 changed, {kept} unchanged" in run("add")[1]


def _wait_for_documents(home: Path, child: "subprocess.Popen[str]") -> None:
    """Wait until the first window is committed."""
    while child.poll() is None:
        for path in home.rglob("ledger.sqlite"):
            with sqlite3.connect(path, timeout=30) as db:
                tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'documents'").fetchone()
                if tables[0] and db.execute("SELECT count(*) FROM documents").fetchone()[0]:
                    return
        time.sleep(0.1)
    raise AssertionError(child.communicate())


@pytest.mark.parametrize(
    ("query", "options", "found"),
    [
        ("visa desk", (), "visa#0"),
        ("签证窗口", (), "签证.txt#0"),
        ("visa", ("--lang", "zh", "--mode", "bm25"), ""),
        ("visa desk", ("--source", "elsewhere"), ""),
        ("visa desk", ("--source", "visa", "--mode", "dense"), "visa#0"),
        ("visa desk", ("--since", "2020-01-01"), ""),
    ],
)
def test_search_shows_the_passages(run: Run, query: str, options: tuple[str, ...], found: str) -> None:
    run("add")
    code, printed, _ = run("search", query, *options)
    assert code == 0
    assert printed.split("  ")[1:2] == ([found] if found else [])


@pytest.mark.parametrize("query", [pytest.param("", id="nothing"), pytest.param(" \u3000", id="blanks")])
def test_a_blank_query_is_refused(run: Run, query: str) -> None:
    run("add")
    code, printed, errors = run("search", query)
    assert (code, printed) == (1, "")
    assert "blank" in errors


def test_audit_prints_the_recall_of_every_language(run: Run) -> None:
    run("add")
    code, printed, _ = run("audit")
    assert code == 0
    rows = [line.split() for line in printed.splitlines()[2:]]
    assert {row[0] for row in rows} == {"en", "zh"}
    assert all(row[5:7] == ["1.0000", "1.0000"] for row in rows)  # of one vector each, none is missed
    assert sum("settings" in line for line in printed.splitlines()) == 2


def test_audit_of_an_empty_base_says_how_to_fill_it(run: Run) -> None:
    assert "no documents yet" in run("audit")[2]
