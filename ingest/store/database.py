"""One SQLite file: connections, transactions, clear errors. Knows nothing of what is stored in it."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import local
from typing import Any

from core.errors import KnowledgeBaseError

_BUSY_SECONDS = 30
_UNWRITABLE = "unable to open", "readonly"  # who only reads a file needs a log beside it as well
_PRAGMAS = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
PRAGMA secure_delete = ON;  -- what is deleted is overwritten
"""


class Database:
    """A file with a schema; each thread has its own connection."""

    def __init__(self, path: Path, schema: str, version: int, upgrades: Mapping[int, str]) -> None:
        """Open the file, creating it where there is none; `upgrades` lead from a version to the next.

        Raises:
            KnowledgeBaseError: the disk fails, or the file is damaged or of another version.
        """
        self.path = path
        self._threads = local()
        if self._version() == 0:
            self._change(0, schema, version)
        while (before := self._version()) in upgrades:
            self._change(before, upgrades[before], before + 1)
        if self._version() != version:
            remedy = "move it away and add the documents again"
            raise KnowledgeBaseError(f"{path} is of version {self._version()}, not {version}; {remedy}")

    def rows(self, query: str, *values: object) -> Iterator[Any]:
        """Yield the rows of a query."""
        with self._clear_errors():
            yield from self._connection().execute(query, values)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what is done inside, or nothing of it."""
        with self._clear_errors():
            db = self._connection()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # a full disk may have ended it already
                    db.execute("ROLLBACK")
                raise

    def empty_log(self) -> None:
        """Write all commits into the file itself and cut the log beside it, where deleted pages live on.

        Waits for those who read; if one reads on all the same, the log is emptied the next time.
        """
        list(self.rows("PRAGMA wal_checkpoint(TRUNCATE)"))

    def close(self) -> None:
        """Close this thread's connection."""
        if db := getattr(self._threads, "db", None):
            db.close()
            del self._threads.db

    def _version(self) -> int:
        return int(next(self.rows("PRAGMA user_version"))[0])

    def _change(self, before: int, statements: str, after: int) -> None:
        """Turn a file of version `before` into one of version `after`."""
        with self.transaction() as db:
            if self._version() == before:  # still, now that no other process can write
                for statement in statements.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {after}")

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection."""
        db: sqlite3.Connection | None = getattr(self._threads, "db", None)
        if db is None:
            db = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            db.executescript(_PRAGMAS)
            self._threads.db = db
        return db

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Say in one line what SQLite met and what to do."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError):
                remedy = "move it away and add the documents again"
            elif "locked" in str(error):
                remedy = "another process writes to it; wait until it is done"
            elif any(reason in str(error) for reason in _UNWRITABLE):
                writable = "set ASSISTANT_HOME to a folder that can be written"
                remedy = f"{writable}, or free space; what was committed is kept"
            else:
                remedy = "free space or mend the disk and run again; what was committed is kept"
            raise KnowledgeBaseError(f"{self.path}: {error}; {remedy}") from error
