"""What a file says about itself in YAML: id, title, lang, source, as_of. Knows nothing of formats."""

from datetime import date
from typing import Any

import yaml

from ingest.errors import DocumentError

FIELDS = ("id", "title", "lang", "source", "as_of")


def parse(block: str, name: str, first_line: int = 1) -> dict[str, str] | None:
    """Return the known fields that are stated, or None where `block` is no mapping.

    Raises:
        DocumentError: not YAML, by line counted from `first_line`, or a field that is not plain text.
    """
    try:
        values: Any = yaml.safe_load(block) or {}
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + first_line}" if mark else ""
        raise DocumentError(
            f"{name}{line}: front matter is not YAML; quote values that hold a colon"
        ) from error
    if not isinstance(values, dict):
        return None
    return {field: _plain(values[field], field, name) for field in FIELDS if values.get(field) is not None}


def _plain(value: Any, field: str, name: str) -> str:
    if not isinstance(value, str | int | float | date):
        raise DocumentError(
            f"{name}: front matter {field!r} must be plain text, not a {type(value).__name__}"
        )
    return str(value)
