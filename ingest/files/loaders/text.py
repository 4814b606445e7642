"""Plain text. Knows nothing of structure."""

from ingest.files.loaders.decoding import decode
from ingest.files.loaders.raw import RawDocument


def load_text(data: bytes, name: str) -> list[RawDocument]:
    """Return the text as it is."""
    return [RawDocument(decode(data, name))]
