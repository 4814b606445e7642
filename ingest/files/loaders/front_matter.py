"""What a file says about itself in YAML: id, title, lang, source, as_of. Knows nothing of formats."""

from datetime import date
from typing import Any

import yaml

from core.errors import DocumentError

FIELDS = ("id", "title", "lang", "source", "as_of")


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Plain values only: merge keys (`<<`) copy, and ten lines of them can fill the memory."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leave the keys as they are; `<<` is then refused as a tag that nothing is known of."""


def parse(block: str, name: str, first_line: int = 1) -> dict[str, str] | None:
    """Return the known fields that are stated, or None where `block` is no mapping.

    Raises:
        DocumentError: not YAML, by line counted from `first_line`, or a field that is not plain text.
    """
    try:
        values: Any = yaml.load(block, _Loader) or {}
        if not isinstance(values, dict):
            return None
        stated = {field: values[field] for field in FIELDS if values.get(field) is not None}
        return {field: _plain(value, field, name) for field, value in stated.items()}
    except (DocumentError, MemoryError):
        raise
    except Exception as error:  # `!!bool x` is a KeyError, 5,000 digits are a ValueError
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + first_line}" if mark else ""
        raise DocumentError(
            f"{name}{line}: front matter is not YAML; quote values that hold a colon"
        ) from error


def _plain(value: Any, field: str, name: str) -> str:
    if not isinstance(value, str | int | float | date):
        raise DocumentError(
            f"{name}: front matter {field!r} must be plain text, not a {type(value).__name__}"
        )
    return str(value)
