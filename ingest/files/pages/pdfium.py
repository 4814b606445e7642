"""The characters and rules of a PDF's pages, each in its place, by PDFium. Knows nothing of lines or words.

What is turned is turned back: each direction of writing on a page is a sheet of its own.
"""

import ctypes
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as c

from ingest.files.pages.fonts import install_substitute
from ingest.files.pages.lines import glyph
from ingest.files.pages.types import Blank, Box, Glyph, Run, Sheet

_BOLD = re.compile(rb"bold|black|heavy|demi|simhei|heiti|\xe9\xbb\x91", re.IGNORECASE)
_BOLD_WEIGHT = 600
_FORCED_BOLD = 1 << 18
_FILLED_AND_STROKED = 2  # how a word processor makes a bold face that it does not have
_NAME_BYTES = 64
_UPRIGHT = 12  # degrees that text may lean and still be that of the page
_NEW_RUN = 0.35  # of the size: a step up or down
_SAME_SIZE = 0.1  # points
_BACK = 0.5  # of the size: a step back
_WIDE = 1.0  # of the size: a step ahead
_OBJECTS = 20_000
_RULES = 4000
_STRAIGHT = 1.0  # point
_PIXELS = 16_000_000  # of a picture: A3 at 200 dots an inch has half of them
_MARKS = 20  # characters that a scanner or a stamp may put on a picture
_HYPHEN = 2  # PDFium's sign for a hyphen at the end of a line
_BLANKS = frozenset(" \t\u00a0\u2002\u2003\u2009\u3000")


# With addresses in the place of pointers, which cannot be compared.
_object_of = ctypes.cast(
    c.FPDFText_GetTextObject, ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
)
_font_of = ctypes.cast(c.FPDFTextObj_GetFont, ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p))
_mode_of = ctypes.cast(c.FPDFTextObj_GetTextRenderMode, ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p))


class _Style(NamedTuple):
    """What all characters of one text object share."""

    turn: int
    size: float
    bold: bool


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
        turned = _runs(text.raw)
    finally:
        text.close()
    left, bottom, right, top = page.get_mediabox()
    extents = {True: top - bottom, False: right - left}
    most_first = sorted(turned.items(), key=lambda item: -sum(len(run.glyphs) for run in item[1]))
    found = [Sheet(extents[turn % 180 == 90], runs) for turn, runs in most_first]
    if found and most_first[0][0] % 90 == 0:
        found[0].rules = [_turned(rule, most_first[0][0], 0) for rule in _rules(page)]
    return found


def picture(page: Any, dpi: int) -> Any:
    """Return a page as it is printed: height x width x 3, uint8."""
    width, height = page.get_size()
    scale = min(dpi / 72, math.sqrt(_PIXELS / max(1.0, width * height)))
    bitmap = page.render(scale=scale)
    try:
        return bitmap.to_numpy().copy()
    finally:
        bitmap.close()


def is_pictured(page: Any, found: Sequence[Sheet]) -> bool:
    """Tell a page of which the text is a picture: nothing is written on it but a few marks."""
    written = sum(len(run.glyphs) for sheet in found for run in sheet.runs)
    kinds = {c.FPDFPageObj_GetType(c.FPDFPage_GetObject(page, at)) for at in range(_objects(page))}
    return written < _MARKS and (c.FPDF_PAGEOBJ_IMAGE in kinds or (not written and bool(kinds)))


def _objects(page: Any) -> int:
    return min(int(c.FPDFPage_CountObjects(page)), _OBJECTS)


def _rules(page: Any) -> list[Box]:
    """Return the straight lines of a page, of which its tables may be drawn; of a drawing, none."""
    found: list[Box] = []
    for at in range(_objects(page)):
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


def _runs(text: Any) -> dict[int, list[Run]]:
    """Return the characters in PDFium's order, by how many degrees they are turned."""
    found = c.FS_RECTF()
    place = ctypes.byref(found)
    styles = _Styles(text)
    runs: defaultdict[int, list[Run]] = defaultdict(list)
    item, style, blank = None, _Style(0, 0, False), Blank.NONE
    for at in range(c.FPDFText_CountChars(text)):
        code = c.FPDFText_GetUnicode(text, at)
        char = "-" if code == _HYPHEN else chr(code)
        c.FPDFText_GetLooseCharBox(text, at, place)
        if char in _BLANKS:
            blank = max(blank, Blank.WRITTEN if found.right > found.left else Blank.GUESSED)
            continue
        if char < " ":
            continue
        if (current := _object_of(text, at)) != item:
            item, style = current, styles.of(at, current)
        box = Box(found.left, found.bottom, found.right, found.top)
        if style.turn:
            box = _turned(box, style.turn, style.size)
        _append(runs[style.turn], glyph(char, box.left, box.right, blank), box, style)
        blank = Blank.NONE
    return runs


def _append(runs: list[Run], new: Glyph, box: Box, style: _Style) -> None:
    """Add a character to the last run where it goes on with it."""
    if runs:
        run = runs[-1]
        step = new.left - run.glyphs[-1].right
        if (
            style.bold == run.bold
            and abs(style.size - run.size) < _SAME_SIZE
            and abs(box.bottom - run.bottom) < _NEW_RUN * run.size
            and -_BACK * run.size < step < _WIDE * run.size
        ):
            run.glyphs.append(new)
            return
    runs.append(Run([new], box.bottom, box.top, style.size, style.bold))


class _Styles:
    """Tells how the characters of a page are set: in few styles, if often by an object each."""

    def __init__(self, text: Any) -> None:
        self._text = text
        self._matrix = c.FS_MATRIX()
        self._styles: dict[tuple[float | None, ...], _Style] = {}

    def of(self, at: int, item: int) -> _Style:
        """Return the style of the object `item`, of which one is the character `at`."""
        c.FPDFText_GetMatrix(self._text, at, self._matrix)
        size, m = c.FPDFText_GetFontSize(self._text, at), self._matrix
        key = (_font_of(item), _mode_of(item), size, m.a, m.b, m.c, m.d)
        if key not in self._styles:
            angle = math.degrees(math.atan2(m.b, m.a))
            square = round(angle / 90) * 90
            turn = square if abs(angle - square) <= _UPRIGHT else round(angle / 5) * 5
            is_bold = _mode_of(item) == _FILLED_AND_STROKED or self._is_bold(at)
            self._styles[key] = _Style(turn % 360, size * math.hypot(m.c, m.d) or 1.0, is_bold)
        return self._styles[key]

    def _is_bold(self, at: int) -> bool:
        flags, name = ctypes.c_int(), ctypes.create_string_buffer(_NAME_BYTES)
        c.FPDFText_GetFontInfo(self._text, at, name, _NAME_BYTES, flags)
        is_heavy = c.FPDFText_GetFontWeight(self._text, at) >= _BOLD_WEIGHT
        return bool(is_heavy or flags.value & _FORCED_BOLD or _BOLD.search(name.value))


def _turned(box: Box, turn: int, size: float) -> Box:
    """Return the box after the page was turned back by `turn` degrees."""
    sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
    x, y = (box.left + box.right) / 2, box.middle
    x, y = x * cosine + y * sine, y * cosine - x * sine
    width, height = box.right - box.left, box.top - box.bottom
    if turn % 90:  # the box around a slanting character is larger than the character
        width, height = size / 2, size
    elif turn % 180:
        width, height = height, width
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
