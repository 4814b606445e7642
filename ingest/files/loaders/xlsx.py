"""Spreadsheets as they are shown: visible sheets, rows and columns, numbers in their formats, merged cells.

Knows nothing of how rows become sentences. Formulas are read by the values that were saved with them.
"""

import re
import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from lxml import etree

from core.errors import DocumentError, DocumentWarning
from ingest.files.loaders.archives import check_archive
from ingest.files.loaders.cells import Cell
from ingest.files.loaders.grid import table_text
from ingest.files.loaders.number_formats import shown
from ingest.files.loaders.raw import RawDocument

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CHINESE_DATES = {*range(27, 37), *range(50, 59)}
"""Formats that Chinese programs know by these numbers alone."""
_DEFAULT_NAME = re.compile(r"(?:sheet|工作表|工作表单|tabelle|feuil|hoja|foglio)\s*\d*", re.IGNORECASE)
_COLUMNS = 16_384


@dataclass(slots=True)
class _Layout:
    """What a sheet says beside its values: what is hidden, by number, and merged, by the upper left.

    `unsaved` counts formulas without a value: a program wrote them, no spreadsheet has saved them since.
    """

    rows: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)
    merged: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    unsaved: int = 0


def load_xlsx(data: bytes, name: str) -> list[RawDocument | DocumentError]:
    """Return the tables of all visible sheets as sentences, each sheet under its name, and what is missing.

    Raises:
        DocumentError: damaged, no workbook, or packed as a bomb is.
    """
    from openpyxl import load_workbook  # 0.2 s

    try:
        check_archive(data, name)
        with warnings.catch_warnings(action="ignore"):
            book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            layouts = {sheet.title: _layout(sheet) for sheet in sheets}
            texts = {sheet.title: _sheet_text(sheet, layouts[sheet.title]) for sheet in sheets}
            title = book.properties.title or ""
    except (DocumentError, MemoryError):
        raise
    except Exception as error:  # a parser fed damaged bytes may raise anything
        raise DocumentError(f"{name} is damaged or no XLSX; save it again from a spreadsheet") from error
    told = {sheet: text for sheet, text in texts.items() if text}
    is_named = len(told) > 1 or not all(map(_DEFAULT_NAME.fullmatch, told))
    text = "\n\n".join(f"# {sheet}\n\n{text}" if is_named else text for sheet, text in told.items())
    return [RawDocument(text, title=str(title)), *_unsaved(layouts.values(), name)]


def _unsaved(layouts: Iterable[_Layout], name: str) -> list[DocumentWarning]:
    count = sum(layout.unsaved for layout in layouts)
    missing = (
        f"{name} has {count} formula{'s' * (count > 1)} without a value; save it again from a spreadsheet"
    )
    return [DocumentWarning(missing)] if count else []


def _sheet_text(sheet: Any, layout: _Layout) -> str:
    """Return the tables of a sheet: blank rows part them, and blank columns where both sides are tables."""
    blocks: list[list[Cell]] = []
    for band in _parted(_cells(sheet, layout), lambda cell: (cell.row, cell.rows), sorted(layout.rows)):
        beside = _parted(band, lambda cell: (cell.column, cell.columns), sorted(layout.columns))
        are_tables = all(len({cell.column for cell in block}) > 1 for block in beside)
        for block in beside if are_tables else [band]:
            if blocks and _are_names_of(blocks[-1], block):
                block = blocks.pop() + block
            blocks.append(block)
    return "\n\n".join(table_text(block, expects_names=True) for block in blocks)


def _are_names_of(row: Sequence[Cell], block: Sequence[Cell]) -> bool:
    """Tell a row of names that a blank row parts from its table."""
    columns = {cell.column for cell in row}
    is_one_row = len({cell.row for cell in row}) == 1 < len(columns)
    return is_one_row and columns == {cell.column for cell in block}


def _parted(
    cells: Iterable[Cell], span: Callable[[Cell], tuple[int, int]], hidden: Sequence[int]
) -> list[list[Cell]]:
    """Return the cells in runs between which rows (or columns) are seen to be blank."""
    parts: list[list[Cell]] = []
    end = 0
    for cell in sorted(cells, key=lambda cell: span(cell)[0]):
        first, size = span(cell)
        if not parts or first - end > bisect_left(hidden, first) - bisect_left(hidden, end):
            parts.append([])
        parts[-1].append(cell)
        end = max(end, first + size)
    return parts


def _cells(sheet: Any, layout: _Layout) -> Iterator[Cell]:
    sheet.reset_dimensions()  # what a sheet says of its size can be wrong
    for row in sheet.rows:
        for cell in row:
            if cell.value is None or cell.row in layout.rows or cell.column in layout.columns:
                continue
            text = "" if cell.font.strike else shown(_value(cell), cell.number_format)
            if text.strip():
                rows, columns = layout.merged.get((cell.row, cell.column), (1, 1))
                yield Cell(text, cell.row, cell.column, rows, columns, is_name=bool(cell.font.b))


def _value(cell: Any) -> object:
    from openpyxl.utils.datetime import from_excel

    is_date = cell.data_type == "n" and cell.style_array.numFmtId in _CHINESE_DATES
    return from_excel(cell.value, cell.parent.parent.epoch) if is_date else cell.value


def _layout(sheet: Any) -> _Layout:
    """Read a sheet once before its values: what is merged is written after them, and not kept by openpyxl."""
    layout = _Layout()
    tags = [_MAIN + tag for tag in ("col", "row", "mergeCell")]
    with sheet._get_source() as source:
        for _, element in etree.iterparse(source, tag=tags, resolve_entities=False, no_network=True):
            if element.tag == tags[2]:
                _note_merged(element.get("ref") or "", layout)
            elif element.get("hidden") in ("1", "true"):
                if element.tag == tags[1]:
                    layout.rows.add(int(element.get("r")))
                else:
                    last = min(int(element.get("max")), _COLUMNS)
                    layout.columns.update(range(int(element.get("min")), last + 1))
            elif element.tag == tags[1]:
                layout.unsaved += sum(map(_has_no_value, element.iterfind(f"{_MAIN}c[{_MAIN}f]")))
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return layout


def _has_no_value(formula: Any) -> bool:
    """Say whether nothing was saved; an empty text is a value."""
    return not formula.findtext(f"{_MAIN}v") and formula.get("t") != "str"


def _note_merged(reference: str, layout: _Layout) -> None:
    from openpyxl.utils.cell import range_boundaries

    left, top, right, bottom = range_boundaries(reference)
    layout.merged[top, left] = (bottom - top + 1, right - left + 1)
