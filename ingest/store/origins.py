"""Where documents came from, which of them were withdrawn, and what is gone. Knows nothing of files."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.errors import DocumentError, RecordError
from ingest.store.ledger import WITHIN, Ledger
from ingest.types import Document


@dataclass(frozen=True, slots=True)
class Unseen:
    """What an ingest did not come upon, though it came from where the ingest looked."""

    gone: Collection[str]
    """Ids of documents whose file is not there, or no longer gives them."""
    kept: Collection[str]
    """Ids of documents whose file, or its folder, could not be read: they may still be true."""
    restored: Collection[str]
    """Ids that were withdrawn, of documents that are not there either."""


class Origins:
    """What the ledger knows of origins."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def documents(self, within: str) -> dict[str, str]:
        """Return the origins of all documents that came from within one, by id."""
        return dict(self._ledger.rows(f"SELECT id, origin FROM documents WHERE {WITHIN}", within))

    def withdrawn(self, within: str = "") -> dict[str, str]:
        """Return the origins of documents that were deleted though they are still there, by id."""
        query = f"SELECT id, origin FROM withdrawn WHERE ?1 = '' OR {WITHIN} ORDER BY id"
        return dict(self._ledger.rows(query, within))

    def restore(self, names: Iterable[str]) -> int:
        """Let documents in again, by id or by origin; return how many were withdrawn."""
        query = "DELETE FROM withdrawn WHERE ?1 IN (id, origin)"
        with self._ledger.transaction() as db:
            return sum(db.execute(query, (name,)).rowcount for name in names)

    def unseen(self, within: Iterable[str], seen: Collection[str], errors: Iterable[DocumentError]) -> Unseen:
        """Return what came from `within` and is not among the ids `seen`; what `errors` explain is kept."""
        failures = _Failures(errors)
        gone: list[str] = []
        kept: list[str] = []
        restored: list[str] = []
        for one in within:
            for id, origin in self.documents(one).items():
                if id not in seen:
                    (kept if failures.explain(id, origin) else gone).append(id)
            withdrawn = self.withdrawn(one).items()
            restored += [
                id for id, origin in withdrawn if id not in seen and not failures.explain(id, origin)
            ]
        return Unseen(gone, kept, restored)

    def holders(self, name: str) -> set[str]:
        """Return the origins of the documents that a file called `name` would replace."""
        named = "SELECT origin FROM {} WHERE id = ?1 OR id >= ?1 || ':' AND id < ?1 || ';'"
        query = f"{named.format('documents')} UNION {named.format('withdrawn')}"
        return {row[0] for row in self._ledger.rows(query, name)}

    def ids(self, origin: str) -> set[str]:
        """Return the ids of the documents that came from one file."""
        return {row[0] for row in self._ledger.rows("SELECT id FROM documents WHERE origin = ?", origin)}

    def origin(self, id: str) -> str:
        """Return where a document came from; empty where there is none, or nobody says."""
        return self._ledger.state(id).origin

    def document(self, id: str) -> Document:
        """Return a document that there is."""
        return self._ledger.document(id)


class _Failures:
    """What failed: files, folders with all that lies in them, or records of which the id can be read."""

    def __init__(self, errors: Iterable[DocumentError]) -> None:
        self._failed: set[str] = set()
        self._records: set[str] = set()
        self._around: set[str] = set()
        for error in filter(lambda error: error.origin, errors):
            self._around.update(_parents(error.origin))
            if isinstance(error, RecordError) and error.ids:
                self._records.update(error.ids)
            else:
                self._failed.add(error.origin)

    def explain(self, id: str, origin: str) -> bool:
        """Tell whether a document may be missing because of them.

        A ledger of before says `domain` of each document in it: any failure may explain that.
        """
        if id in self._records or origin in self._around:
            return True
        return not self._failed.isdisjoint([origin, *_parents(origin)])


def _parents(origin: str) -> list[str]:
    return [str(parent) for parent in PurePosixPath(origin).parents]
