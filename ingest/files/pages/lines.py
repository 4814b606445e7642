"""From runs of characters to lines of words. Knows nothing of columns or paragraphs.

Whether a blank stands between two characters is measured, since many PDFs hold no blanks, or hold one
after each Chinese character.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from core.language import CJK
from ingest.files.pages.types import Blank, Box, Glyph, Line, Row, Run

_SAME_HEIGHT = 0.5  # of the lower of two heights
# A gap of more sizes is no blank, between Chinese characters (True) and others; the smaller one where much
# stands on both sides, as in columns.
_CELL = {True: 1.6, False: 1.2}
_GUTTER = {True: 1.3, False: 0.85}
_MUCH = {True: 6, False: 12}  # characters
# A gap of more sizes is a blank, between Chinese characters (True) and others.
_BLANK = {
    Blank.NONE: {True: 0.7, False: 0.2},
    Blank.GUESSED: {True: 0.7, False: 0.1},
    Blank.WRITTEN: {True: 0.15, False: 0.05},
}
_BESIDE_CHINESE = 0.45  # as the gap that word processors put between Chinese and Latin is none
_SPREAD = 1.3  # sizes that the characters of a spread word may stand apart
_RAISED = 0.86  # of the line's size; a smaller figure above its foot is a mark
_WIDE = re.compile(f"[{CJK}\u2e80-\u303f\uff01-\uff60]")
_NARROW = "\u2e7f"
_MARK = re.compile(
    r"[(（\[【]?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5}|[一二三四五六七八九十]{1,3})[)）\]】.、．]"
    r"|[•●○▪■□◆◇▶►‣·*–—-]|[①-⑳㈠-㈩⑴-⑽]|第[一二三四五六七八九十百零〇\d]+[条章节编]"
)
_LONG_MARK = 10
_SPREAD_ORDINAL = re.compile(r"^第((?: ?[一二三四五六七八九十百零〇])+) ?([条章节编款])")
_LIGATURES = {
    code: text
    for code, text in zip(range(0xFB00, 0xFB07), ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)
}
_LEADERS = re.compile(r"(?:\s?[.．·]){5,}\s*")  # that lead the eye to a page's number
_LEADING_MARK = re.compile(r"^(\[\d{1,2}\])(?=\S)")
_UNIT = re.compile(r"(?:^|[\d\s])[kcm]?m$")
_SUPERSCRIPTS = str.maketrans("23", "²³")


def glyph(char: str, left: float, right: float, blank: Blank = Blank.NONE) -> Glyph:
    """Return a character in its place."""
    return Glyph(char, left, right, blank, char > _NARROW and bool(_WIDE.match(char)))


def rows(runs: Iterable[Run]) -> list[Row]:
    """Return the lines of a sheet by their heights, from the top."""
    found: list[Row] = []
    level: list[Run] = []
    for run in sorted(runs, key=lambda run: -(run.bottom + run.top)):
        if level and not _is_level(level[0], run):
            found.append(_row(level))
            level = []
        level.append(run)
    return [*found, _row(level)] if level else found


def _is_level(first: Run, run: Run) -> bool:
    overlap = min(first.top, run.top) - max(first.bottom, run.bottom)
    return overlap > _SAME_HEIGHT * min(first.top - first.bottom, run.top - run.bottom)


def _row(level: list[Run]) -> Row:
    size = max(level, key=lambda run: len(run.glyphs)).size
    foot = min(run.bottom for run in level if run.size >= _RAISED * size)
    glyphs = [glyph for run in sorted(level, key=_start) for glyph in _marked(run, size, foot)]
    bold = sum(len(run.glyphs) for run in level if run.bold) * 2 > len(glyphs)
    spread = _usual_gaps(glyphs, size)
    return [_line(part, size, spread, bold, level) for part in _parts(glyphs, size, spread)]


def _start(run: Run) -> float:
    return run.glyphs[0].left


def _marked(run: Run, size: float, foot: float) -> list[Glyph]:
    """Return the characters of a run; raised figures are a note's mark, or the power of a unit."""
    text = "".join(glyph.char for glyph in run.glyphs)
    if run.size >= _RAISED * size or run.bottom < foot + 0.1 * size or not text.isdigit() or len(text) > 2:
        return run.glyphs
    left, right = run.glyphs[0].left, run.glyphs[-1].right
    return [glyph(f"\u0000{text}", left, right)]


