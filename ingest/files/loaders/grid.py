"""Tables as a reader sees them: each value under its own names, whatever cells span. Knows no format.

A loader says where its cells lie. Titles and notes stay lines, rows become sentences. Where nothing shows
that a row names the columns, the rows stay rows (`Adult | 40`): a wrong name would be a false statement.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, takewhile

from ingest.files.loaders.forms import is_form
from ingest.files.loaders.rows import records_as_sentences

_SLOTS = 1 << 20
"""Places of a table; one with more is read cell by cell."""
_REPEATED = 200
"""Characters: a longer text names nothing, and is given once however many rows it spans."""
_SECTION = 60
"""Characters: a longer line within a table is a note, and says nothing of the rows under it."""
_STRICT_NAME = 60
_NOTE_END = re.compile(r"[.!?:;。！？：；]$")
_FIGURE = re.compile(r"\d[\d.,:]*")
_DAY = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}月(?:\d{1,2}日)?"
_MOMENT = re.compile(rf"(?!$)(?:(?:19|20)\d\d年?|(?:{_DAY})?\s*(?:\d{{1,2}}[:：]\d\d)?)")
_VALUE = re.compile(
    rf"[€$£¥￥]?\s*[-+−]?\d[\d.,\s]*\s*(?:[%‰€$£¥￥元]|美元|欧元|euros?|[A-Z]{{3}})?|{_MOMENT.pattern}"
)
_Record = list[tuple[str, str]]
_Row = list["Cell | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A text, and the places of a table that it covers, counted from the upper left."""

    text: str
    row: int
    column: int
    rows: int = 1
    columns: int = 1
    is_name: bool = False
    """Whether the document marks it as naming others."""
    below: str = ""
    """What stands apart in the cell: the sentences of a table inside it, a note."""

    @property
    def line(self) -> str:
        """The text on one line."""
        return " ".join(self.text.split())


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
    heads = body[: _head_count(body, expects_names)]
    if not heads:  # what stands over rows without names is said of each
        titles, body = [], rows
    over = _distinct([*titles, *(cell for row in heads for cell in row)])
    lines = [caption, *(title.line for title in titles), *(cell.below for cell in over)]
    names = _names(heads)
    for _, run in groupby(_items(body[len(heads) :], names), key=lambda item: isinstance(item, str)):
        together = list(run)
        lines += [item for item in together if isinstance(item, str)]
        lines.append(records_as_sentences(names, [item for item in together if not isinstance(item, str)]))
    return "\n".join(filter(None, lines))


def _grid(cells: Sequence[Cell]) -> list[_Row] | None:
    """Return the places, row by row; rows and columns in which no text begins do not exist for a reader."""
    tops = sorted({cell.row for cell in cells})
    lefts = sorted({cell.column for cell in cells})
    if len(tops) * len(lefts) > _SLOTS:
        return None
    grid: list[_Row] = [[None] * len(lefts) for _ in tops]
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


def _distinct(cells: Iterable[Cell | None]) -> list[Cell]:
    return list(dict.fromkeys(cell for cell in cells if cell is not None))


def _titles(rows: Sequence[_Row]) -> list[Cell]:
    """Return what stands alone over the table."""
    titles: list[Cell] = []
    for row, following in pairwise(rows):
        alone = _alone(row)
        if alone is None or alone is following[0]:
            break
        titles.append(alone)
    return titles


def _alone(row: _Row) -> Cell | None:
    """Return the only text of a row of several columns, if it begins with the row."""
    is_alone = len(row) > 1 and row[0] is not None and all(cell in (None, row[0]) for cell in row)
    return row[0] if is_alone else None


def _head_count(rows: Sequence[_Row], expects_names: bool) -> int:
    """Return how many of the first rows name the columns."""
    if len(rows) < 2 or len(rows[0]) < 2:
        return 0
    count = _marked_count(rows)
    if count == len(rows):  # a mark that all rows have says nothing
        count = 0
    if not count and not _names_columns(rows, expects_names):
        return 0
    count = max(count, 1)
    while count < len(rows) and (_hangs_over(rows, count) or _is_divided(rows, count)):
        count += 1
    is_short = all(len(cell.text) <= _REPEATED for row in rows[:count] for cell in _distinct(row))
    return count if count < len(rows) and is_short else 0


def _marked_count(rows: Sequence[_Row]) -> int:
    marked = takewhile(
        lambda at: _is_marked(rows[at]) and not (at and _holds_value(rows[at], ())), range(len(rows))
    )
    return sum(1 for _ in marked)


def _is_marked(row: _Row) -> bool:
    cells = {cell for cell in row if cell is not None}
    return len(cells) > 1 and all(cell.is_name for cell in cells)


def _hangs_over(rows: Sequence[_Row], count: int) -> bool:
    return any(
        cell is not None and cell is above for cell, above in zip(rows[count], rows[count - 1], strict=True)
    )


def _is_divided(rows: Sequence[_Row], count: int) -> bool:
    """Tell a row that divides the names above it: words alone under a name of several, or over figures."""
    above, row = rows[count - 1], rows[count]
    pairs = [at for at, (cell, right) in enumerate(pairwise(above)) if cell is not None and cell is right]
    under = {*pairs, *(at + 1 for at in pairs)}
    if not under or _alone(row) is not None or any(row[at] is None or _has_figure(row[at]) for at in under):
        return False
    following = rows[count + 1 :]
    told = {at for at, cell in enumerate(row) if cell is not None}
    if told == under and following and following[0][0] is not None:
        return True
    return any(_has_figure(later[at]) for later in following for at in under)


