"""Files parsed in several children at once, ahead of their reader and in his order. Knows nothing of formats.

A thread for each child hands it file after file, while those before are cut and embedded. What a file gives
waits until its turn comes; how much text may wait is bounded, however many children there are.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Condition, Thread
from types import TracebackType
from typing import TypeGuard

from core.errors import DocumentError
from ingest.files.child import Sandbox, is_harmless
from ingest.files.loaders import LOADERS, RawDocument
from ingest.files.unchanged import Entry
from ingest.files.walking import shown
from settings import Parsing

_AHEAD = 8  # files for each child that may be handed out before the one that is read
_WAITING_CHARS = 16 << 20  # of text that waits; the file whose turn it is may always have one document more
_HANDED_BYTES = 64 << 20  # a larger file is parsed when its turn comes, if it is not refused then
_LEAVE = 5.0  # seconds; while Python itself ends, a thread may never say that it did

Item = RawDocument | DocumentError


class Pool(Sandbox):
    """A sandbox with up to `limits.processes` children; one more is started when all are busy."""

    def __init__(self, limits: Parsing) -> None:
        super().__init__(limits)
        self._room = _Room()
        self._queue: SimpleQueue[_File | None] = SimpleQueue()
        self._handed: dict[Path, _File] = {}
        self._workers: list[_Worker] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._handed.values():
            self._room.drop(file)
        for _ in self._workers:
            self._queue.put(None)
        for worker in self._workers:
            worker.sandbox.stop()
        for worker in self._workers:
            worker.join(_LEAVE)
        super().__exit__(kind, error, trace)

    def ahead(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield the entries when the next ones are with the children."""
        queue: deque[Entry] = deque()
        for entry in entries:
            self._hand(entry)
            queue.append(entry)
            if len(queue) > _AHEAD * self._limits.processes:
                yield from self._turn(queue.popleft())
        while queue:
            yield from self._turn(queue.popleft())

    def documents(self, path: Path, name: str) -> Iterator[Item]:
        """Yield the documents of a file that was handed out, or parse it now."""
        file = self._handed.get(path)
        return super().documents(path, name) if file is None else self._room.items(file)

    def _turn(self, entry: Entry) -> Iterator[Entry]:
        """Yield an entry; what its reader leaves of it is of no use to anyone."""
        yield entry
        if isinstance(entry, Path) and (file := self._handed.pop(entry, None)):
            self._room.drop(file)

    def _hand(self, entry: Entry) -> None:
        if not is_parsed_ahead(entry):
            return
        self._handed[entry] = file = _File(entry)
        self._queue.put(file)
        unfinished = sum(not each.is_done for each in self._handed.values())
        if len(self._workers) < min(unfinished, self._limits.processes):
            self._workers.append(_Worker(self._limits, self._queue, self._room))
            self._workers[-1].start()


def is_parsed_ahead(entry: Entry) -> TypeGuard[Path]:
    """Tell a file that is worth another process; what is wrong with any other is told when its turn comes."""
    if not isinstance(entry, Path) or entry.suffix.lower() not in LOADERS:
        return False
    with suppress(OSError):
        return entry.is_file() and 0 < entry.stat().st_size <= _HANDED_BYTES and not is_harmless(entry)
    return False


class _File:
    """A file that was handed out, and what of it waits to be read; changed by its `_Room` alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.waiting: deque[Item] = deque()
        self.failure: BaseException | None = None
        self.is_read = self.is_done = self.is_dropped = False


class _Room:
    """Where documents wait for their turn: the only place that threads share."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._chars = 0

    def put(self, file: _File, item: Item) -> bool:
        """Put an item of a file when there is room for it; return whether it is still wanted."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    file.is_dropped
                    or self._chars < _WAITING_CHARS
                    or (file.is_read and not file.waiting)  # else it would wait for those behind it
                )
            )
            if not file.is_dropped:
                file.waiting.append(item)
                self._chars += _chars(item)
                self._changed.notify_all()
            return not file.is_dropped

    def end(self, file: _File, failure: BaseException | None) -> None:
        """Note that nothing more of a file will come, and what went wrong, where it was not the file."""
        with self._changed:
            file.is_done, file.failure = True, failure
            self._changed.notify_all()

    def drop(self, file: _File) -> None:
        """Let go of a file: of what waits, and of what would have come."""
        with self._changed:
            file.is_dropped = True
            self._chars -= sum(map(_chars, file.waiting))
            file.waiting.clear()
            self._changed.notify_all()

    def items(self, file: _File) -> Iterator[Item]:
        """Yield what a file gives, as it comes."""
        while True:
            with self._changed:
                file.is_read = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: file.waiting or file.is_done)
                if not file.waiting:
                    break
                item = file.waiting.popleft()
                self._chars -= _chars(item)
                self._changed.notify_all()
            yield item
        if file.failure:
            raise file.failure


def _chars(item: Item) -> int:
    return len(item.text) if isinstance(item, RawDocument) else 0


class _Worker(Thread):
    """Has a child parse file after file until it is handed None."""

    def __init__(self, limits: Parsing, queue: "SimpleQueue[_File | None]", room: _Room) -> None:
        super().__init__(daemon=True)  # nobody waits for it where the program ends without leaving the pool
        self.sandbox = Sandbox(limits)
        self._queue, self._room = queue, room

    def run(self) -> None:
        """Parse; whatever goes wrong is raised where the file is read."""
        with self.sandbox:
            while file := self._queue.get():
                failure = None
                try:
                    self._parse(file)
                except BaseException as error:
                    failure = error
                self._room.end(file, failure)

    def _parse(self, file: _File) -> None:
        if file.is_dropped:
            return
        for item in self.sandbox.documents(file.path, shown(file.path)):
            if not self._room.put(file, item):
                return