def _usual_gaps(glyphs: Sequence[Glyph], size: float) -> dict[bool, float]:
    """Return how far the characters of a word stand apart, for Chinese and for letters."""
    gaps: dict[bool, list[float]] = {True: [], False: []}
    for before, after in pairwise(glyphs):
        wide = before.wide, after.wide
        if all(wide) or (not any(wide) and before.char.isalpha() and after.char.isalpha()):
            gaps[wide[0]].append(after.left - before.right)
    most = _SPREAD * size
    return {
        wide: min(max(0.0, sorted(found)[len(found) // 3]), most) if len(found) >= least else 0.0
        for (wide, found), least in zip(gaps.items(), (1, 3), strict=True)
    }


def _parts(glyphs: Sequence[Glyph], size: float, spread: dict[bool, float]) -> Iterator[list[Glyph]]:
    """Cut where a gap is wider than any blank, unless only a list's mark stands before it."""
    start = 0
    for at, (before, after) in enumerate(pairwise(glyphs), start=1):
        wide = before.wide and after.wide
        gap = (after.left - before.right - spread[wide]) / size
        is_cut = gap > _CELL[wide] or (
            gap > _GUTTER[wide] and min(at - start, len(glyphs) - at) >= _MUCH[wide]
        )
        if is_cut and not (start == 0 and at < _LONG_MARK and _is_mark(glyphs[:at])):
            yield list(glyphs[start:at])
            start = at
    yield list(glyphs[start:])


def _is_mark(glyphs: Sequence[Glyph]) -> bool:
    return bool(_MARK.fullmatch("".join(one.char for one in glyphs)))


def _line(glyphs: list[Glyph], size: float, spread: dict[bool, float], bold: bool, level: list[Run]) -> Line:
    text, ends = _text(glyphs, size, spread)
    left, right = glyphs[0].left, max(glyph.right for glyph in glyphs)
    own = [run for run in level if run.glyphs[0].left <= right and left <= run.glyphs[-1].right] or level
    box = Box(left, min(run.bottom for run in own), right, max(run.top for run in own))
    return Line(text, box, size, bold, first_word=ends - box.left)


def _text(glyphs: Sequence[Glyph], size: float, spread: dict[bool, float]) -> tuple[str, float]:
    """Return the words, and where the first of them ends."""
    parts = [glyphs[0].char]
    first_end = None
    for before, after in pairwise(glyphs):
        is_apart = _is_apart(before, after, size, spread)
        if is_apart:
            parts.append(" ")
        if first_end is None and (is_apart or before.wide or after.wide):
            first_end = before.right
        parts.append(after.char)
    text = _written("".join(parts))
    return text, first_end or glyphs[-1].right


def _is_apart(before: Glyph, after: Glyph, size: float, spread: dict[bool, float]) -> bool:
    wide = before.wide, after.wide
    if any(wide) and not all(wide):
        least = _BLANK[after.blank][True] if after.blank is Blank.WRITTEN else _BESIDE_CHINESE
    else:
        least = _BLANK[after.blank][wide[0]]
    return after.left - before.right - spread[any(wide)] > least * size


def _written(text: str) -> str:
    if "\u0000" in text:
        text = re.sub("\u0000(\\d+)", lambda mark: _mark(text[: mark.start()], mark.group(1)), text)
    text = _SPREAD_ORDINAL.sub(lambda found: f"第{found.group(1).replace(' ', '')}{found.group(2)}", text)
    text = _LEADERS.sub("\t", text)
    text = _LEADING_MARK.sub(r"\1 ", text).translate(_LIGATURES)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not text.isascii() else text


def _mark(before: str, figure: str) -> str:
    return figure.translate(_SUPERSCRIPTS) if figure in "23" and _UNIT.search(before) else f"[{figure}]"
