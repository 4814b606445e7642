"""The index that serves, kept in step with the ledger. Knows nothing of queries, files or embedders.

Whoever finds it missing, damaged or out of date builds a new generation from the ledger.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from filelock import FileLock, Timeout

from core.errors import KnowledgeBaseError
from ingest.derived import Derived
from ingest.generation import Generation, Generations
from ingest.index import Damaged
from ingest.ledger import Ledger

_LOCK_SECONDS = 3
_log = logging.getLogger(__name__)


class _Busy(KnowledgeBaseError):
    """Another process or thread is writing."""


class LiveIndex:
    """Opens, builds and swaps generations; threads may share one."""

    def __init__(self, name: str, ledger: Ledger, generations: Generations, derived: Derived) -> None:
        self._name = name
        self._ledger = ledger
        self._generations = generations
        self._derived = derived
        self._lock = RLock()
        self._generation: Generation | None = None
        self._unbuildable = ""  # the revision whose generation could not be written

    def generation(self) -> Generation:
        """Return a generation that is up to date, building it if need be.

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

    def settle(self, anew: bool = False) -> Generation:
        """Return the generation that fits the ledger, building it if need be; only inside `writing`.

        Of text that is no longer in the ledger nothing stays on the disk then.
        """
        with self._lock:
            held = self._reopened()
        generation = held if held and self._fits(held) and not anew else self._build()
        self._generations.clean(self._ledger.removal)
        self._derived.clean()
        self._ledger.empty_log()
        return generation

    def _build(self) -> Generation:
        """Build a generation from the ledger and let it serve."""
        if self._ledger.fact("rebuilding"):
            raise KnowledgeBaseError(
                f"a rebuild was cut off; run: python -m ingest rebuild --domain {self._name}"
            )
        generation = self._generations.build(self._ledger)
        with self._lock:
            self._generation = generation
        return generation

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
        """Return what is wrong with the generation on the disk, a line each; change nothing."""
        try:
            generation = self._generations.open(self._generations.current())
        except Damaged as error:
            return [f"index: {error}; the next search builds it from the ledger"]
        if not self._fits(generation):
            return ["index: it is out of date; the next search builds it from the ledger"]
        found = generation.problems(self._ledger)
        generation.close()
        return found

    def close(self) -> None:
        """Let go of files and connections."""
        if self._generation:
            self._generation.close()
            self._generation = None

    def _reopened(self) -> Generation | None:
        """Return the generation that CURRENT names now, or None where it is missing or damaged."""
        name = self._generations.current()
        while self._generation is None or self._generation.folder.name != name:
            try:
                self._generation = self._generations.open(name)
            except Damaged as error:
                tried, name = name, self._generations.current()
                if name == tried:  # else another was swapped in, and this one removed, a moment ago
                    _log.info("%s: %s", self._name, error)
                    self._generation = None
                    break
        return self._generation

    def _fits(self, generation: Generation) -> bool:
        return (generation.revision, generation.recipe) == (self._ledger.revision, self._generations.recipe)
