"""From documents to a filled ledger: cut, embed what is new, commit. Knows nothing of files or indexes.

Documents are taken in windows of some thousand chunks. Within a window the passages are embedded
sorted by length, so that batches need little padding, and committed piece by piece; the documents of
the window follow in one commit. An ingest that is cut off goes on where it was. An embedder with several
workers takes pieces ahead, also of the next windows; what is committed, and in what order, stays the same.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass

from core import dates
from core.errors import DocumentError, DocumentWarning
from ingest.chunking import CHUNKER, split_to_fit
from ingest.embedding import Embedder
from ingest.store.ledger import Ledger
from ingest.store.origins import Origins
from ingest.store.types import Entry, State
from ingest.types import RETURNING, Document, Vectors
from settings import Chunking

_WINDOW = 2048  # chunks
_PIECE = 512  # passages embedded between two commits: some seconds on a CPU

Progress = Callable[[float], None]
"""Hears by how many documents an ingest has moved on; a window moves in parts while it is embedded."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did: counts of documents and embedded passages, and what went wrong with files.

    `kept` are documents of files that failed, as they were read before; `withdrawn` are left out: somebody
    deleted them.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    embedded: int = 0
    kept: int = 0
    withdrawn: int = 0
    failures: tuple[DocumentError, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """Passages that were handed to the embedder, and what follows when their vectors are there."""

    keys: Sequence[bytes]
    progress: float
    completes: list[Sequence[Entry]]
    """Windows to commit then."""


class Intake:
    """Brings documents into a ledger and counts what it does."""

    def __init__(self, ledger: Ledger, embedder: Embedder, chunking: Chunking, progress: Progress) -> None:
        self._ledger = ledger
        self._withdrawn = Origins(ledger).withdrawn()
        self._embedder = embedder
        self._chunking = chunking
        self._progress = progress
        self.seen: set[str] = set()
        self._left_out = 0
        self._undated: dict[str, list[str]] = {}
        self._handed: deque[_Piece] = deque()
        self._added = self._changed = self._unchanged = self._embedded = 0
        self._failures: list[DocumentError] = []
        self._warnings: list[str] = []
        self._files: dict[str, tuple[str, str]] = {}

    @property
    def report(self) -> IngestReport:
        """What was done so far."""
        return IngestReport(
            added=self._added,
            changed=self._changed,
            unchanged=self._unchanged,
            embedded=self._embedded,
            withdrawn=self._left_out,
            failures=tuple(self._failures),
            warnings=(*self._warnings, *(_undated(text, ids) for text, ids in self._undated.items())),
        )

    def run(self, items: Iterable[Document | DocumentError]) -> None:
        """Commit every document that is new or has changed and was not withdrawn; note every error."""
        texts = self._pieces(self._windows(self._entries(items)))
        for vectors in self._embedder.embed_pieces(texts):
            piece = self._handed.popleft()
            self._keep(piece.keys, vectors)
            self._progress(piece.progress)
            for window in piece.completes:
                self._commit(window)
        self._ledger.note_files(self._files)

    def _windows(self, entries: Iterable[Entry]) -> Iterator[Sequence[Entry]]:
        window: list[Entry] = []
        chunks = 0
        for entry in entries:
            window.append(entry)
            chunks += len(entry.chunks)
            if chunks >= _WINDOW:
                yield window
                window, chunks = [], 0
        if window:
            yield window

    def _pieces(self, windows: Iterable[Sequence[Entry]]) -> Iterator[list[str]]:
        """Yield the passages to embed, piece by piece; commit a window that waits for none."""
        for window in windows:
            passages = self._pending(window)
            keys = list(passages)
            for start in range(0, len(keys), _PIECE):
                piece = keys[start : start + _PIECE]
                is_last = start + _PIECE >= len(keys)
                progress = len(window) * len(piece) / len(keys)
                self._handed.append(_Piece(piece, progress, [window] if is_last else []))
                yield [passages[key] for key in piece]
            if not keys:
                self._progress(len(window))
                if self._handed:  # documents are committed in the order they came
                    self._handed[-1].completes.append(window)
                else:
                    self._commit(window)

    def _entries(self, items: Iterable[Document | DocumentError]) -> Iterator[Entry]:
        """Yield what has to be committed."""
        recipe = _recipe(self._chunking, self._embedder)
        for item in items:
            try:
                document = self._accept(item)
                state = content_sha256(document), recipe
            except DocumentWarning as warning:
                self._warnings.append(str(warning))
                continue
            except DocumentError as error:
                self._failures.append(error)
                self._progress(1)
                continue
            if document.id in self._withdrawn and _owner(document.origin) in RETURNING:
                self._left_out += 1
            elif (before := self._ledger.state(document.id))[:2] == state:
                self._note(document, before)
                self._unchanged += 1
            else:
                if _owner(document.origin) != _owner(before.origin or document.origin):
                    changed = f"{document.id}: was read from {before.origin}, now from {document.origin}"
                    self._warnings.append(changed)
                yield self._entry(document, state)
                continue
            self._progress(1)

    def _accept(self, item: Document | DocumentError) -> Document:
        if isinstance(item, DocumentError):
            raise item
        if item.id in self.seen:
            twice = f"{item.source}: document id {item.id!r} is there twice; rename one"
            raise DocumentError(twice, item.origin)
        self.seen.add(item.id)
        if item.as_of and not dates.readings(item.as_of):
            self._undated.setdefault(item.as_of, []).append(item.id)
        return item

    def _note(self, document: Document, before: State) -> None:
        """Note which file gives a document that is as it was, where it was another."""
        noted = document.file or before.file, document.origin or before.origin
        if noted != before[2:]:
            self._files[document.id] = noted

    def _entry(self, document: Document, state: tuple[str, str]) -> Entry:
        size, overlap = self._chunking.size, self._chunking.overlap
        chunks, cut = split_to_fit(document, size, overlap, self._embedder.are_cut)
        if cut:
            found = f"{cut} passages are found by their beginning only"
            self._warnings.append(f"{document.id}: {found}; shorten its title and headings")
        keys = [_key(chunk.passage, self._embedder.fingerprint) for chunk in chunks]
        return Entry(document, chunks, keys, *state)

    def _pending(self, window: Sequence[Entry]) -> dict[bytes, str]:
        """Return the passages of a window that have no vector and are not being embedded, by length."""
        passages = _passages(window)
        handed = {key for piece in self._handed for key in piece.keys}
        missing = self._ledger.missing(key for key in passages if key not in handed)
        # bytes go with tokens in both scripts: about 4 a token
        return {key: passages[key] for key in sorted(missing, key=lambda key: len(passages[key].encode()))}

    def _commit(self, window: Sequence[Entry]) -> None:
        """Commit the documents of a window whose passages were embedded."""
        passages = _passages(window)
        # a window committed since this one was read may have removed vectors that only its old text used
        if removed := self._ledger.missing(passages):
            self._keep(removed, self._embedder.embed_passages([passages[key] for key in removed]))
        new = sum(not self._ledger.state(entry.document.id).sha256 for entry in window)
        self._ledger.put(window)
        self._added += new
        self._changed += len(window) - new

    def _keep(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        self._ledger.put_vectors(keys, vectors)
        self._embedded += len(keys)


def _passages(window: Iterable[Entry]) -> dict[bytes, str]:
    """Return the passages of a window by their keys, each once."""
    return {
        key: chunk.passage for entry in window for key, chunk in zip(entry.keys, entry.chunks, strict=True)
    }


def content_sha256(document: Document) -> str:
    """Return the digest of everything a document says.

    Raises:
        DocumentError: it holds half a surrogate pair, which no file can hold.
    """
    try:
        said = astuple(document)[:-2]  # all but the file and where it lies
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise DocumentError(
            f"{document.id!r} is not valid Unicode ({error.reason}); save it as UTF-8", document.origin
        ) from error


def _owner(origin: str) -> str:
    """Return who has a document: the domain's folder, uploads, crawls, or nobody: it is from elsewhere."""
    return origin.split("/")[0]


def _undated(text: str, ids: Sequence[str]) -> str:
    """Say once of all documents of one date that nobody can read it."""
    others = f" and {len(ids) - 1} more" if ids[1:] else ""
    return (
        f"{ids[0]}{others}: as_of {text!r} is no date that is known, so no --since or --until finds it; "
        f"write {dates.FORMS}"
    )


def _recipe(chunking: Chunking, embedder: Embedder) -> str:
    """What, beside its content, decides the chunks and vectors of a document."""
    return f"{CHUNKER} size={chunking.size} overlap={chunking.overlap} embedder={embedder.fingerprint}"


def _key(passage: str, fingerprint: str) -> bytes:
    return hashlib.sha256(f"{fingerprint}\0{passage}".encode()).digest()
