"""The index that serves, kept in step with the ledger. Knows nothing of queries, files or embedders.

Whoever finds it missing, damaged or out of date builds a new snapshot from the ledger; a search that has an
older one to answer from does not wait for it.
"""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Lock, RLock, Thread

from filelock import FileLock, Timeout

from core.errors import KnowledgeBaseError
from ingest.index import Damaged
from ingest.index.snapshot import Contents, Snapshot
from ingest.index.snapshots import Snapshots
from ingest.store.derived import Derived
from ingest.store.ledger import Ledger

_LOCK_SECONDS = 3
_PATIENCE = 1  # seconds that a search waits for a build before an older snapshot answers
_log = logging.getLogger(__name__)


class _Busy(KnowledgeBaseError):
    """Another process or thread is writing."""


class LiveIndex:
    """Opens, builds and swaps snapshots; threads may share one."""

    def __init__(self, name: str, ledger: Ledger, snapshots: Snapshots, derived: Derived) -> None:
        self._name = name
        self._ledger = ledger
        self._snapshots = snapshots
        self._derived = derived
        self._lock, self._starting = RLock(), Lock()
        self._snapshot: Snapshot | None = None
        self._catching_up: Thread | None = None
        self._unbuildable = ""  # the revision whose snapshot could not be written

    def snapshot(self) -> Snapshot:
        """Return a snapshot that is up to date, building it if need be.

        One that is whole but out of date goes on serving while another process writes, while a build takes
        longer than a moment, or where the disk has no room for a new one.

        Raises:
            KnowledgeBaseError: none can be opened or built.
        """
        held = self._snapshot or self._first()
        if not self._is_of_now(held.contents) and self._is_written():
            held = self._reopened() or held
        if not self._fits(held) and self._ledger.revision != self._unbuildable:
            build = self._started()
            if build and not self._is_of_now(held.contents):
                build.join(_PATIENCE)
        return self._snapshot or held

    def settle(self, anew: bool = False) -> None:
        """Build the snapshot that fits the ledger, if need be; only inside `writing`.

        Of text that is no longer in the ledger nothing stays on the disk then. What was written is found
        before segments are merged, which may take longer.
        """
        if anew or not self._is_written():
            self._build(anew)
            if self._snapshot:
                self._reopened()
        self._clean()
        if self._snapshots.merge():
            self._clean()

    def _build(self, anew: bool) -> None:
        """Build a snapshot from the ledger and let it serve."""
        if self._ledger.fact("rebuilding"):
            raise KnowledgeBaseError(
                f"a rebuild was cut off; run: python -m ingest rebuild --domain {self._name}"
            )
        self._snapshots.build(self._ledger, anew)
        self._ledger.remember(indexed=self._ledger.revision)

    def _clean(self) -> None:
        self._snapshots.clean(self._ledger.removal)
        self._derived.clean()
        self._ledger.empty_log()

    def _first(self) -> Snapshot:
        """Return the snapshot on the disk, whether it fits or not; where none is whole, build one."""
        with self._lock:
            held = self._reopened()
            if held is None:
                with self.writing(seconds=0):
                    self.settle(anew=True)
                held = self._reopened()
        if held is None:
            raise KnowledgeBaseError(f"the index of {self._name} cannot be read; mend the disk and run again")
        return held

    def _catch_up(self) -> None:
        """Open or build what fits the ledger, in a thread of its own."""
        revision = self._ledger.revision
        try:
            held = self._reopened()
            if held is None or not self._fits(held):
                with self.writing(seconds=0):
                    self.settle(anew=held is None or bool(held.damage))
                self._reopened()
        except _Busy:
            pass  # who writes builds
        except KnowledgeBaseError as error:
            self._unbuildable = revision
            _log.warning("%s: an older index answers: %s", self._name, error)
        finally:
            self._ledger.close()

    @contextmanager
    def writing(self, seconds: float = _LOCK_SECONDS) -> Iterator[None]:
        """Hold the one writer's lock of this knowledge base; a build of this process is waited for.

        Raises:
            KnowledgeBaseError: another process or thread holds it, or the disk fails.
        """
        if seconds:
            self._wait()
        lock = FileLock(self._ledger.path.with_name("writer.lock"))
        try:
            lock.acquire(timeout=seconds)
        except Timeout as error:
            raise _Busy(
                f"another process is writing to {self._name}; wait until it is done or stop it"
            ) from error
        except OSError as error:
            raise KnowledgeBaseError(
                f"{lock.lock_file}: {error.strerror}; free space or mend the disk and run again"
            ) from error
        try:
            yield
        finally:
            lock.release()

    def problems(self) -> list[str]:
        """Return what is wrong with the snapshot on the disk, a line each; change nothing."""
        self._wait()
        try:
            snapshot = self._snapshots.open(self._snapshots.current())
        except Damaged as error:
            return [f"index: {error}; the next search builds it from the ledger"]
        with closing(snapshot):
            if not self._is_written():
                return ["index: it is out of date; the next search builds it from the ledger"]
            return snapshot.problems(self._ledger)

    def close(self) -> None:
        """Let go of files and connections."""
        self._wait()
        if self._snapshot:
            self._snapshot.close()
            self._snapshot = None

    def _started(self) -> Thread | None:
        """Return a thread that catches up; None where one does already."""
        with self._starting:
            if self._catching_up and self._catching_up.is_alive():
                return None
            self._catching_up = Thread(target=self._catch_up)
            self._catching_up.start()
            return self._catching_up

    def _wait(self) -> None:
        with self._starting:
            build = self._catching_up
        if build:
            build.join()

    def _reopened(self) -> Snapshot | None:
        """Return the snapshot that CURRENT names now, or None where it is missing or damaged.

        The one before it is closed when the last search in it has ended.
        """
        with self._lock:
            name = self._snapshots.current()
            while self._snapshot is None or self._snapshot.name != name:
                try:
                    self._snapshot = self._snapshots.open(name, self._snapshot)
                except Damaged as error:
                    tried, name = name, self._snapshots.current()
                    if name == tried:  # else another was swapped in, and this one removed, a moment ago
                        _log.info("%s: %s", self._name, error)
                        return None
            return self._snapshot

    def _is_written(self) -> bool:
        """Say whether the snapshot that CURRENT names fits the ledger; its segments are not read."""
        try:
            return self._is_of_now(self._snapshots.contents(self._snapshots.current()))
        except Damaged:
            return False

    def _fits(self, snapshot: Snapshot) -> bool:
        is_current = snapshot.name == self._snapshots.current()
        return is_current and self._is_of_now(snapshot.contents) and not snapshot.damage

    def _is_of_now(self, contents: Contents) -> bool:
        return (contents.revision, contents.recipe) == (self._ledger.revision, self._snapshots.recipe)
