"""In which order the lines of a sheet are read: down the columns, along the rows of a table.

Knows nothing of what is a paragraph or a header.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from statistics import median

from core.language import CJK
from ingest.files.pages.items import may_begin_item
from ingest.files.pages.types import Block, Line, Row, Span, fall

_GUTTER = 0.85  # sizes
_FAR = 3.0  # sizes: from one foot of a line to the next where something else begins
_NEAR = 2.2  # sizes: lines of one paragraph
_FLOWS = 0.5  # share of a column's lines that go on in the next
_PROSE = {True: 8, False: 20}  # characters: a line of Chinese prose, of English
_ALONE = 0.25  # share of rows that a column has for itself where its lines are not those of its neighbour
_BESIDE = 0.25  # share of a table's rows with two cells; the others go on with the cells above
_FULL = 2.1  # sizes from the column's edge
_WORDS = 7  # characters: a shorter line of Chinese is a cell
_DEPTH = 4
_ROWS = 500  # of one table or column: more would be tried again and again
_ENDS = re.compile(r"[.!?:;。！？：；][”’\"')）]*$")
_STARTS_SMALL = re.compile(r"[a-z]")
_CHINESE = re.compile(f"[{CJK}，、（]")


def blocks(rows: Sequence[Row], depth: int = 0) -> Iterator[Block]:
    """Yield what is read one after the other."""
    text: list[Row] = []
    at = 0
    while at < len(rows):
        end, spans = _band(rows, at) if depth < _DEPTH else (at, [])
        columns = _columns(rows[at:end], spans) if end > at else []
        if not columns:
            end = max(end, at + 1)
            text += rows[at:end]
            at = end
            continue
        if text:
            yield Block(text, is_column=depth > 0)
            text = []
        if _are_read_down(columns, rows[at:end]):
            for column in columns:
                yield from blocks([row for row in column if row], depth + 1)
        elif sum(len(row) > 1 for row in rows[at:end]) < max(2, _BESIDE * (end - at)):
            yield Block(list(rows[at:end]), is_column=depth > 0)
        else:
            title = len(list(takewhile(lambda row: len(row) == 1, rows[at:end])))
            if title:
                yield Block(list(rows[at : at + title]))
            yield Block(list(rows[at + title : end]), spans=spans)
        at = end
    if text:
        yield Block(text, is_column=depth > 0)


def _band(rows: Sequence[Row], start: int) -> tuple[int, list[Span]]:
    """Return where the rows end that leave the same gutters free, and what is between these."""
    spans = _merged([], rows[start])
    end = start + 1
    while end < min(len(rows), start + _ROWS):
        if len(rows[end]) == 1 and fall(rows[end - 1], rows[end]) > _FAR * rows[end][0].size:
            break
        wider = _merged(spans, rows[end])
        if len(wider) < 2:
            break
        spans, end = wider, end + 1
    while end > start and len(rows[end - 1]) == 1 and _is_outside(rows, start, end):
        end -= 1  # what stands below the columns, in the width of one of them
    return (end, spans) if len(spans) > 1 and end - start > 1 else (start, [])


def _is_outside(rows: Sequence[Row], start: int, end: int) -> bool:
    """Tell a last row that nothing stands beside, neither on its height nor a little above."""
    return end - 2 < start or fall(rows[end - 2], rows[end - 1]) > _NEAR * rows[end - 1][0].size


def _merged(spans: Sequence[Span], row: Row) -> list[Span]:
    gutter = _GUTTER * row[0].size
    found: list[Span] = []
    for left, right in sorted([*spans, *((line.box.left, line.box.right) for line in row)]):
        if found and left - found[-1][1] < gutter:
            found[-1] = (found[-1][0], max(found[-1][1], right))
        else:
            found.append((left, right))
    return found


def _columns(rows: Sequence[Row], spans: Sequence[Span]) -> list[list[Row]]:
    """Return the rows of each column; none where only one column has more than one row."""
    columns = [[_within(row, span) for row in rows] for span in spans]
    return columns if sum(sum(map(bool, column)) > 1 for column in columns) > 1 else []


def _within(row: Row, span: Span) -> Row:
    return [line for line in row if span[0] <= line.box.left <= span[1]]


def _are_read_down(columns: Sequence[Sequence[Row]], rows: Sequence[Row]) -> bool:
    lines = [[row[0] for row in column if row] for column in columns]
    alone = [
        sum(len(row) == 1 and bool(own) for row, own in zip(rows, column, strict=True)) for column in columns
    ]
    if min(alone) > _ALONE * len(rows) and all(map(_is_prose, lines)):
        return True
    if all(sum(may_begin_item(line.text) for line in column) * 2 > len(column) for column in lines):
        return True  # lists beside each other
    flowing = [flow for flow in map(_flow, lines) if flow is not None]
    if len(flowing) < 2:
        return False
    return min(flowing) >= _FLOWS or all(map(_is_prose, lines))


def _flow(lines: Sequence[Line]) -> float | None:
    """Return how many lines of a column go on in the next, as a share; None where it has but one."""
    right = max(line.box.right for line in lines)
    near = [pair for pair in pairwise(lines) if fall([pair[0]], [pair[1]]) < _NEAR * pair[1].size]
    if not near:
        return None
    return sum(_continues(above, below, right) for above, below in near) / len(near)


def _continues(above: Line, below: Line, right: float) -> bool:
    if _ENDS.search(above.text):
        return False
    if _STARTS_SMALL.match(below.text):
        return True
    is_full = above.box.right > right - _FULL * above.size and len(above.text) >= _WORDS
    return is_full and bool(_CHINESE.search(above.text[-1:]) and _CHINESE.match(below.text))


def _is_prose(lines: Sequence[Line]) -> bool:
    """Tell a column of sentences from one of words and figures, by the lengths of its lines."""
    is_chinese = bool(_CHINESE.search("".join(line.text for line in lines)))
    width = max(line.box.right for line in lines) - min(line.box.left for line in lines)
    full = sum(line.box.right - line.box.left > 0.75 * width for line in lines)
    return median(len(line.text) for line in lines) >= _PROSE[is_chinese] and full * 2 > len(lines)
