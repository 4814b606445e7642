"""The journal of reviews: a line for each decision and each undo. Knows nothing of what follows from them.

A line counts once it is on the disk as a whole: what a crash left of one is cut off by the next writer.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from evaluation.review.types import Decision, ReviewError, digest

_WAIT_SECONDS = 30
_VERDICTS = ("accept", "edit", "reject")


@dataclass(frozen=True, slots=True)
class Undo:
    """A reviewer takes back the last decision that they have not taken back yet, which was on `question`."""

    question: str
    reviewer: str
    time: str


class Step(NamedTuple):
    """A decision was taken, or `is_undo`: taken back."""

    decision: Decision
    is_undo: bool


class Journal:
    """Decisions in a file, in their order."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other reviewer out, of this process and of others.

        Raises:
            ReviewError: somebody else does not let go.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path.with_suffix(".lock"), timeout=_WAIT_SECONDS)
        try:
            lock.acquire()
        except Timeout as error:
            held = f"{self.path} has been in use for {_WAIT_SECONDS} seconds"
            raise ReviewError(f"{held}; end the process that holds it and try again") from error
        try:
            yield
        finally:
            lock.release()

    def steps(self) -> list[Step]:
        """Return what happened, in its order.

        Raises:
            ReviewError: a line is broken, by number.
        """
        taken: dict[str, list[Decision]] = {}
        found = []
        for event in self._events():
            own = taken.setdefault(event.reviewer, [])
            if isinstance(event, Decision):
                own.append(event)
                found.append(Step(event, is_undo=False))
            elif own:
                found.append(Step(own.pop(), is_undo=True))
        return found

    def append(self, events: Iterable[Decision | Undo]) -> None:
        """Put lines on the disk, all of them, before this returns; call it `alone`."""
        lines = "".join(json.dumps(_as_line(one), ensure_ascii=False) + "\n" for one in events)
        is_new = not self.path.exists()
        with self.path.open("a+b") as file:
            if torn := _torn(self._bytes()):
                file.truncate(self.path.stat().st_size - len(torn))
            elif not self._bytes().endswith(b"\n") and not is_new:
                file.write(b"\n")
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _keep_entry(self.path.parent)

    def _events(self) -> Iterator[Decision | Undo]:
        content = self._bytes()
        whole = content.removesuffix(_torn(content))
        for number, line in enumerate(whole.split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                yield _event(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                reason = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
                raise ReviewError(f"{self.path}, line {number}: {reason}; mend or remove it") from error

    def _bytes(self) -> bytes:
        return self.path.read_bytes() if self.path.exists() else b""


def last_of(steps: Iterable[Step], reviewer: str) -> Decision | None:
    """Return the last decision of a reviewer that is not taken back."""
    own: list[Decision] = []
    for step in steps:
        if step.decision.reviewer == reviewer:
            own = own[:-1] if step.is_undo else [*own, step.decision]
    return own[-1] if own else None


def _as_line(event: Decision | Undo) -> dict[str, Any]:
    line = {one.name: getattr(event, one.name) for one in fields(event)}
    if isinstance(event, Undo):
        line["undo"] = line.pop("question")
    return {key: value for key, value in line.items() if value or key not in ("changed", "note")}


def _event(line: Any) -> Decision | Undo:
    if not isinstance(line, dict):
        raise TypeError("not a JSON object")
    if "undo" in line:
        return Undo(line["undo"], line["reviewer"], line["time"])
    decision = Decision(**line)
    if decision.verdict not in _VERDICTS:
        raise ValueError(f"verdict {decision.verdict!r} is none of {', '.join(_VERDICTS)}")
    digest(decision.made)  # a row that is no question is told here, by its line
    return decision


def _torn(content: bytes) -> bytes:
    """Return what a crash left of the last line: it has no line break and says nothing."""
    last = content.rpartition(b"\n")[2]
    try:
        json.loads(last or b"{}")
    except ValueError:
        return last
    return b""


def _keep_entry(folder: Path) -> None:
    """Put a folder's new entry on the disk: without it a crash may forget the file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
