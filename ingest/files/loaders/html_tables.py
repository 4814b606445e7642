"""Tables of a page: where their cells lie, and which are layout. Knows nothing of how rows become sentences.

Cells are placed as browsers place them (HTML Standard, "forming a table"): what spans further than its
group of rows is cut there, and a place that is taken stays taken.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from lxml.html import HtmlElement

from ingest.files.loaders.cells import Cell
from ingest.files.loaders.grid import table_text

_BLOCKS = (
    "p div ul ol dl li dt dd blockquote pre section article h1 h2 h3 h4 h5 h6 table tr form hr figure br "
    "main header fieldset legend address caption figcaption aside center menu details summary dialog option"
)
BLOCKS = frozenset(_BLOCKS.split())
"""What begins on a line of its own."""
_OF_LAYOUT = ("h1", "h2", "h3", "h4", "h5", "h6", "table", "form", "hr", "article", "section")
_ORDER = {"thead": 0, "tfoot": 2}
_COLUMNS, _ROWS = 1000, 65_534  # a browser spans no further
_LONGEST_VALUE = 300


_ROLES = {"table": "table", "grid": "table", "row": "tr", "columnheader": "th", "rowheader": "th"}
_ROLES |= {"cell": "td", "gridcell": "td"}
_STYLES = re.compile(r"display\s*:\s*(table|table-row|table-cell)\s*(?:;|!|$)", re.IGNORECASE)
_STYLED = {"table": "table", "table-row": "tr", "table-cell": "td"}


def mark_table(element: HtmlElement) -> None:
    """Make a part of a table of what says by its role or style that it is one."""
    if element.tag in ("div", "span", "ul", "li", "p"):
        style = _STYLES.search(element.get("style") or "")
        styled = _STYLED[style.group(1).lower()] if style else ""
        element.tag = _ROLES.get(element.get("role") or "", styled) or element.tag


def write_out(table: HtmlElement) -> None:
    """Turn a table into lines; the cells of one that only lays out the page become blocks of it.

    Tables inside it were written out before.
    """
    groups = _groups(table)
    if _is_layout(table, [row for group in groups for row in group]):
        for cell in [cell for group in groups for row in group for cell in _row_cells(row)]:
            cell.tag = "div"
        return
    caption = table.findtext("caption") or ""
    text = table_text(list(_cells(groups)), caption=" ".join(caption.split()))
    table.clear(keep_tail=True)
    table.text = text


def _groups(table: HtmlElement) -> list[list[HtmlElement]]:
    """Return the rows by group, the head first and the foot last, wherever they are written."""
    groups: list[tuple[int, list[HtmlElement]]] = []
    for is_row, parts in groupby(table.iterchildren(), key=lambda part: part.tag == "tr"):
        if is_row:
            groups.append((1, list(parts)))
        else:
            tags = ("thead", "tbody", "tfoot")
            groups += [(_ORDER.get(part.tag, 1), part.findall("tr")) for part in parts if part.tag in tags]
    return [rows for _, rows in sorted(groups, key=lambda group: group[0])]


def _row_cells(row: HtmlElement) -> list[HtmlElement]:
    return [cell for cell in row.iterchildren("td", "th")]


def _is_layout(table: HtmlElement, rows: Sequence[HtmlElement]) -> bool:
    if table.get("role") in ("presentation", "none"):
        return True
    if table.find("thead") is not None or any(row.find("th") is not None for row in rows):
        return False
    return any(_is_part_of_page(cell) for row in rows for cell in _row_cells(row))


def _is_part_of_page(cell: HtmlElement) -> bool:
    """Tell a cell that holds more than a value."""
    if next(cell.iterdescendants(*_OF_LAYOUT), None) is not None:
        return True
    blocks = sum(1 for _ in cell.iterdescendants("p", "div", "li", "dd"))
    return blocks > 1 or len(cell.text_content()) > _LONGEST_VALUE


def _cells(groups: Sequence[Sequence[HtmlElement]]) -> Iterator[Cell]:
    first = 0
    for rows in groups:
        hanging: dict[int, int] = {}  # by column, the row above which it is taken
        end = first + len(rows)
        for number, row in enumerate(rows, start=first):
            column = 0
            for cell in _row_cells(row):
                while hanging.get(column, 0) > number:
                    column += 1
                room = max(_COLUMNS - column, 1)  # what lies beyond covers one place, and nothing hangs there
                across = min(_number(cell.get("colspan"), 1) or 1, room)
                down = min(_number(cell.get("rowspan"), 1) or _ROWS, end - number) if room > 1 else 1
                if down > 1:
                    hanging.update(dict.fromkeys(range(column, column + across), number + down))
                yield _cell(cell, number, column, down, across)
                column += across
        first = end


def _number(stated: str | None, otherwise: int) -> int:
    digits = (stated or "").strip()[:6]
    return int(digits) if digits.isdecimal() else otherwise


def _cell(cell: HtmlElement, row: int, column: int, rows: int, columns: int) -> Cell:
    below = []
    for inner in list(cell.iterdescendants("table")):
        below.append(_lines(inner))
        inner.clear(keep_tail=True)
    parent = cell.getparent().getparent()
    is_name = cell.tag == "th" or parent.tag == "thead" or (0 in (row, column) and _is_bold(cell))
    return Cell(_lines(cell), row, column, rows, columns, is_name, "\n".join(filter(None, below)))


def _is_bold(cell: HtmlElement) -> bool:
    """Tell a cell all of which is bold, as names are where nobody marks them."""
    bold = "".join(part.text_content() for part in cell.iterdescendants("b", "strong"))
    return bool(bold.strip()) and bold.split() == cell.text_content().split()


def _lines(element: HtmlElement) -> str:
    if not len(element):
        return (element.text or "").strip()
    for inner in element.iterdescendants(*BLOCKS):
        inner.text = f"\n{inner.text or ''}"
        inner.tail = f"\n{inner.tail or ''}"
    lines = (line.strip() for line in str(element.text_content()).split("\n"))
    return "\n".join(filter(None, lines))
