"""What goes into a ledger and what is known of it there. Knows nothing of SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingest.types import Chunk, Document


@dataclass(frozen=True, slots=True)
class Entry:
    """A document with its chunks, ready to be committed; `keys` name the vectors of the chunks."""

    document: Document
    chunks: Sequence[Chunk]
    keys: Sequence[bytes]
    sha256: str
    recipe: str


class State(NamedTuple):
    """What is known of a document beside its text: its digest, what cut and embedded it, its file."""

    sha256: str = ""
    recipe: str = ""
    file: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document as it is listed."""

    id: str
    title: str
    lang: str
    source: str
    as_of: str
    chunks: int
