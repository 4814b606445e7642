"""Markdown with optional YAML front matter. Markup stays: headings guide the chunker, readers know it."""

import re
from datetime import date
from typing import Any

import yaml

from ingest.errors import DocumentError
from ingest.loaders.decoding import decode
from ingest.loaders.raw import RawDocument

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?\r?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FIELDS = ("id", "title", "lang", "source", "as_of")


def load_markdown(data: bytes, name: str) -> list[RawDocument]:
    """Return the body, with what the front matter says.

    Raises:
        DocumentError: front matter that is not YAML, or a field that is not plain text.
    """
    text = decode(data, name)
    match = _FRONT_MATTER.match(text)
    stated = _parse(match.group(1) or "", name) if match else None
    if match is None or stated is None:
        return [RawDocument(text)]
    return [RawDocument(text[match.end() :], **stated)]


def _parse(block: str, name: str) -> dict[str, str] | None:
    """Return the known fields, or None where the block between the rules is not front matter."""
    try:
        values: Any = yaml.safe_load(block) or {}
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 2}" if mark else ""
        raise DocumentError(
            f"{name}{line}: front matter is not YAML; quote values that hold a colon"
        ) from error
    if not isinstance(values, dict):
        return None
    return {field: _plain(values[field], field, name) for field in _FIELDS if values.get(field) is not None}


def _plain(value: Any, field: str, name: str) -> str:
    if not isinstance(value, str | int | float | date):
        raise DocumentError(
            f"{name}: front matter {field!r} must be plain text, not a {type(value).__name__}"
        )
    return str(value)
