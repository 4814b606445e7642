"""The characters and rules of a PDF's pages, each in its place, by PDFium. Knows nothing of lines or words.

What is turned is turned back: each direction of writing on a page is a sheet of its own.
"""

import ctypes
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as c

from ingest.files.pages.fonts import install_substitute
from ingest.files.pages.types import Box, Glyph, Run, Sheet

_BOLD = re.compile(rb"bold|black|heavy|demi|simhei|heiti|\xe9\xbb\x91", re.IGNORECASE)
_BOLD_WEIGHT = 600
_FORCED_BOLD = 1 << 18
_FILLED_AND_STROKED = 2  # how a word processor makes a bold face that it does not have
_NAME_BYTES = 64
_UPRIGHT = 12  # degrees that text may lean and still be that of the page
_NEW_RUN = 0.35  # of the size: a step up or down
_BACK = 0.5  # of the size: a step back
_WIDE = 1.0  # of the size: a step ahead
_OBJECTS = 20_000
_RULES = 4000
_STRAIGHT = 1.0  # point
_HYPHEN = 2  # PDFium's sign for a hyphen at the end of a line
_BLANKS = frozenset(" \t\u00a0\u2002\u2003\u2009\u3000")


class _Style(NamedTuple):
    """What all characters of one text object share."""

    turn: int
    size: float
    bold: bool


class _Placed(NamedTuple):
    """A character as it stands on the page."""

    char: str
    box: Box
    style: _Style
    blank: bool


def open_pdf(data: bytes) -> Any:
    """Return PDFium's document.

    Raises:
        pypdfium2.PdfiumError: damaged, or encrypted; `err_code` tells.
    """
    install_substitute()
    return pdfium.PdfDocument(data)


def sheets(page: Any) -> list[Sheet]:
    """Return what stands on a page, that of the direction in which most of it is written first."""
    text = page.get_textpage()
    try:
        turned: defaultdict[int, list[_Placed]] = defaultdict(list)
        for placed in _characters(text.raw):
            turned[placed.style.turn].append(placed)
    finally:
        text.close()
    left, bottom, right, top = page.get_mediabox()
    extents = {True: top - bottom, False: right - left}
    most_first = sorted(turned.items(), key=lambda item: -len(item[1]))
    found = [Sheet(extents[turn % 180 == 90], list(_runs(placed, turn))) for turn, placed in most_first]
    if found and most_first[0][0] % 90 == 0:
        found[0].rules = [_turned(rule, most_first[0][0], 0) for rule in _rules(page)]
    return found


def _rules(page: Any) -> list[Box]:
    """Return the straight lines of a page, of which its tables may be drawn; of a drawing, none."""
    found: list[Box] = []
    for at in range(min(c.FPDFPage_CountObjects(page), _OBJECTS)):
        item = c.FPDFPage_GetObject(page, at)
        if c.FPDFPageObj_GetType(item) == c.FPDF_PAGEOBJ_PATH:
            found += _straight(item)
        if len(found) > _RULES:
            return []
    return found


def _straight(path: Any) -> Iterator[Box]:
    """Yield the upright and level lines of a path."""
    matrix, x, y = c.FS_MATRIX(), ctypes.c_float(), ctypes.c_float()
    c.FPDFPageObj_GetMatrix(path, matrix)
    first = last = (0.0, 0.0)
    for at in range(min(c.FPDFPath_CountSegments(path), _RULES + 1)):
        segment = c.FPDFPath_GetPathSegment(path, at)
        c.FPDFPathSegment_GetPoint(segment, x, y)
        place = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = c.FPDFPathSegment_GetType(segment)
        if kind == c.FPDF_SEGMENT_MOVETO:
            first = place
        elif kind == c.FPDF_SEGMENT_LINETO:
            yield from _line(last, place)
        if c.FPDFPathSegment_GetClose(segment):
            yield from _line(place, first)
        last = place


def _line(one: tuple[float, float], other: tuple[float, float]) -> Iterator[Box]:
    box = Box(min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1]))
    if min(box.right - box.left, box.top - box.bottom) < _STRAIGHT:
        yield box


def _characters(text: Any) -> Iterator[_Placed]:
    """Yield the characters in PDFium's order, each with a blank before it or not."""
    object_of = ctypes.cast(
        c.FPDFText_GetTextObject, ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
    )
    found = c.FS_RECTF()
    place = ctypes.byref(found)
    address, style, blank = None, _Style(0, 0, False), False
    for at in range(c.FPDFText_CountChars(text)):
        code = c.FPDFText_GetUnicode(text, at)
        char = "-" if code == _HYPHEN else chr(code)
        c.FPDFText_GetLooseCharBox(text, at, place)
        if char in _BLANKS:
            blank |= found.right > found.left  # else PDFium's guess
            continue
        if char < " ":
            continue
        current = object_of(text, at)
        if current != address:
            address, style = current, _style(text, at)
        yield _Placed(char, Box(found.left, found.bottom, found.right, found.top), style, blank)
        blank = False


def _style(text: Any, at: int) -> _Style:
    matrix, flags = c.FS_MATRIX(), ctypes.c_int()
    c.FPDFText_GetMatrix(text, at, matrix)
    name = ctypes.create_string_buffer(_NAME_BYTES)
    c.FPDFText_GetFontInfo(text, at, name, _NAME_BYTES, flags)
    angle = math.degrees(math.atan2(matrix.b, matrix.a))
    square = round(angle / 90) * 90
    turn = square if abs(angle - square) <= _UPRIGHT else round(angle / 5) * 5
    is_bold = bool(
        _BOLD.search(name.value)
        or flags.value & _FORCED_BOLD
        or c.FPDFText_GetFontWeight(text, at) >= _BOLD_WEIGHT
    )
    size = c.FPDFText_GetFontSize(text, at) * math.hypot(matrix.c, matrix.d)
    return _Style(turn % 360, size, is_bold)


def _runs(placed: list[_Placed], turn: int) -> Iterator[Run]:
    run: Run | None = None
    for char, place, style, blank in placed:
        box = _turned(place, turn, style.size)
        glyph = Glyph(char, box.left, box.right, blank)
        if run is not None and _goes_on(run, box, style):
            run.glyphs.append(glyph)
            continue
        if run is not None:
            yield run
        run = Run([glyph], box.bottom, box.top, style.size or box.top - box.bottom, style.bold)
    if run is not None:
        yield run


def _goes_on(run: Run, box: Box, style: _Style) -> bool:
    step = box.left - run.glyphs[-1].right
    return (
        style.bold == run.bold
        and abs(style.size - run.size) < 0.1
        and abs(box.bottom - run.bottom) < _NEW_RUN * run.size
        and -_BACK * run.size < step < _WIDE * run.size
    )


def _turned(box: Box, turn: int, size: float) -> Box:
    """Return the box after the page was turned back by `turn` degrees."""
    if not turn:
        return box
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    x, y = (box.left + box.right) / 2, box.middle
    x, y = x * cosine + y * sine, y * cosine - x * sine
    width, height = box.right - box.left, box.top - box.bottom
    if turn % 90:  # the box around a slanting character is larger than the character
        width, height = size / 2, size
    elif turn % 180:
        width, height = height, width
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
