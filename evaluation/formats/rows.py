"""From the text of a file to its rows: a JSON list, JSON Lines, or CSV. Knows no format.

A broken row is passed over and named by its line. In a JSON list the next one is where a line begins as that
of the broken row does; where none does, nothing after it can be read.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from evaluation.formats.cells import read_cells
from evaluation.formats.types import Passed, Row

_WRAPPED = re.compile(
    r'\{\s*"(?:data|dataset|rows|examples|samples|questions|items|records|testset|test_cases)"\s*:\s*(?=\[)'
)
_BLANKS = re.compile(r"[\s,]*")


def rows_of(text: str, known: Callable[[Sequence[str]], int]) -> list[Row | Passed]:
    """Return the rows of a file in their order; `known` counts the columns of a table that mean something."""
    start = len(text) - len(text.lstrip())
    if text.startswith("[", start):
        return list(_elements(text, start))
    if not text.startswith("{", start) and not _is_lines(text):
        return list(read_cells(text, known))
    if wrapped := _WRAPPED.match(text, start):
        return list(_elements(text, wrapped.end()))
    if (whole := _whole(text)) is not None:
        return [Row(text.count("\n", 0, start) + 1, whole)]
    return list(_lines(text))


def _lines(text: str) -> Iterator[Row | Passed]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield _row(number, json.loads(line))
            except (ValueError, RecursionError) as error:
                yield Passed(number, f"it is not JSON: {error}")


def _elements(text: str, start: int) -> Iterator[Row | Passed]:
    """Yield the elements of the list that begins at `start`."""
    decode = json.JSONDecoder().raw_decode
    line, counted, at = 1, 0, start + 1
    while True:
        at = _after_blanks(text, at)
        line, counted = line + text.count("\n", counted, at), at
        if text.startswith("]", at):
            return
        try:
            value, at = decode(text, at)
        except (ValueError, RecursionError) as error:
            following = _next(text, at)
            rest = "" if following else "; nothing after it can be read"
            yield Passed(line, f"it is not JSON: {error}{rest}")
            if not following:
                return
            at = following
            continue
        yield _row(line, value)


def _next(text: str, at: int) -> int:
    """Return where a line begins with an object as the line at `at` does; 0 where none does."""
    margin = text[text.rfind("\n", 0, at) + 1 : at]
    found = -1 if margin.strip() else text.find(f"\n{margin}{{", at)
    return found + 1 if found >= 0 else 0


def _is_lines(text: str) -> bool:
    """Say whether most lines begin with an object, though the first does not."""
    begun = [line.lstrip().startswith("{") for line in text.split("\n") if line.strip()]
    return 2 * sum(begun) > len(begun)


def _after_blanks(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _row(line: int, value: Any) -> Row | Passed:
    return Row(line, value) if isinstance(value, dict) else Passed(line, "it is no JSON object")


def _whole(text: str) -> dict[str, Any] | None:
    """Return the single object that a file is; None where it is several, or none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
