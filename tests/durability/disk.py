"""R2: the disk is full or fails at every write of an ingest: a clear error, and what was there answers.

A file is made to fail by a link in its place: /dev/full answers every write with ENOSPC, /proc/self/mem
with EIO, in native code as well. The ledger, which no link can replace, meets a limit on the size of
files (EIO) and, in a child with a small file system of its own, a disk that is really full (ENOSPC).
"""

import errno
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from unittest import mock

from core.errors import KnowledgeBaseError
from ingest.knowledge_base import KnowledgeBase
from ingest.store import crash_points
from settings import PROJECT
from tests.durability.corpus import Faults, Outcome, document, open_base, state

DEVICES = {"ENOSPC": Path("/dev/full"), "EIO": Path("/proc/self/mem")}
_OLD = [document(number) for number in range(24)]
_CLEAR = ("free space", "mend the disk")
_SIZES = (200, 400, 700, 1000, 1500)  # kilobytes; the first is too small for any index


def failing_disks(home: Path, every: int = 1) -> Outcome:
    """Let each file of a snapshot, each flush and rename and the ledger fail, one at a time."""
    faults = Faults()
    base = open_base(home)
    base.sync(_OLD)
    next_number = iter(range(1000, 100_000))
    cases = 0
    for where, failing in islice(_failures(state(home)), 0, None, every):
        cases += 1
        faults.where = where
        _try(base, next(next_number), failing, faults)
    faults.where = "afterwards"
    base.sync(_OLD)
    faults.expect(base.verify() == [], f"{base.verify()}")
    base.close()
    return Outcome("R2", "ENOSPC and EIO at every write", cases, tuple(faults.lines))


Failing = Callable[[], "contextmanager[None]"]


def _failures(folder: Path) -> Iterator[tuple[str, Failing]]:
    """Yield what fails, and a context in which it does."""
    segment = next((folder / "segments").iterdir())
    files = [Path("generations/*/seal.json")]
    files += sorted("segments/*" / path.relative_to(segment) for path in segment.rglob("*") if path.is_file())
    for error, device in DEVICES.items():
        for file in files:
            yield f"{error} writing {file}", lambda file=file, device=device: _linked(folder, file, device)
        yield f"{error} writing CURRENT", lambda device=device: _pointer(folder, device)
    # the first mkdir is that of the lock's folder, which is there
    for call, calls in (("fsync", range(1, 24)), ("replace", range(1, 2)), ("mkdir", range(2, 8))):
        for error in (errno.ENOSPC, errno.EIO):
            for nth in calls:
                yield (
                    f"{errno.errorcode[error]} in {call}, call {nth}",
                    lambda call=call, nth=nth, error=error: _call_fails(call, nth, error),
                )
    for size in (0, 500, 2000, 8000, 20_000):
        yield f"EIO beyond {size} bytes of a file", lambda size=size: files_of_at_most(size)


def _try(base: KnowledgeBase, number: int, failing: Failing, faults: Faults) -> None:
    """Add a document while something fails; then again, when it no longer does."""
    new = document(number)
    with failing():
        try:
            base.sync([new])
            faults.expect(False, "no error")
        except KnowledgeBaseError as error:
            faults.expect(any(remedy in str(error) for remedy in _CLEAR), f"no remedy: {error}")
        except OSError as error:
            faults.expect(False, f"not clear: {error!r}")
        old = _OLD[number % len(_OLD)]
        faults.expect(_finds(base, old.id, old.text), "the old index does not answer")
    faults.expect(base.sync([new]).failures == (), "the second try fails")
    faults.expect(_finds(base, new.id, new.text), "the second try is not found")


def _finds(base: KnowledgeBase, id_: str, text: str) -> bool:
    return any(hit.chunk.document_id == id_ for hit in base.search(text, top_k=3))


