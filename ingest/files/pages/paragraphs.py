"""From lines to paragraphs. Knows nothing of headings, tables or where the lines come from.

A line goes on in the next where its writer had no room: the next one's first word would not have fitted.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

from ingest.files.pages.items import (
    COLON,
    ENDS,
    HAN_END,
    HAN_START,
    SMALL,
    are_rows,
    begins_item,
    begins_label,
    is_open,
    may_begin_item,
)
from ingest.files.pages.types import Block, Box, Line, Row

_CLAUSE = re.compile(r"[，。；]")
_HYPHEN = re.compile(r"\w[-\u00ad]$")
_LOOKED_AT = 5  # lines of a paragraph
_LEADING = 1.25  # times what is usual: a new paragraph
_FAR = 2.6  # sizes: lines of one paragraph are closer
_INDENT = 0.8  # sizes
_OTHER_SIZE = 0.08  # of the size
_PAGE_WIDE = 0.5  # of the page: so wide, a block's lines were broken by its edge
_JUSTIFIED = 0.6  # of a block's lines end at the same place: so were they
_SENTENCE = 8  # characters: a shorter line is an entry of a list
_SAME_EDGE = 0.5  # sizes
_NARROW = 5  # lines that a narrow block must have for its edge to be one
_HAN_SHORT = 2.1  # sizes: a mark that may not begin a line takes the character before it along
_BLANK = 0.25  # sizes
_RAGGED = 0.2  # of a block's width: where a sentence is not at its end
_GAP = 2.5  # sizes: so far apart, two lines on one height are not one sentence
_TITLE_LEADING = 1.8  # sizes: a heading's own lines
_LARGER = 1.15  # times the size of the text: a heading


@dataclass(slots=True)
class Edges:
    """What the lines of a block have in common."""

    left: float
    right: float
    pitch: float
    is_edge: bool
    """Whether lines were broken at `right`, rather than ended where their writer wanted."""


@dataclass(slots=True)
class Paragraph:
    """Lines that are one."""

    lines: list[Line]
    edges: Edges

    @property
    def last(self) -> Line:
        """Return the line that another may go on from."""
        return self.lines[-1]


def paragraphs(block: Block, width: float, body: float) -> Iterator[Paragraph]:
    """Yield the paragraphs of a block on a page of this width, whose text has the size `body`."""
    lines = [_joined(row) for row in block.rows]
    edges = _edges(lines, width, block.is_column)
    current: Paragraph | None = None
    for line in lines:
        if current is not None and _goes_on(current, line, edges, body):
            current.lines.append(line)
            continue
        if current is not None:
            yield current
        current = Paragraph([line], edges)
    if current is not None:
        yield current


def carries_over(paragraph: Paragraph, following: Paragraph) -> bool:
    """Tell a paragraph that goes on in the next column or on the next page."""
    above, below, edges = paragraph.last, following.lines[0], following.edges
    if not _are_text(above, below) or _differs(above, below) or _ends(above):
        return False
    if begins_item(below.text, above.text) or _begins_label(paragraph, below):
        return False
    is_indented = below.box.left > edges.left + _INDENT * below.size
    if is_open(above.text) or is_indented:
        return not is_indented
    return _is_prose(paragraph, below) or (
        paragraph.edges.is_edge and _is_full(above, below, paragraph.edges)
    )


def _joined(row: Row) -> Line:
    """Return what stands on one height as one line, with a tab at a gap that no sentence has."""
    text = row[0].text
    for before, after in pairwise(row):
        gap = after.box.left - before.box.right
        text += ("\t" if gap > _GAP * after.size else " ") + after.text
    first, last = row[0], row[-1]
    box = Box(first.box.left, first.box.bottom, last.box.right, first.box.top)
    return Line(text, box, first.size, all(line.bold for line in row), first.first_word, first.cells)


def _edges(lines: Sequence[Line], width: float, is_column: bool) -> Edges:
    own = [line for line in lines if not line.cells] or lines
    size = median_low(line.size for line in own)
    own = [line for line in own if line.size <= size * (1 + _OTHER_SIZE)]
    left, right = min(line.box.left for line in own), max(line.box.right for line in own)
    full = sum(line.box.right > right - _SAME_EDGE * size for line in own)
    is_justified = len(own) >= _NARROW and full >= _JUSTIFIED * len(own) and _are_sentences(own)
    falls = [above.box.bottom - below.box.bottom for above, below in pairwise(own)]
    pitch = median_low(fall for fall in falls if fall > 0) if any(fall > 0 for fall in falls) else 1.5 * size
    return Edges(left, right, pitch, is_column or is_justified or right - left > _PAGE_WIDE * width)


def _are_sentences(lines: Sequence[Line]) -> bool:
    """Tell Chinese text from a list whose lines have the same number of characters; of others, say yes."""
    is_chinese = sum(bool(HAN_END.search(line.text)) for line in lines) * 2 > len(lines)
    return not is_chinese or sum(bool(_CLAUSE.search(line.text)) for line in lines) * 3 >= len(lines)


def _goes_on(paragraph: Paragraph, below: Line, edges: Edges, body: float) -> bool:
    above = paragraph.last
    if not _are_text(above, below) or _is_other_size(above, below):
        return False
    if begins_item(below.text, above.text) or are_rows(above.text, below.text):
        return False
    fall = above.box.bottom - below.box.bottom
    if above.size > _LARGER * body and above.bold == below.bold:
        return fall < _TITLE_LEADING * above.size and not _ends(above) and not may_begin_item(below.text)
    if fall > min(_LEADING * edges.pitch, _FAR * below.size) or not _fits_indent(paragraph, below):
        return False
    if _begins_label(paragraph, below) or (not edges.is_edge and begins_label(below.text, above.text)):
        return False
    return _was_broken(paragraph, below, edges)


def _are_text(above: Line, below: Line) -> bool:
    """Tell lines from ruled tables, and from lines with wide gaps."""
    return not above.cells and not below.cells and "\t" not in above.text + below.text


def _ends(line: Line) -> bool:
    return bool(ENDS.search(line.text) or COLON.search(line.text))


def _begins_label(paragraph: Paragraph, below: Line) -> bool:
    """Tell a label from a colon in a sentence."""
    above = paragraph.last
    return begins_label(below.text, above.text) and (_ends(above) or not _is_prose(paragraph, below))


def _was_broken(paragraph: Paragraph, below: Line, edges: Edges) -> bool:
    above = paragraph.last
    if _HYPHEN.search(above.text) and below.text[0].isalnum():
        return True
    if _is_prose(paragraph, below) and not _ends(above):
        ragged = _RAGGED * (edges.right - edges.left) if edges.is_edge else 0
        return _is_full(above, below, edges, ragged)
    if not _is_full(above, below, edges, 0 if ENDS.search(above.text) else above.size):
        return False
    if above.bold != below.bold or COLON.search(above.text):
        return False
    if may_begin_item(below.text) and ENDS.search(above.text):
        return False
    if edges.is_edge:
        return True
    is_end = bool(ENDS.search(below.text)) and not ENDS.search(above.text) and len(above.text) >= _SENTENCE
    return bool(HAN_START.match(below.text)) and (is_open(above.text) or is_end)


def _is_prose(paragraph: Paragraph, below: Line) -> bool:
    """Tell a sentence that is not at its end: the next line begins small, or this one has clauses already."""
    if SMALL.match(below.text):
        return True
    clauses = any(_CLAUSE.search(line.text) for line in paragraph.lines[-_LOOKED_AT:])
    return clauses and bool(HAN_END.search(paragraph.last.text))


def _fits_indent(paragraph: Paragraph, below: Line) -> bool:
    """Tell a line that stands under its paragraph: left of a first line, or right of an item's mark."""
    above = paragraph.last
    step = below.box.left - above.box.left
    if abs(step) <= _INDENT * below.size:
        return True
    if len(paragraph.lines) > 1:
        return False
    return (step > 0) == may_begin_item(above.text)


def _is_full(above: Line, below: Line, edges: Edges, ragged: float = 0) -> bool:
    """Tell a line in which the next one's first word had no room, or `ragged` points more than that."""
    if HAN_END.search(above.text) or HAN_START.match(below.text):
        return above.box.right > edges.right - _HAN_SHORT * above.size - ragged
    return above.box.right + _BLANK * above.size + below.first_word > edges.right - ragged


def _differs(above: Line, below: Line) -> bool:
    return _is_other_size(above, below) or (above.bold != below.bold and not SMALL.match(below.text))


def _is_other_size(above: Line, below: Line) -> bool:
    return abs(above.size - below.size) > _OTHER_SIZE * above.size
