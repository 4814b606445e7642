"""Plain text, which may have a head. Knows nothing of structure beyond the lines that a width broke."""

from core.errors import DocumentError
from ingest.files.loaders.decoding import decode
from ingest.files.loaders.front_matter import split_head
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.wrapping import unwrap


def load_text(data: bytes, name: str) -> list[RawDocument | DocumentError]:
    """Return the text, its paragraphs on one line each; a head counts where it states a known field."""
    text = decode(data, name)
    head = split_head(text, name)
    body = head.body if head.stated else text
    return [RawDocument(unwrap(body), **head.stated), *head.warnings]
