"""A file that was read before gives the document that it gave then. Knows nothing of formats or ledgers.

What decides a document is digested: the bytes of the file and of the one beside it that describes it, the
name that it has here, the version of the parsers. A file that gives several documents, or an error, is read
every time.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from core.errors import DocumentError
from ingest.files.loaders import LOADERS
from ingest.files.parsing import PARSERS
from ingest.types import Document

Known = Callable[[str], Document | None]
"""The document that a file of this digest gave, if it is remembered."""


def nothing_known(digest: str) -> None:
    """Remember no file."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A file and the document that it gives."""

    path: Path
    document: Document


Entry = Path | Recalled | DocumentError
"""What lies in a folder: a file to read, one that is known, or one that cannot be read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What decides, beside a file, whether it gives its document."""

    file_bytes: int
    document_chars: int
    ocr: bool = False


class Recall:
    """Looks up what is `known` of files by their names; `a.csv<sidecar>` beside `a.csv` describes it."""

    def __init__(self, known: Known, name: Callable[[Path], str], sidecar: str, limits: Limits) -> None:
        self._known, self._name, self._sidecar, self._limits = known, name, sidecar, limits
        self._digests: dict[Path, str] = {}

    def entries(self, entries: Iterable[Path | DocumentError]) -> Iterator[Entry]:
        """Yield the entries, recalled where they are known."""
        for entry in entries:
            if isinstance(entry, DocumentError):
                yield entry
                continue
            digest = self._digest(entry)
            document = self._known(digest) if digest else None
            if document is None:
                self._digests[entry] = digest
            yield Recalled(entry, document) if document else entry

    def noted(
        self, path: Path, items: Iterator[Document | DocumentError]
    ) -> Iterator[Document | DocumentError]:
        """Yield what a file gives; the only document of one that stayed as it was has the file's digest."""
        before = self._digests.pop(path, "")
        match first := list(islice(items, 2)):
            case [Document() as only] if before == self._digest(path):
                yield replace(only, file=before)
            case _:
                yield from chain(first, items)

    def _digest(self, path: Path) -> str:
        """Return what decides the document of a file; nothing where it gives none."""
        beside = path.with_name(path.name + self._sidecar)
        try:
            if not self._is_read(path):
                return ""
            described = _sha256(beside) if os.path.isfile(beside) else ""
            name = self._name(path).encode().hex()
            version = f"{PARSERS}-ocr" if self._limits.ocr else PARSERS
            parts = [version, str(self._limits.document_chars), name, described, _sha256(path)]
        except OSError:
            return ""
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    def _is_read(self, path: Path) -> bool:
        """Tell a file that is parsed from one that is refused; to open a named pipe would wait for ever."""
        is_regular = path.suffix.lower() in LOADERS and path.is_file()
        return is_regular and path.stat().st_size <= self._limits.file_bytes


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
