"""Which rows of a table name its columns, by marks or else by what they say. Knows no format.

Where nothing shows it, none does: a wrong name would be a false statement.
"""

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile

from ingest.files.loaders.cells import REPEATED, Cell, Row, distinct, only_cell
from ingest.files.loaders.forms import are_names, counts_on, is_form

_STRICT_NAME = 60
_FIGURE = re.compile(r"\d[\d.,:]*")
_DAY = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}月(?:\d{1,2}日)?"
_MOMENT = re.compile(rf"(?!$)(?:(?:19|20)\d\d年?|(?:{_DAY})?\s*(?:\d{{1,2}}[:：]\d\d)?)")
_VALUE = re.compile(
    rf"[€$£¥￥]?\s*[-+−]?\d[\d.,\s]*\s*(?:[%‰€$£¥￥元]|美元|欧元|euros?|[A-Z]{{3}})?|{_MOMENT.pattern}"
)


def head_count(rows: Sequence[Row], expects_names: bool) -> int:
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
    is_short = all(len(cell.text) <= REPEATED for row in rows[:count] for cell in distinct(row))
    return count if count < len(rows) and is_short else 0


def _marked_count(rows: Sequence[Row]) -> int:
    marked = takewhile(
        lambda at: is_marked(rows[at]) and not (at and holds_value(rows[at], ())), range(len(rows))
    )
    return sum(1 for _ in marked)


def is_marked(row: Row) -> bool:
    """Tell a row of several cells, all of which the document marks as names."""
    cells = {cell for cell in row if cell is not None}
    return len(cells) > 1 and all(cell.is_name for cell in cells)


def _hangs_over(rows: Sequence[Row], count: int) -> bool:
    return any(
        cell is not None and cell is above for cell, above in zip(rows[count], rows[count - 1], strict=True)
    )


def _is_divided(rows: Sequence[Row], count: int) -> bool:
    """Tell a row that divides the names above it: words alone under a name of several, or over figures."""
    above, row = rows[count - 1], rows[count]
    pairs = [at for at, (cell, right) in enumerate(pairwise(above)) if cell is not None and cell is right]
    under = {*pairs, *(at + 1 for at in pairs)}
    if (
        not under
        or only_cell(row) is not None
        or any(row[at] is None or _has_figure(row[at]) for at in under)
    ):
        return False
    following = rows[count + 1 :]
    told = {at for at, cell in enumerate(row) if cell is not None}
    if told == under and following and following[0][0] is not None:
        return True
    return any(_has_figure(later[at]) for later in following for at in under)


def _has_figure(cell: Cell | None) -> bool:
    return cell is not None and _FIGURE.search(cell.text) is not None


def _names_columns(rows: Sequence[Row], expects_names: bool) -> bool:
    """Tell from the texts alone whether the first row names the columns."""
    first, *rest = rows
    if holds_value(first, rest):
        return False
    if first.count(None) > max(1, len(first) // 2 if expects_names else 0):
        return False
    keys = [row[0] for row in rows]
    if all(key is not None and key.line.endswith((":", "：")) for key in keys):
        return False
    texts = [["" if cell is None else _short(cell) for cell in row] for row in rows]
    if is_form(texts) or counts_on([row[0] for row in texts]):
        return False
    is_keyed = all(key is not None and key.is_name for key in keys[1:])
    if is_keyed and keys[0] is not None and keys[0].is_name:
        return False
    if is_keyed or (expects_names and (len(first) > 2 or are_names(*texts[0]))):
        return True  # of two columns without a mark, a form is as likely as a table
    words = [at for at, cell in enumerate(first) if _is_moment(cell) or not _has_figure(cell)]
    figures = [at for at in words if _are_figures(rest, at)]
    is_short = all(len(cell.line) <= _STRICT_NAME for cell in distinct(first))
    return is_short and bool(figures) and (len(first) > 2 or _are_alike(rest, figures[-1]))


def _short(cell: Cell) -> str:
    return " ".join(cell.text[:REPEATED].split())


def holds_value(row: Row, under: Sequence[Row]) -> bool:
    """Tell a row with a value; years, dates and times are names where several stand over something else."""
    values = [at for at, cell in enumerate(row) if cell is not None and _VALUE.fullmatch(cell.line)]
    moments = [
        at for at in values if _is_moment(row[at]) and not any(_is_moment(later[at]) for later in under)
    ]
    return len(values) > (len(moments) if len(moments) > 1 else 0)


def _is_moment(cell: Cell | None) -> bool:
    return cell is not None and _MOMENT.fullmatch(cell.line) is not None


def _are_figures(rows: Sequence[Row], at: int) -> bool:
    told = [row[at] for row in rows if row[at] is not None]
    return bool(told) and 2 * sum(map(_has_figure, told)) >= len(told)


def _are_alike(rows: Sequence[Row], at: int) -> bool:
    """Tell a column of one kind of value (prices) from the second column of a form (phone, year, room)."""
    shapes = {_FIGURE.sub("9", cell.line) for row in rows if (cell := row[at]) is not None}
    return len(rows) > 1 and len(shapes) == 1
