"""CSV as people and spreadsheets write it, and so that a spreadsheet runs nothing. Knows no format.

A spreadsheet takes a cell that begins with `=` for a formula, and some formulas start programs or send cells
away (CWE-1236, OWASP's "CSV injection"): such a cell is written with an apostrophe before it, which reading
takes off.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from typing import Any

from evaluation.formats.types import Passed, Row

_DELIMITERS = ",;\t|，；"
_SEPARATOR = re.compile(r'"?sep=(.)"?[ \t]*(?:\r\n?|\n|\Z)', re.IGNORECASE)
_RUNS = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile(r"'+\s*[=+\-@\t\r\n＝＋－＠]")
_BLANK = " \t\r\n,;，；"
_ABOVE = 5  # rows among which the header is
_LINES = 1000  # that one row may stand on: a quote that is never closed must not swallow the others


def read_cells(text: str, known: Callable[[Sequence[str]], int]) -> Iterator[Row | Passed]:
    """Yield the rows under the header; the delimiter is the one by which most columns are `known`.

    A row whose quotes do not close is passed over, and so is one with more cells than the header.
    """
    lines = StringIO(text, newline="").readlines()
    found = _header(lines, _SEPARATOR.match(text), known)
    if found is None:
        return
    header, start, delimiter = found
    names = _distinct(header)
    while start < len(lines):
        line = start + 1
        try:
            cells, start = _strictly(lines, start, delimiter)
        except csv.Error as error:
            yield Passed(line, f"its quotes do not close ({error}); double a quote that belongs to a text")
            start += 1
            continue
        if any(cells):
            yield _row(line, cells, names)


def write_cells(rows: Sequence[Mapping[str, Any]], delimiter: str = ",") -> str:
    """Return rows of the same keys as CSV, lists as JSON; no cell of it is run."""
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(rows[0] if rows else ())
    writer.writerows([guarded(str(cell)) for cell in row.values()] for row in rows)
    return out.getvalue()


def guarded(cell: str) -> str:
    """Return a cell so that a spreadsheet shows it.

    >>> guarded("=1+1"), guarded("-5 °C"), guarded("'=x"), guarded("'tis"), guarded("1+1")
    ("'=1+1", "'-5 °C", "''=x", "'tis", '1+1')
    """
    return f"'{cell}" if _RUNS.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return a cell as it was before it was `guarded`.

    >>> unguarded("'=1+1"), unguarded("''=x"), unguarded("'tis")
    ('=1+1', "'=x", "'tis")
    """
    return cell[1:] if _GUARDED.match(cell) else cell


def _header(
    lines: Sequence[str], separator: re.Match[str] | None, known: Callable[[Sequence[str]], int]
) -> tuple[list[str], int, str] | None:
    """Return the names of the columns, the line after them and the delimiter; None where there are none.

    They stand in the first row, or below a title: in the first of a few that has two names that are known.
    """
    options = [separator[1]] if separator else _DELIMITERS
    begun = (at for at in range(bool(separator), len(lines)) if lines[at].strip(_BLANK))
    first = None
    for at in islice(begun, _ABOVE):
        headers = {one: _record(lines, at, one) for one in options}
        best = max(options, key=lambda one: (known(headers[one][0]), len(headers[one][0]), one == ","))
        found = (*headers[best], best)
        if known(found[0]) > 1:
            return found
        first = first or found
    return first


def _strictly(lines: Sequence[str], start: int, delimiter: str) -> tuple[list[str], int]:
    """Return a row and the line after it.

    Raises:
        csv.Error: its quotes do not close, and it cannot be read as the line alone.
    """
    try:
        return _record(lines, start, delimiter, strict=True)
    except csv.Error:
        if lines[start].count('"') % 2:
            raise
        cells, _ = _record([lines[start]], 0, delimiter)  # blanks after a quote, say
        return cells, start + 1


def _record(lines: Sequence[str], start: int, delimiter: str, strict: bool = False) -> tuple[list[str], int]:
    reader = csv.reader(
        islice(lines, start, start + _LINES), delimiter=delimiter, skipinitialspace=True, strict=strict
    )
    cells = next(reader, [])
    return [cell.strip() for cell in cells], start + max(reader.line_num, 1)


def _row(line: int, cells: Sequence[str], names: Sequence[str]) -> Row | Passed:
    if any(cells[len(names) :]):
        return Passed(
            line, f"it has {len(cells)} cells, the header {len(names)}; quote what holds a delimiter"
        )
    filled = [*map(unguarded, cells), *[""] * (len(names) - len(cells))]
    return Row(line, dict(zip(names, filled, strict=False)))


def _distinct(header: Sequence[str]) -> list[str]:
    """Return names of columns, of which none is there twice or empty."""
    names: list[str] = []
    for number, name in enumerate(header, start=1):
        own = name or f"column {number}"
        names.append(f"{own} {number}" if own in names else own)
    return names
