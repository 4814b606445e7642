"""The index that serves, kept in step with the ledger. Knows nothing of queries, files or embedders.

Whoever finds it missing, damaged or out of date builds a new snapshot from the ledger.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from filelock import FileLock, Timeout

from core.errors import KnowledgeBaseError
from ingest.index import Damaged
from ingest.index.snapshot import Snapshot, Snapshots
from ingest.store.derived import Derived
from ingest.store.ledger import Ledger

_LOCK_SECONDS = 3
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
        self._lock = RLock()
        self._snapshot: Snapshot | None = None
        self._unbuildable = ""  # the revision whose snapshot could not be written

    def snapshot(self) -> Snapshot:
        """Return a snapshot that is up to date, building it if need be.

        One that is whole but out of date goes on serving while another process writes, or where the
        disk has no room for a new one.

        Raises:
            KnowledgeBaseError: none can be opened or built.
        """
        with self._lock:
            revision = self._ledger.revision
            held = self._reopened()
            if held and (self._fits(held) or revision == self._unbuildable):
                return held
            try:
                with self.writing(seconds=0):
                    return self.settle()
            except KnowledgeBaseError as error:
                if held is None:
                    raise
                if not isinstance(error, _Busy):
                    self._unbuildable = revision
                    _log.warning("%s: an older index answers: %s", self._name, error)
                return held

    def settle(self, anew: bool = False) -> Snapshot:
        """Return the snapshot that fits the ledger, building it if need be; only inside `writing`.

        Of text that is no longer in the ledger nothing stays on the disk then.
        """
        with self._lock:
            held = self._reopened()
        snapshot = held if held and self._fits(held) and not anew else self._build()
        self._snapshots.clean(self._ledger.removal)
        self._derived.clean()
        self._ledger.empty_log()
        return snapshot

    def _build(self) -> Snapshot:
        """Build a snapshot from the ledger and let it serve."""
        if self._ledger.fact("rebuilding"):
            raise KnowledgeBaseError(
                f"a rebuild was cut off; run: python -m ingest rebuild --domain {self._name}"
            )
        snapshot = self._snapshots.build(self._ledger)
        with self._lock:
            self._snapshot = snapshot
        return snapshot

    @contextmanager
    def writing(self, seconds: float = _LOCK_SECONDS) -> Iterator[None]:
        """Hold the one writer's lock of this knowledge base.

        Raises:
            KnowledgeBaseError: another process or thread holds it, or the disk fails.
        """
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
        try:
            snapshot = self._snapshots.open(self._snapshots.current())
        except Damaged as error:
            return [f"index: {error}; the next search builds it from the ledger"]
        if not self._fits(snapshot):
            return ["index: it is out of date; the next search builds it from the ledger"]
        found = snapshot.problems(self._ledger)
        snapshot.close()
        return found

    def close(self) -> None:
        """Let go of files and connections."""
        if self._snapshot:
            self._snapshot.close()
            self._snapshot = None

    def _reopened(self) -> Snapshot | None:
        """Return the snapshot that CURRENT names now, or None where it is missing or damaged."""
        name = self._snapshots.current()
        while self._snapshot is None or self._snapshot.folder.name != name:
            try:
                self._snapshot = self._snapshots.open(name)
            except Damaged as error:
                tried, name = name, self._snapshots.current()
                if name == tried:  # else another was swapped in, and this one removed, a moment ago
                    _log.info("%s: %s", self._name, error)
                    self._snapshot = None
                    break
        return self._snapshot

    def _fits(self, snapshot: Snapshot) -> bool:
        return (snapshot.revision, snapshot.recipe) == (self._ledger.revision, self._snapshots.recipe)
