"""Files that are damaged or mean harm cost one line each, and nothing else."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingest.files.cleaning import clean_line
from ingest.files.walking import shown, walk
from settings import PROJECT
from tests.ingest.files.hostile import good, write_good, write_hostile

_MEMORY = 1.5 * (1 << 30)
_HANG = 25
_PREFIXES = ("0", "m", "zz")  # good files before, between and after the others


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "documents"
    folder.mkdir()
    for prefix in _PREFIXES:
        write_good(folder, prefix)
    write_hostile(folder)
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)  # too deep for shutil.rmtree


@pytest.mark.timeout(1200)  # half a minute of CPU time, on a machine however busy
def test_every_hostile_file_gives_text_or_one_line(folder: Path, tmp_path: Path) -> None:
    paths = [path for path in walk(folder) if isinstance(path, Path)]
    hostile = [path for path in paths if "-good" not in path.name]
    assert len(hostile) > 200

    code, peak, outcomes = _ingested(folder, tmp_path)

    assert code == 0, (tmp_path / "stderr").read_text()
    *items, last = outcomes
    errors = [item["error"] for item in items if "error" in item]
    sources = {item["source"] for item in items if "source" in item}
    assert [line for line in errors if not line.isprintable()] == []
    assert [path for path in paths if not _is_told(path, folder, sources, errors)] == []
    assert {f"{prefix}-good{suffix}" for prefix in _PREFIXES for suffix in good()} <= set(last["records"])
    assert peak < _MEMORY
    assert [item for item in items if item["seconds"] > _HANG] == []


def _ingested(folder: Path, home: Path) -> tuple[int, int, list[dict[str, Any]]]:
    """Return the exit code, the largest memory of all processes in bytes, and the outcomes."""
    with (home / "stdout").open("w") as out, (home / "stderr").open("w") as err:
        process = psutil.Popen(
            [sys.executable, "-m", "tests.ingest.files.ingest_hostile", str(folder), str(home)],
            stdout=out,
            stderr=err,
            cwd=PROJECT,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory(process))
            time.sleep(0.1)
    return process.returncode, peak, [json.loads(line) for line in (home / "stdout").read_text().splitlines()]


def _memory(process: psutil.Process) -> int:
    total = 0
    for each in [process, *process.children(recursive=True)]:
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def _is_told(path: Path, folder: Path, sources: set[str], errors: list[str]) -> bool:
    relative = clean_line(os.fsencode(path.relative_to(folder)).decode("utf-8", "replace"))
    return relative in sources or any(line.startswith(shown(path)) for line in errors)
