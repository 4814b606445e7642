"""SQLite, the truth: documents, their chunks and vectors. Knows nothing of indexes, models or files.

What is committed here is kept (WAL, synchronous=FULL); everything else can be built from it again.
Chunk labels are never given twice, so an index that is out of date can name a chunk that is gone,
but never a wrong one.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from itertools import product
from pathlib import Path
from uuid import uuid4

import numpy as np

from core.errors import KnowledgeBaseError
from ingest.store.crash_points import reached
from ingest.store.database import Database
from ingest.store.schema import SCHEMA, UPGRADES, VERSION
from ingest.store.types import DocumentRecord, Entry, State
from ingest.types import Chunk, Document, Filter, Labels, Vectors

_DOCUMENT = "id, title, text, lang, source, as_of, file, origin"
WITHIN = "(origin = ?1 OR origin >= ?1 || '/' AND origin < ?1 || '0')"
"""What came from within an origin; in ASCII 0 follows the stroke."""
_CHUNK = "id, document_id, text, start, stop, title"
_STORED = np.dtype("<f2")  # bf16 models give fewer digits than float16 holds
_ROWS = 1024


class Ledger(Database):
    """Documents, chunks and vectors in one SQLite file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, SCHEMA, VERSION, UPGRADES)

    @property
    def revision(self) -> str:
        """A random token that is new after every change; empty for a ledger that never held anything."""
        return self.fact("revision")

    @property
    def removal(self) -> str:
        """A token that is new after text was deleted or replaced: what was derived before may hold it."""
        return self.fact("removal") or "none"

    def fact(self, name: str) -> str:
        """Return what `remember` stored, or an empty string."""
        rows = self.rows("SELECT value FROM facts WHERE name = ?", name)
        return str(next(rows, ("",))[0])

    def remember(self, **facts: str) -> None:
        """Store facts about the whole ledger."""
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())

    def state(self, document_id: str) -> State:
        """Return what is known of a document; all empty where there is none."""
        query = "SELECT sha256, recipe, file, origin FROM documents WHERE id = ?"
        return State(*next(self.rows(query, document_id), ()))

    def read_from(self, file: str) -> Document | None:
        """Return the document that a file of this digest gave, where there is one."""
        row = next(self.rows(f"SELECT {_DOCUMENT} FROM documents WHERE file = ?", file), None)
        return row and Document(*row)

    def document(self, document_id: str) -> Document:
        """Return the document of an id.

        Raises:
            KnowledgeBaseError: there is none.
        """
        row = next(self.rows(f"SELECT {_DOCUMENT} FROM documents WHERE id = ?", document_id), None)
        if row is None:
            raise KnowledgeBaseError(f"no document {document_id!r}; `list` shows the ids")
        return Document(*row)

    def note_files(self, files: Mapping[str, tuple[str, str]]) -> None:
        """Commit for documents, by id, the digest and the origin of the files that gave them."""
        if files:
            rows = ((*noted, id) for id, noted in files.items())
            with self.transaction() as db:
                db.executemany("UPDATE documents SET file = ?, origin = ? WHERE id = ?", rows)

    def missing(self, keys: Iterable[bytes]) -> list[bytes]:
        """Return the `keys` that have no vector yet, each once."""
        query = "SELECT 1 FROM vectors WHERE key = ?"
        return [key for key in dict.fromkeys(keys) if not any(self.rows(query, key))]

    def put_vectors(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Commit vectors; chunks that use them may follow later."""
        reached("before vectors")
        blobs = (row.tobytes() for row in vectors.astype(_STORED))
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", zip(keys, blobs, strict=True))
        reached("after vectors")

    def put(self, entries: Iterable[Entry]) -> None:
        """Commit documents, all or none; one that is there already keeps its place."""
        with self.transaction() as db:
            replaced = sum(_put(db, entry) for entry in entries)
            _renew(db, "revision")
            if replaced:
                _remove_rest(db)
            reached("before commit")
        reached("after commit")

    def delete(self, ids: Iterable[str], withdrawn: Iterable[str] = ()) -> int:
        """Commit the deletion of documents with chunks and vectors; return how many there were.

        Those that came from within the origins `withdrawn` are remembered as such.
        """
        ids = list(ids)
        with self.transaction() as db:
            within = f"INSERT OR REPLACE INTO withdrawn SELECT id, origin FROM documents WHERE {WITHIN}"
            db.executemany(f"{within} AND id = ?2", product(withdrawn, ids))
            deleted = sum(db.execute("DELETE FROM documents WHERE id = ?", (id,)).rowcount for id in ids)
            if deleted:
                _renew(db, "revision")
                _remove_rest(db)
            reached("before commit")
        reached("after commit")
        return deleted

    def documents(self, lang: str = "") -> Iterator[Document]:
        """Yield the documents in the order they came; the ledger may change meanwhile."""
        last = 0
        query = (
            f"SELECT ordinal, {_DOCUMENT} FROM documents "
            "WHERE ordinal > ? AND ? IN ('', lang) ORDER BY ordinal LIMIT 64"
        )
        while rows := list(self.rows(query, last, lang)):
            yield from (Document(*row[1:]) for row in rows)
            last = rows[-1][0]

    def count(self, lang: str = "") -> int:
        """Return how many documents of a language, or in all, there are."""
        return int(next(self.rows("SELECT count(*) FROM documents WHERE ? IN ('', lang)", lang))[0])

    def records(self) -> list[DocumentRecord]:
        """Return what is listed of every document, in the order they came."""
        query = (
            "SELECT d.id, d.title, lang, source, as_of, count(c.label) FROM documents d "
            "LEFT JOIN chunks c ON c.document = d.ordinal GROUP BY d.ordinal ORDER BY d.ordinal"
        )
        return [DocumentRecord(*row) for row in self.rows(query)]

    def labels(self, lang: str) -> Labels:
        """Return the labels of a language, in order."""
        rows = self.rows("SELECT label FROM passages WHERE lang = ? ORDER BY label", lang)
        return np.fromiter((row[0] for row in rows), np.int64)

    def identities(self, lang: str, after: int = 0) -> Labels:
        """Return for each label of a language over `after` what it and its text are known by: (n, 2)."""
        query = "SELECT label, key FROM passages WHERE lang = ? AND label > ? ORDER BY label"
        rows = self.rows(query, lang, after)
        pairs = (number for label, key in rows for number in (label, int.from_bytes(key[:8], signed=True)))
        return np.fromiter(pairs, np.int64).reshape(-1, 2)

    def allowed(self, only: Filter) -> set[int]:
        """Return the labels of the passages whose documents `only` allows."""
        days = self.rows("SELECT DISTINCT as_of FROM documents")
        fitting = json.dumps([as_of for (as_of,) in days if only.allows(as_of)])
        query = (
            "SELECT c.label FROM chunks c JOIN documents d ON d.ordinal = c.document "
            "WHERE instr(lower(d.source), lower(?1)) AND d.as_of IN (SELECT value FROM json_each(?2))"
        )
        return {row[0] for row in self.rows(query, only.source, fitting)}

    def around(self, chunk_id: str, count: int) -> Chunk:
        """Return a passage together with `count` passages before and after it.

        Raises:
            KnowledgeBaseError: there is none of this id.
        """
        chunk = self.chunk(chunk_id)
        span = (
            "SELECT min(n.start), max(n.stop), d.text FROM chunks c "
            "JOIN documents d ON d.ordinal = c.document "
            "JOIN chunks n ON n.document = c.document AND n.label BETWEEN c.label - ?2 AND c.label + ?2 "
            "WHERE c.id = ?1"
        )
        start, stop, text = next(self.rows(span, chunk_id, count))
        return replace(chunk, text=text[start:stop], start=start, end=stop)

    @property
    def dim(self) -> int:
        """Length of a stored vector; 0 where there is none."""
        row = next(self.rows("SELECT length(vector) FROM passages JOIN vectors USING (key) LIMIT 1"), (0,))
        return int(row[0]) // _STORED.itemsize

    def languages(self) -> dict[str, int]:
        """Return how many chunks each language has."""
        return dict(self.rows("SELECT lang, count(*) FROM passages GROUP BY lang ORDER BY lang"))

    def chunks(self, lang: str, after: int = 0) -> Iterator[tuple[int, Chunk]]:
        """Yield the chunks of a language with labels over `after`, in the order of the labels."""
        query = f"SELECT label, {_CHUNK} FROM passages WHERE lang = ? AND label > ? ORDER BY label"
        for label, *fields in self.rows(query, lang, after):
            yield label, Chunk(*fields)

    def vectors(self, lang: str, after: int = 0) -> Iterator[tuple[Labels, Vectors]]:
        """Yield labels over `after` and vectors of a language in batches, in the order of the labels."""
        query = (
            "SELECT label, vector FROM passages JOIN vectors USING (key) "
            "WHERE lang = ? AND label > ? ORDER BY label LIMIT ?"
        )
        last = after
        while rows := list(self.rows(query, lang, last, _ROWS)):
            last = rows[-1][0]
            matrix = np.frombuffer(b"".join(row[1] for row in rows), _STORED).reshape(len(rows), -1)
            yield np.array([row[0] for row in rows], np.int64), matrix.astype(np.float32)

    def find(self, labels: Iterable[int]) -> dict[int, Chunk]:
        """Return the chunks that `labels` name; those that are gone are left out."""
        query = f"SELECT label, {_CHUNK} FROM passages WHERE label = ?"
        rows = [row for label in labels for row in self.rows(query, label)]
        return {label: Chunk(*fields) for label, *fields in rows}

    def chunk(self, chunk_id: str) -> Chunk:
        """Return one chunk by its id.

        Raises:
            KnowledgeBaseError: there is none.
        """
        row = next(self.rows(f"SELECT {_CHUNK} FROM passages WHERE id = ?", chunk_id), None)
        if row is None:
            raise KnowledgeBaseError(
                f"no passage {chunk_id!r}; its document was changed or deleted, search again"
            )
        return Chunk(*row)

    def corpus_sha256(self) -> str:
        """Return the digest of all ids and contents, whatever their order."""
        digest = hashlib.sha256()
        for row in self.rows("SELECT id, sha256 FROM documents ORDER BY id"):
            digest.update(json.dumps(row).encode())
        return digest.hexdigest()

    def problems(self) -> list[str]:
        """Return what is wrong with the file, the offsets of chunks and their vectors, a line each."""
        found = [f"ledger: {row[0]}" for row in self.rows("PRAGMA integrity_check") if row[0] != "ok"]
        query = "SELECT id, text, start, stop FROM chunks WHERE document = ?"
        for ordinal, text in self.rows("SELECT ordinal, text FROM documents"):
            for id_, part, start, stop in self.rows(query, ordinal):  # SQL counts characters from the start
                if text[start:stop] != part:
                    found.append(f"passage {id_!r} is not the text of its document")
        bare = "SELECT id FROM chunks WHERE key NOT IN (SELECT key FROM vectors)"
        found += [f"passage {row[0]!r} has no vector" for row in self.rows(bare)]
        return found


def _put(db: sqlite3.Connection, entry: Entry) -> int:
    """Put one document; return how many chunks of its former text are gone."""
    document = entry.document
    (ordinal,) = db.execute(
        f"INSERT INTO documents ({_DOCUMENT}, sha256, recipe) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET title = excluded.title, text = excluded.text, lang = excluded.lang, "
        "source = excluded.source, as_of = excluded.as_of, file = excluded.file, sha256 = excluded.sha256, "
        "recipe = excluded.recipe, origin = coalesce(nullif(excluded.origin, ''), origin) RETURNING ordinal",
        (*astuple(document), entry.sha256, entry.recipe),
    ).fetchone()
    replaced = db.execute("DELETE FROM chunks WHERE document = ?", (ordinal,)).rowcount
    db.executemany(
        "INSERT INTO chunks (id, document, text, start, stop, title, key) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (chunk.id, ordinal, chunk.text, chunk.start, chunk.end, chunk.title, key)
            for chunk, key in zip(entry.chunks, entry.keys, strict=True)
        ),
    )
    return replaced


def _remove_rest(db: sqlite3.Connection) -> None:
    """Delete vectors that no chunk uses, and have what was derived from removed text removed with it."""
    db.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM chunks)")
    _renew(db, "removal")


def _renew(db: sqlite3.Connection, fact: str) -> None:
    """Give the ledger a new token."""
    db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (fact, uuid4().hex))
