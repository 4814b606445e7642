"""Markdown with optional YAML front matter. Markup stays: headings guide the chunker, readers know it."""

import re

from ingest.files.loaders import front_matter
from ingest.files.loaders.decoding import decode
from ingest.files.loaders.raw import RawDocument

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?\r?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL)


def load_markdown(data: bytes, name: str) -> list[RawDocument]:
    """Return the body, with what the front matter says.

    Raises:
        DocumentError: front matter that is not YAML, or a field that is not plain text.
    """
    text = decode(data, name)
    match = _FRONT_MATTER.match(text)
    stated = front_matter.parse(match.group(1) or "", name, first_line=2) if match else None
    if match is None or stated is None:
        return [RawDocument(text)]
    return [RawDocument(text[match.end() :], **stated)]
