"""Parses files where they can do no harm: in a child process with limits. Knows nothing of formats.

The child is started for the first file that needs it, serves many, and is replaced when a file has
ended it. It answers in JSON: nothing that it sends is ever unpickled.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest import parsing
from ingest.errors import DocumentError
from ingest.loaders import RawDocument
from settings import PROJECT, Parsing

# Parsed here, without a child: these formats give no more text than they have bytes, and this many bytes
# keep the slowest step (putting 32,000 combining marks in order) under a second.
_HARMLESS = {".md", ".markdown", ".txt", ".json", ".jsonl"}
_HARMLESS_BYTES = 1 << 16
_FILES = 2000  # what a parser leaks is given back after this many
_FRAME = 1 << 16  # bytes of a message beside the text


class Sandbox:
    """Reads files within `limits`; a context manager, whose end is the child's."""

    def __init__(self, limits: Parsing) -> None:
        self._limits = limits
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def documents(self, path: Path, name: str) -> Iterator[RawDocument | DocumentError]:
        """Yield the documents of a regular file; an error is one line that begins with `name`."""
        if path.suffix.lower() in _HARMLESS and path.stat().st_size <= _HARMLESS_BYTES:
            return parsing.parse(path, name, self._limits.max_chars)
        return self._guarded(path, name)

    def _guarded(self, path: Path, name: str) -> Iterator[RawDocument | DocumentError]:
        if self._child is None:
            self._child = _Child(self._limits)
        is_whole = False
        try:
            yield from self._child.documents(path, name)
            is_whole = True
        except _Ended as end:
            yield DocumentError(f"{name} {end}")
        finally:
            if not is_whole or self._child.served >= _FILES:
                self._end()

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
        self._child = None


class _Ended(Exception):
    """A file ended the child; the message says how, and the remedy."""


class _Child:
    """One process that parses file after file."""

    def __init__(self, limits: Parsing) -> None:
        self._limits = limits
        self.served = 0
        self._connection, theirs = Pipe()
        numbers = (theirs.fileno(), limits.memory_mb, limits.seconds, limits.max_chars)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-X", "utf8", "-m", "ingest.parsing", *map(str, numbers)],
                env={"PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, sys.path)])},  # and no keys
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def documents(self, path: Path, name: str) -> Iterator[RawDocument | DocumentError]:
        """Yield the documents of one file; raise _Ended where it ends the child."""
        try:
            self._connection.send_bytes(os.fsencode(path.absolute()) + b"\0" + name.encode())
            while message := self._next():
                yield parsing.unpack(message)
        except (EOFError, OSError, ValueError, TypeError) as error:
            raise _Ended(self._reason()) from error
        self.served += 1

    def _next(self) -> bytes:
        if not self._connection.poll(self._limits.seconds):
            self.end()
            raise _Ended(self._too_slow)
        return self._connection.recv_bytes(4 * self._limits.max_chars + _FRAME)

    @property
    def _too_slow(self) -> str:
        return f"takes over {self._limits.seconds} seconds to parse; split it or raise parsing.seconds"

    def _reason(self) -> str:
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "makes its parser answer nonsense; save it again from the program that made it"
        if code == -signal.SIGXCPU:
            return self._too_slow
        if code == parsing.OUT_OF_MEMORY:
            memory = f"{self._limits.memory_mb} MB of memory"
            return f"needs over {memory} to parse; split it or raise parsing.memory_mb"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"crashes its parser ({how}); save it again from the program that made it"

    def end(self) -> None:
        """End the process, wherever it is, and wait until it is gone."""
        self._connection.close()
        self._process.kill()
        self._process.wait()
