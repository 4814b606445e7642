"""R6: files that are damaged or mean harm cost one line each; the good files beside them are ingested."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from ingest.files.cleaning import clean_line
from ingest.files.walking import shown, walk
from settings import PROJECT
from tests.durability.corpus import Outcome
from tests.ingest.files.hostile import good, write_good, write_hostile

_MEMORY = 1.5 * (1 << 30)
_HANG = 25
_WHAT = "hostile and damaged files beside good ones"
_PREFIXES = ("0", "m", "zz")  # good files before, between and after the others


def hostile_files(home: Path) -> Outcome:
    """Ingest all hostile files, and good ones of each format beside them."""
    folder = home / "documents"
    folder.mkdir()
    for prefix in _PREFIXES:
        write_good(folder, prefix)
    write_hostile(folder)
    paths = [path for path in walk(folder) if isinstance(path, Path)]
    try:
        code, peak, outcomes = _ingested(folder, home)
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)  # too deep for shutil.rmtree
    if code:
        return Outcome("R6", _WHAT, len(paths), ((home / "stderr").read_text(),))
    *items, last = outcomes
    errors = [item["error"] for item in items if "error" in item]
    sources = {item["source"] for item in items if "source" in item}
    wanted = {f"{prefix}-good{suffix}" for prefix in _PREFIXES for suffix in good()}
    faults = (
        *(f"more than one line: {line!r}" for line in errors if not line.isprintable()),
        *(f"not told of: {path}" for path in paths if not _is_told(path, folder, sources, errors)),
        *(f"not ingested: {name}" for name in wanted - set(last["records"])),
        *(f"hangs: {item}" for item in items if item["seconds"] > _HANG),
        *([f"{peak >> 20} MB of memory"] if peak > _MEMORY else []),
    )
    also = f"{len(errors)} lines of error, {len(wanted)} good files of {len(good())} formats, {peak >> 20} MB"
    return Outcome("R6", _WHAT, len(paths) - len(wanted), faults, also)


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