@contextmanager
def _linked(folder: Path, file: Path, device: Path) -> Iterator[None]:
    """Put a link to `device` where the next snapshot or segment, `*`, will write `file`."""
    root, _, *inside = file.parts

    def plant(step: str) -> None:
        newest = max((folder / root).iterdir(), key=lambda path: path.stat().st_mtime_ns)
        target = newest.joinpath(*inside)
        is_new = target.parent.is_dir() and not os.path.lexists(target)
        if step in ("while building", "before seal") and is_new:
            target.symlink_to(device)

    crash_points.listeners.append(plant)
    try:
        yield
    finally:
        crash_points.listeners.remove(plant)


@contextmanager
def _pointer(folder: Path, device: Path) -> Iterator[None]:
    link = folder / "CURRENT.new"
    link.unlink(missing_ok=True)
    link.symlink_to(device)
    try:
        yield
    finally:
        link.unlink()


@contextmanager
def _call_fails(call: str, nth: int, error: int) -> Iterator[None]:
    """Let the `nth` call of `os.<call>` fail."""
    real, left = getattr(os, call), [nth]

    def fails(*arguments: object, **options: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(error, os.strerror(error))
        return real(*arguments, **options)

    with mock.patch(f"os.{call}", fails):
        yield


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Every write beyond `size` bytes fails, in native code too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def no_small_disk() -> str:
    """Return why this machine lets no test mount a file system of its own, or an empty string."""
    if not shutil.which("unshare"):
        return "a small disk needs util-linux's unshare"
    done = subprocess.run(["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True)
    return f"this user may not mount a tmpfs: {done.stderr.decode().strip()}" if done.returncode else ""


def full_disks() -> Outcome:
    """Ingest on file systems of a few kilobytes, in a child that has mounts of its own."""
    if reason := no_small_disk():
        return Outcome("R2", "a disk that is really full", 0, (), f"not tried: {reason}")
    command = ["unshare", "-Urm", sys.executable, "-m", "tests.durability.disk"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    faults = done.stdout.splitlines() if done.returncode in (0, 1) else [done.stderr.strip()]
    return Outcome("R2", "a disk that is really full", len(_SIZES), tuple(faults))


def _fill_disks() -> list[str]:
    """Mount, fill, enlarge; return a line for each fault."""
    faults = Faults()
    for size in _SIZES:
        faults.where = f"tmpfs of {size} KB"
        with tempfile.TemporaryDirectory() as mount:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", mount], check=True)
            try:
                _fill(Path(mount), faults)
            finally:
                subprocess.run(["umount", "-l", mount], check=True)
    return faults.lines


def _fill(mount: Path, faults: Faults) -> None:
    home = mount / "home"
    acknowledged: list[int] = []
    full = False
    base = None
    for start in range(0, 2000, 20):
        try:
            base = base or open_base(home)
            base.sync(document(number) for number in range(start, start + 20))
            acknowledged += range(start, start + 20)
        except KnowledgeBaseError as error:
            remedies = (*_CLEAR, "set ASSISTANT_HOME")
            faults.expect(any(remedy in str(error) for remedy in remedies), f"no remedy: {error}")
            full = True
            break
    faults.expect(full, "2,000 documents fitted")
    texts = [document(number).text for number in acknowledged]
    if base and texts:
        hits = base.search_many(texts, top_k=3)
        for number, some in zip(acknowledged, hits, strict=True):
            faults.expect(any(hit.chunk.document_id == f"d{number}" for hit in some), f"d{number} is lost")
    subprocess.run(["mount", "-o", "remount,size=64m", str(mount)], check=True)
    base = base or open_base(home)
    base.sync(document(number) for number in range(start + 20))
    faults.expect(base.verify() == [], f"{base.verify()}")
    faults.expect(len(base.records()) == start + 20, f"{len(base.records())} documents")
    base.close()


if __name__ == "__main__":
    lines = _fill_disks()
    print(*lines, sep="\n", end="")
    sys.exit(1 if lines else 0)
