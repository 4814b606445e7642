"""Tables as a reader sees them: each value under its own names, whatever cells span. Knows no format.

A loader says where its cells lie. Titles and notes stay lines, rows become sentences. Where nothing shows
that a row names the columns, the rows stay rows (`Adult | 40`): a wrong name would be a false statement.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise, takewhile

from ingest.files.loaders.cells import REPEATED, Cell, Row, distinct, only_cell
from ingest.files.loaders.heads import head_count, holds_value, is_marked
from ingest.files.loaders.rows import records_as_sentences

_SLOTS = 1 << 20
"""Places of a table; one with more is read cell by cell."""
_SECTION = 60
"""Characters: a longer line within a table is a note, and says nothing of the rows under it."""
_NOTE = re.compile(r"[.!?:;。！？：；]$|^(?:[*†‡※]|notes?\b|备注|注\W|注$)", re.IGNORECASE)
_Record = list[tuple[str, str]]


def table_text(cells: Iterable[Cell], caption: str = "", expects_names: bool = False) -> str:
    """Return the lines of a table; `expects_names`: its first row names the columns unless it holds values.

    >>> fares = [Cell("Zone", 0, 0), Cell("Ticket", 0, 1), Cell("Price", 0, 2), Cell("A", 1, 0, rows=2)]
    >>> fares += [Cell("single", 1, 1), Cell("2", 1, 2), Cell("day", 2, 1), Cell("7", 2, 2)]
    >>> table_text(fares).splitlines()
    ['Zone: A; Ticket: single; Price: 2.', 'Zone: A; Ticket: day; Price: 7.']
    """
    told = [cell for cell in cells if cell.text.strip() or cell.below]
    rows = _grid(told)
    if rows is None:
        return "\n".join(filter(None, [caption, *_lines(told)]))
    titles = _titles(rows)
    body = rows[len(titles) :]
    heads = body[: head_count(body, expects_names)]
    if not heads:  # what stands over rows without names is said of each
        titles, body = [], rows
    over = distinct([*titles, *(cell for row in heads for cell in row)])
    lines = [caption, *(title.line for title in titles), *(cell.below for cell in over)]
    names = _names(heads)
    for _, run in groupby(_items(body[len(heads) :], names), key=lambda item: isinstance(item, str)):
        together = list(run)
        lines += [item for item in together if isinstance(item, str)]
        lines.append(records_as_sentences(names, [item for item in together if not isinstance(item, str)]))
    return "\n".join(filter(None, lines))


def _grid(cells: Sequence[Cell]) -> list[Row] | None:
    """Return the places, row by row; rows and columns in which no text begins do not exist for a reader."""
    tops = sorted({cell.row for cell in cells})
    lefts = sorted({cell.column for cell in cells})
    if len(tops) * len(lefts) > _SLOTS:
        return None
    grid: list[Row] = [[None] * len(lefts) for _ in tops]
    filled = 0
    for cell in cells:
        top, bottom = bisect_left(tops, cell.row), bisect_left(tops, cell.row + cell.rows)
        left, right = bisect_left(lefts, cell.column), bisect_left(lefts, cell.column + cell.columns)
        filled += (bottom - top) * (right - left)
        if filled > 2 * _SLOTS:
            return None
        for row in grid[top:bottom]:
            row[left:right] = [cell if taken is None else taken for taken in row[left:right]]
    return grid


def _lines(cells: Iterable[Cell]) -> Iterator[str]:
    """Yield the rows of a table that is too large to be laid out: no cell under a name, none repeated."""
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.column))
    for _, row in groupby(ordered, key=lambda cell: cell.row):
        yield " | ".join(cell.line for cell in row)


def _titles(rows: Sequence[Row]) -> list[Cell]:
    """Return what stands alone over the table."""
    titles: list[Cell] = []
    for row, following in pairwise(rows):
        alone = only_cell(row)
        if alone is None or alone is following[0]:
            break
        titles.append(alone)
    return titles


def _names(heads: Sequence[Row]) -> list[str]:
    """Return the name of each column: what stands over it, from above, each text once."""
    columns = zip(*heads, strict=True)
    return [" / ".join(dict.fromkeys(cell.line for cell in distinct(column))) for column in columns]


def _items(rows: Sequence[Row], names: list[str]) -> Iterator[str | _Record]:
    """Yield rows, as records where their values have names, and what stands between them, as lines."""
    told: set[Cell] = set()
    section = ""
    for at, row in enumerate(rows):
        new = {cell for cell in distinct(row) if cell not in told}
        told |= new
        alone = only_cell(row)
        if alone is not None:
            is_section = _is_section(alone, row, rows[at + 1 : at + 2])
            section = alone.line if is_section else section
            if alone in new and not is_section:
                yield alone.line
        elif names and (_are_names_anew(rows, at, new) or _said(row) == names):
            names = _said(row)
        elif names:
            yield [("", section), *_record(row, names, new)]
        else:
            yield from _unnamed(row, new, section)
        yield from (cell.below for cell in distinct(row) if cell in new and cell.below)


def _is_section(alone: Cell, row: Row, following: Sequence[Row]) -> bool:
    """Tell what names the rows under it from a note: it spans the table or is set as a name, and is short."""
    if len(alone.line) > _SECTION or _NOTE.search(alone.line):
        return False
    under = [later[0] for later in following if only_cell(later) is None]
    is_set_apart = alone.is_name and not any(cell is not None and cell.is_name for cell in under)
    return bool(under) and (row[-1] is alone or is_set_apart)


def _are_names_anew(rows: Sequence[Row], at: int, new: set[Cell]) -> bool:
    """Tell a row that is marked as naming the columns of those under it."""
    row, under = rows[at], rows[at + 1 : at + 2]
    if not is_marked(row) or not under or is_marked(under[0]):
        return False
    return row.count(None) <= 1 and set(distinct(row)) <= new and not holds_value(row, under)


def _said(row: Row) -> list[str]:
    return [cell.line if cell is not None else "" for cell in row]


def _record(row: Row, names: list[str], new: set[Cell]) -> _Record:
    """Return the values of a row under their names; what spans the first columns is its label, said once."""
    record: _Record = []
    for at, (name, cell) in enumerate(zip(names, row, strict=True)):
        if cell is None:
            continue
        is_again = at > 0 and row[at - 1] is cell
        if is_again and (cell is row[0] or name == names[at - 1]):
            continue
        if len(cell.text) <= REPEATED or (cell in new and not is_again):
            record.append((name, cell.line))
    return record


def _unnamed(row: Row, new: set[Cell], section: str) -> Iterator[str | _Record]:
    """Yield a row without names of columns; what its first cells are marked as names the rest."""
    cells = [cell for cell in distinct(row) if cell in new or len(cell.text) <= REPEATED]
    leading = list(takewhile(lambda cell: cell.is_name, cells))
    rest = [cell.line for cell in cells[len(leading) :]]
    if leading and rest:
        name = " / ".join(cell.line for cell in leading)
        yield [("", section), (name, rest[0]), *(("", text) for text in rest[1:])]
    elif any(len(cell.text) > REPEATED for cell in cells):  # paragraphs side by side
        yield from filter(None, [section, *(cell.text.strip() for cell in cells)])
    else:
        yield " | ".join(filter(None, [section, *(cell.line for cell in cells)]))