def _has_figure(cell: Cell | None) -> bool:
    return cell is not None and _FIGURE.search(cell.text) is not None


def _names_columns(rows: Sequence[_Row], expects_names: bool) -> bool:
    """Tell from the texts alone whether the first row names the columns."""
    first, *rest = rows
    if _holds_value(first, rest):
        return False
    if first.count(None) > max(1, len(first) // 2 if expects_names else 0):
        return False
    keys = [row[0] for row in rows]
    if all(key is not None and key.line.endswith((":", "：")) for key in keys):
        return False
    if is_form([["" if cell is None else cell.text[:_REPEATED] for cell in row] for row in rows]):
        return False
    is_keyed = all(key is not None and key.is_name for key in keys[1:])
    if is_keyed and keys[0] is not None and keys[0].is_name:
        return False
    if expects_names or is_keyed:
        return True
    words = [at for at, cell in enumerate(first) if _is_moment(cell) or not _has_figure(cell)]
    figures = [at for at in words if _are_figures(rest, at)]
    is_short = all(len(cell.line) <= _STRICT_NAME for cell in _distinct(first))
    return is_short and bool(figures) and (len(first) > 2 or _are_alike(rest, figures[-1]))


def _holds_value(row: _Row, under: Sequence[_Row]) -> bool:
    """Tell a row with a value; years, dates and times are names where several stand over something else."""
    values = [at for at, cell in enumerate(row) if cell is not None and _VALUE.fullmatch(cell.line)]
    moments = [
        at for at in values if _is_moment(row[at]) and not any(_is_moment(later[at]) for later in under)
    ]
    return len(values) > (len(moments) if len(moments) > 1 else 0)


def _is_moment(cell: Cell | None) -> bool:
    return cell is not None and _MOMENT.fullmatch(cell.line) is not None


def _are_figures(rows: Sequence[_Row], at: int) -> bool:
    told = [row[at] for row in rows if row[at] is not None]
    return bool(told) and 2 * sum(map(_has_figure, told)) >= len(told)


def _are_alike(rows: Sequence[_Row], at: int) -> bool:
    """Tell a column of one kind of value (prices) from the second column of a form (phone, year, room)."""
    shapes = {_FIGURE.sub("9", cell.line) for row in rows if (cell := row[at]) is not None}
    return len(rows) > 1 and len(shapes) == 1


def _names(heads: Sequence[_Row]) -> list[str]:
    """Return the name of each column: what stands over it, from above, each text once."""
    columns = zip(*heads, strict=True)
    return [" / ".join(dict.fromkeys(cell.line for cell in _distinct(column))) for column in columns]


def _items(rows: Sequence[_Row], names: list[str]) -> Iterator[str | _Record]:
    """Yield rows, as records where their values have names, and what stands between them, as lines."""
    told: set[Cell] = set()
    section = ""
    for at, row in enumerate(rows):
        new = {cell for cell in _distinct(row) if cell not in told}
        told |= new
        alone = _alone(row)
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
        yield from (cell.below for cell in _distinct(row) if cell in new and cell.below)


def _is_section(alone: Cell, row: _Row, following: Sequence[_Row]) -> bool:
    """Tell what names the rows under it from a note: it spans the table, is short and is no sentence."""
    is_short = len(alone.line) <= _SECTION and not _NOTE_END.search(alone.line)
    return is_short and row[-1] is alone and any(_alone(later) is None for later in following)


def _are_names_anew(rows: Sequence[_Row], at: int, new: set[Cell]) -> bool:
    """Tell a row that is marked as naming the columns of those under it."""
    row, under = rows[at], rows[at + 1 : at + 2]
    if not _is_marked(row) or not under or _is_marked(under[0]):
        return False
    return row.count(None) <= 1 and set(_distinct(row)) <= new and not _holds_value(row, under)


def _said(row: _Row) -> list[str]:
    return [cell.line if cell is not None else "" for cell in row]


def _record(row: _Row, names: list[str], new: set[Cell]) -> _Record:
    """Return the values of a row under their names; what spans the first columns is its label, said once."""
    record: _Record = []
    for at, (name, cell) in enumerate(zip(names, row, strict=True)):
        if cell is None:
            continue
        is_again = at > 0 and row[at - 1] is cell
        if is_again and (cell is row[0] or name == names[at - 1]):
            continue
        if len(cell.text) <= _REPEATED or (cell in new and not is_again):
            record.append((name, cell.line))
    return record


def _unnamed(row: _Row, new: set[Cell], section: str) -> Iterator[str | _Record]:
    """Yield a row without names of columns; what its first cells are marked as names the rest."""
    cells = [cell for cell in _distinct(row) if cell in new or len(cell.text) <= _REPEATED]
    leading = list(takewhile(lambda cell: cell.is_name, cells))
    rest = [cell.line for cell in cells[len(leading) :]]
    if leading and rest:
        name = " / ".join(cell.line for cell in leading)
        yield [("", section), (name, rest[0]), *(("", text) for text in rest[1:])]
    elif any(len(cell.text) > _REPEATED for cell in cells):  # paragraphs side by side
        yield from filter(None, [section, *(cell.text.strip() for cell in cells)])
    else:
        yield " | ".join(filter(None, [section, *(cell.line for cell in cells)]))
