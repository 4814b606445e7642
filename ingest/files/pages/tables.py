"""Rows of a table as sentences. Knows nothing of how the table was found."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from ingest.files.loaders.forms import is_form
from ingest.files.loaders.rows import records_as_sentences, rows_as_sentences
from ingest.files.pages.items import HAN_START, SMALL
from ingest.files.pages.types import Line, Row, Span, fall
from ingest.files.pages.words import Joiner

_NEAR = 1.7  # sizes: a row that may be the rest of the cells above
_FULL = 1.5  # sizes
_CLOSER = 0.9  # times the least distance of whole rows: the lines of a cell

Texts = list[str]
"""Of the cells of a row."""


def table_text(rows: Sequence[Row], spans: Sequence[Span], joiner: Joiner) -> str:
    """Return a sentence for each row of lines that stand in columns."""
    cells: list[Texts] = []
    above: list[Row] = []
    apart = _apart(rows, len(spans))
    for number, row in enumerate(rows):
        placed = [[line for line in row if left <= line.box.left <= right] for left, right in spans]
        is_close = number > 0 and len(row) < len(spans) and fall(rows[number - 1], row) < _CLOSER * apart
        if above and (is_close or _is_rest(above, placed, spans)):
            pairs = zip(cells[-1], placed, strict=True)
            cells[-1] = [cell_text([old, *(line.text for line in new)], joiner) for old, new in pairs]
        else:
            cells.append([cell_text([line.text for line in cell], joiner) for cell in placed])
        above = placed
    is_bold = all(line.bold for line in rows[0]) and not any(line.bold for row in rows[1:] for line in row)
    return cells_text(cells, is_bold)


def _apart(rows: Sequence[Row], width: int) -> float:
    """Return how far whole rows are below what is above them, at least; nothing where few are whole."""
    falls = [fall(above, below) for above, below in pairwise(rows) if len(below) == width]
    return min(falls) if len(falls) > 1 else 0.0


def cells_text(cells: Sequence[Texts], is_bold: bool = False, is_ruled: bool = False) -> str:
    """Return a sentence for each row of cells; `is_bold` tells that the first is set as a header."""
    if not cells:
        return ""
    if _is_headed(cells, is_bold or (is_ruled and len(cells[0]) > 2)):
        return rows_as_sentences(cells[0], cells[1:])
    if len(cells[0]) == 2 and all(
        row[0] and ":" not in row[0][:-1] and "：" not in row[0][:-1] for row in cells
    ):
        named = [[(row[0].rstrip(":： "), row[1]) if row[1] else ("", row[0])] for row in cells]
        return records_as_sentences([row[0] for row in cells], named)
    return rows_as_sentences([], cells)


def cell_text(texts: Iterable[str], joiner: Joiner) -> str:
    """Return the lines of a cell as one."""
    return joiner.join(text.replace("\t", " ").strip() for text in texts)


def _is_headed(cells: Sequence[Texts], is_bold: bool) -> bool:
    first, rest = cells[0], cells[1:]
    if not rest or not all(first[1:]) or any(map(_has_figure, first)):
        return False
    if not is_bold and is_form(cells):
        return False
    return is_bold or any(
        2 * sum(map(_has_figure, column)) >= len(rest) for column in zip(*rest, strict=True)
    )


def _has_figure(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _is_rest(above: Sequence[Row], row: Sequence[Row], spans: Sequence[Span]) -> bool:
    """Tell a row whose every cell goes on with the one above it."""
    pairs = [
        (old[-1] if old else None, new[0], span)
        for old, new, span in zip(above, row, spans, strict=True)
        if new
    ]
    return len(pairs) < len(spans) and all(_is_rest_of(*pair) for pair in pairs)


def _is_rest_of(above: Line | None, below: Line, span: Span) -> bool:
    if above is None or above.box.bottom - below.box.bottom > _NEAR * below.size:
        return False
    is_full = above.box.right > span[1] - _FULL * above.size
    return bool(SMALL.match(below.text)) or (is_full and bool(HAN_START.match(below.text)))
