"""Parses files where they can do no harm: in a child process with limits. Knows nothing of formats.

The child is started for the first file that needs it, serves many, and is replaced when a file has
ended it. It answers in JSON: nothing that it sends is ever unpickled.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import DocumentError
from ingest.files import parsing
from ingest.files.loaders import RawDocument
from ingest.files.unchanged import Entry
from settings import PROJECT, Parsing

# Parsed here, without a child: these formats give little more text than they have bytes, and so many bytes
# at once keep the slowest step (reading YAML) under half a second.
_HARMLESS = {".md", ".markdown", ".txt", ".json", ".jsonl"}
_HARMLESS_BYTES = 1 << 15
_FILES = 2000  # what a parser leaks is given back after this many
_FRAME = 1 << 16  # bytes of a message beside the text
_OCR_MB = 2048  # address space for text recognition
_OCR_WAIT = 5  # times as long: a scanned page takes its CPU time, and on a busy machine far more


class Sandbox:
    """Reads files within `limits`; a context manager, whose end is the child's."""

    def __init__(self, limits: Parsing) -> None:
        self._limits = limits
        self._child: _Child | None = None
        self._is_stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def ahead(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield what is about to be read; a sandbox with workers looks at some files ahead."""
        return iter(entries)

    def documents(self, path: Path, name: str) -> Iterator[RawDocument | DocumentError]:
        """Yield the documents of a regular file; an error is one line that begins with `name`."""
        if is_harmless(path):
            return parsing.parse(path, name, self._limits.max_chars)
        return self._guarded(path, name)

    def stop(self) -> None:
        """End the child from another thread: the file that it parses ends in an error."""
        self._is_stopped = True
        if child := self._child:
            child.kill()

    def _guarded(self, path: Path, name: str) -> Iterator[RawDocument | DocumentError]:
        if self._child is None:
            self._child = _Child(self._limits)
        if self._is_stopped:  # perhaps before this one was started
            self._child.kill()
        is_final = self._child.served == 0
        try:
            for item in self._child.documents(path, name):
                is_final = True
                yield item
        except _Ended as end:
            self._end()
            if is_final or self._is_stopped or isinstance(end, _TooSlow):
                yield DocumentError(f"{name} {end}")
            else:  # what an earlier file left behind may have ended the child
                yield from self._guarded(path, name)
        finally:
            if self._child is not None and not self._child.is_idle:
                self._end()

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
        self._child = None


def is_harmless(path: Path) -> bool:
    """Tell a file that is parsed without a child."""
    suffix = path.suffix.lower()
    is_small = suffix in _HARMLESS and path.stat().st_size <= _HARMLESS_BYTES
    return is_small or (suffix == ".jsonl" and _holds_small_records(path))


def _holds_small_records(path: Path) -> bool:
    """Tell JSON Lines of which each line is a small document; those of a table are one large document."""
    with path.open("rb") as file:
        try:
            first = json.loads(file.readline(_HARMLESS_BYTES))
            if not isinstance(first, dict) or "text" not in first:
                return False
            while line := file.readline(_HARMLESS_BYTES + 1):
                line.decode()  # to guess another encoding, line by line, would take long
                if len(line) > _HARMLESS_BYTES or b'"text"' not in line:
                    return False
        except (ValueError, RecursionError):
            return False
    return True


class _Ended(Exception):
    """A file ended the child; the message says how, and the remedy."""


class _TooSlow(_Ended):
    """A file took its time; to try again would take as long."""


class _Child:
    """One process that parses file after file."""

    def __init__(self, limits: Parsing) -> None:
        self._limits = limits
        self.served = 0
        self._is_asked = False
        self._connection, theirs = Pipe()
        memory = limits.memory_mb + (_OCR_MB if limits.ocr else 0)
        numbers = (theirs.fileno(), memory, limits.cpu_seconds, limits.max_chars, int(limits.ocr))
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-X", "utf8", "-m", "ingest.files.parsing", *map(str, numbers)],
                env={"PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, sys.path)])},  # and no keys
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def documents(self, path: Path, name: str) -> Iterator[RawDocument | DocumentError]:
        """Yield the documents of one file; raise _Ended where it ends the child."""
        self._is_asked = True
        try:
            self._connection.send_bytes(os.fsencode(path.absolute()) + b"\0" + name.encode())
            while message := self._next():
                if message != parsing.BUSY:
                    yield parsing.unpack(message)
        except (EOFError, OSError, ValueError, TypeError) as error:
            raise self._ended() from error
        self.served += 1
        self._is_asked = False

    @property
    def is_idle(self) -> bool:
        """Whether it can be asked for another file: the last one was answered, and it is not yet old."""
        return not self._is_asked and self.served < _FILES

    def _next(self) -> bytes:
        seconds = self._limits.wait_seconds * (_OCR_WAIT if self._limits.ocr else 1)
        if not self._connection.poll(seconds):
            waited = f"{seconds} seconds"
            raise _TooSlow(f"gives no document in {waited}; split it or raise parsing.wait_seconds")
        return self._connection.recv_bytes(4 * self._limits.max_chars + _FRAME)

    def _ended(self) -> _Ended:
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return _Ended("makes its parser answer nonsense; save it again from the program that made it")
        if code == -signal.SIGXCPU:
            seconds = f"{self._limits.cpu_seconds} seconds of CPU time"
            return _TooSlow(f"takes over {seconds} to parse; split it or raise parsing.cpu_seconds")
        if code == parsing.OUT_OF_MEMORY:
            memory = f"{self._limits.memory_mb} MB of memory"
            return _Ended(f"needs over {memory} to parse; split it or raise parsing.memory_mb")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return _Ended(f"crashes its parser ({how}); save it again from the program that made it")

    def kill(self) -> None:
        """End the process, wherever it is; its answer breaks off."""
        self._process.kill()

    def end(self) -> None:
        """End the process and wait until it is gone."""
        self._connection.close()
        self._process.kill()
        self._process.wait()
