"""Values of a row as texts, whoever wrote them. Knows nothing of formats.

What is null is no empty text: nobody knows the answer, where an empty one says that there is none.
"""

import ast
import json
from collections.abc import Iterator, Sequence
from typing import Any

from evaluation.formats.types import Values


def text(value: Any, name: str) -> str:
    """Return a value as text without blanks around it; `name` is what to call it in an error.

    >>> text(" 7 ", "answer"), text(7, "answer"), text([{"type": "text", "text": "7"}], "content")
    ('7', '7', '7')

    Raises:
        ValueError: null, or no text.
    """
    if value is None or value != value:  # NaN, which pandas writes for what is missing
        raise ValueError(f"{name} is null; fill it in, or make it an empty text if there is none")
    if isinstance(value, list) and value:
        return "\n".join(_parts(value, name)).strip()
    if not isinstance(value, str | int | float):
        raise ValueError(f"{name} is no text")
    return str(value).strip()


def texts(value: Any, name: str) -> tuple[str, ...]:
    """Return the texts of a list, or a single text; no empty ones.

    >>> texts(["a", "", 7], "contexts"), texts("[3, 4]", "answer")
    (('a', '7'), ('[3, 4]',))

    Raises:
        ValueError: null, or no texts.
    """
    found = (text(one, name) for one in (value if isinstance(value, list) else [value]))
    return tuple(filter(None, found))


def listed(value: Any) -> Any:
    """Return the list of texts that a cell of a table spells out, as JSON or Python does; else the value.

    >>> listed("['a', 'b']"), listed("[3, 4]")
    (['a', 'b'], '[3, 4]')
    """
    if not isinstance(value, str) or not (value.startswith("[") and value.endswith("]")):
        return value
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, list) and all(isinstance(one, str) for one in found):
            return found
    return value


def first(values: Values, names: Sequence[str], what: str) -> Any:
    """Return the value of the first of `names` that a row has.

    Raises:
        ValueError: it has none of them.
    """
    for name in names:
        if name in values:
            return values[name]
    raise ValueError(f"there is no {what}: one of the keys {', '.join(names[:6])} should hold it")


def _parts(parts: Sequence[Any], name: str) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]
        else:
            raise ValueError(f"{name} holds more than text")
