"""What a visitor uploads, read as documents. Knows nothing of pages or indexes.

On the disk a file is called by its content hash: no byte of the visitor's name reaches the file system.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from core.errors import DocumentError
from ingest.files.cleaning import clean_line
from ingest.files.loaders import LOADERS
from ingest.files.reading import read_documents
from ingest.files.walking import shown
from ingest.types import Document
from settings import Parsing


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser sent it."""

    name: str
    data: bytes


class UploadStore:
    """Reads uploads as documents. A file lies in `folder` only meanwhile: a deletion would not reach it."""

    def __init__(self, folder: Path, max_file_mb: int, limits: Parsing) -> None:
        self._folder = folder
        self._max_file_mb = max_file_mb
        self._limits = limits

    def documents(self, upload: Upload) -> Iterator[Document | DocumentError]:
        """Yield the documents of a file; a bad one gives one line that calls it by its own name."""
        upload = replace(upload, name=clean_line(upload.name))  # a name may hold line breaks
        try:
            name = _hashed(upload)
            self._folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=self._folder) as place:
                path = Path(place, name)
                path.write_bytes(upload.data)
                for item in read_documents(path, self._max_file_mb, self._limits):
                    yield _named(item, upload.name, path)
        except DocumentError as error:
            yield error
        except OSError as error:
            yield DocumentError(f"{upload.name} cannot be stored: {error.strerror}; make room and try again")


def _hashed(upload: Upload) -> str:
    """Return the name of a file on the disk.

    Raises:
        DocumentError: it is in no known format.
    """
    suffix = PurePath(upload.name).suffix.lower()
    if suffix not in LOADERS:
        raise DocumentError(f"{upload.name} is in no known format; known are {', '.join(LOADERS)}")
    return f"{hashlib.sha256(upload.data).hexdigest()[:32]}{suffix}"


def _named(item: Document | DocumentError, name: str, path: Path) -> Document | DocumentError:
    """Return what was read with the visitor's file name in place of the hash.

    The id begins with that name: the same file, corrected, replaces itself, and an upload that claims
    the id of another document never replaces it. What came under one name has one origin.
    """
    origin = f"uploads/{name.replace('/', '-')}"
    if isinstance(item, DocumentError):
        said = str(item).replace(shown(path), name).replace(path.name, name)
        return type(item)(said, origin)
    inside = item.id.removeprefix(path.name).lstrip(":")
    return replace(
        item,
        id="/".join(filter(None, (origin, inside))),
        title=PurePath(name).stem if item.title in (path.stem, path.name) else item.title,
        source=name if item.source == path.name else item.source,
        file="",  # its name on the disk is ours, and so is the digest that holds it
        origin=origin,
    )
