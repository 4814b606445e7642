"""Finds what is repeated at the head or foot of pages, and page numbers. Knows nothing of the text between.

A line is repeated where it has the same words at the same height; where it has numbers, each is the same
on both pages or has grown by as much as the pages have.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import NamedTuple

from ingest.files.pages.types import Line, Row

_EDGE = 4  # rows from the edge of a page that are looked at
_STEP = 3.0  # points: no two pages are set exactly alike
_APART = 1.05  # times the distance of the next two rows
_SHORT = 80  # characters
_ROOM = 1.6  # sizes: rows of a text are less apart
_NUMBER = re.compile(
    r"\d{1,5}|(?<![^\W_])[ivxlc]{1,7}(?![^\W_])|[一二三四五六七八九十]{1,3}(?=页)", re.IGNORECASE
)
_PAGE_NUMBER = re.compile(
    r"(?:page|p\.|第)\s*#\s*页?(?:\s*(?:of|/|／|，|,)?\s*共?\s*#\s*页?)?|#\s*[/／]\s*#|[-–—·]\s*#\s*[-–—·]",
    re.IGNORECASE,
)
_COUNTS = re.compile("[^#]#-?\\d+#|#-?\\d+#[^#]")  # words with a number that grows
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_HAN = {char: value for value, char in enumerate("零一二三四五六七八九")}

_Key = tuple[str, int]


class Pages(NamedTuple):
    """The rows of each page, and what was over and under them, each text once."""

    pages: list[list[Row]]
    heads: list[str]
    feet: list[str]


def without_running(pages: Sequence[list[Row]]) -> Pages:
    """Take off what is repeated from page to page; page numbers are left out altogether."""
    counts: Counter[_Key] = Counter()
    for number, rows in enumerate(pages):
        edge = rows if len(rows) <= 2 * _EDGE else rows[:_EDGE] + rows[-_EDGE:]
        counts.update({key for row in edge for line in row for key in _keys(line, number)})
    repeated = {key for key, count in counts.items() if count >= _often(key, len(pages))}
    heads, feet = dict[str, None](), dict[str, None]()
    kept = []
    for number, rows in enumerate(pages):
        top, foot = _text_between(rows, number, repeated)
        heads |= dict.fromkeys(_constant(rows[:top], repeated))
        feet |= dict.fromkeys(_constant(rows[foot:], repeated))
        kept.append(rows[top:foot])
    said = {line.text for rows in kept for row in rows for line in row}
    return Pages(
        kept,
        [text for text in heads if text not in said],
        [text for text in feet if text not in said and text not in heads],
    )


def _often(key: _Key, pages: int) -> int:
    """Return on how many pages a line is no chance: in a long document, a table's header may be on two."""
    return 2 if pages < 6 or _COUNTS.search(key[0]) else 3


def _text_between(rows: Sequence[Row], number: int, repeated: set[_Key]) -> tuple[int, int]:
    """Return where the page's own text begins and ends."""
    is_running = [
        all(_is_page_number(line, number) or repeated & set(_keys(line, number)) for line in row)
        for row in (rows if len(rows) <= 2 * _EDGE else [*rows[:_EDGE], *rows[-_EDGE:]])
    ]
    top = len(list(takewhile(bool, is_running[:_EDGE])))
    foot = len(rows) - len(list(takewhile(bool, reversed(is_running[top:][-_EDGE:]))))
    while top and not _is_apart(rows[top - 1 : foot]):
        top -= 1
    while foot < len(rows) and not _is_apart(rows[top : foot + 1][::-1]):
        foot += 1
    return top, foot


def _is_apart(rows: Sequence[Row]) -> bool:
    """Tell a row with more room to the text than this has within: else it is a table's, or the text's."""
    if len(rows) < 2:
        return True
    room = abs(rows[0][0].box.middle - rows[1][0].box.middle)
    usual = abs(rows[1][0].box.middle - rows[2][0].box.middle) if len(rows) > 2 else 0
    return room > max(_APART * usual, _ROOM * rows[1][0].size)


def _constant(rows: Iterable[Row], repeated: set[_Key]) -> list[str]:
    return [line.text for row in rows for line in row if repeated & set(_at(line, line.text))]


def _is_page_number(line: Line, number: int) -> bool:
    text = _NUMBER.sub("#", line.text.strip())
    return bool(_PAGE_NUMBER.fullmatch(text)) or line.text.strip() == str(number + 1)


def _keys(line: Line, number: int) -> list[_Key]:
    """Return what the line has in common with its likes on other pages."""
    if line.cells:
        return []
    keys = _at(line, line.text)
    numbers = list(_NUMBER.finditer(line.text))
    for chosen in {tuple(range(len(numbers))), (0,), (len(numbers) - 1,)} if numbers else ():
        parts, end = [], 0
        for at in chosen:
            parts += [line.text[end : numbers[at].start()], f"#{_value(numbers[at].group()) - number}#"]
            end = numbers[at].end()
        keys += _at(line, "".join([*parts, line.text[end:]]))
    if numbers and len(line.text) < _SHORT:  # a chapter's title, and the number
        keys += [key for end in (0, -1) for key in _at(line, f"#{_value(numbers[end].group()) - number}#")]
    return keys


def _at(line: Line, text: str) -> list[_Key]:
    """Return two keys, so that a line that is a little higher shares one of them."""
    height = line.box.bottom / _STEP
    return [(text, 2 * round(height)), (text, 2 * round(height + 0.5) + 1)]


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    if number[0] in _HAN or number[0] == "十":
        tens, ten, ones = number.rpartition("十")
        return (_HAN.get(tens, 1) * 10 if ten else 0) + _HAN.get(ones[-1:], 0)
    values = [_ROMAN[char] for char in number.lower()]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))
