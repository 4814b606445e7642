"""Finds what is repeated at the head or foot of pages, and page numbers. Knows nothing of the text between.

A line is repeated where it has the same words at the same height; where it has numbers, each is the same
on both pages or has grown by as much as the pages have.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from ingest.files.pages.types import Line, Row

_EDGE = 4  # rows from the edge of a page that are looked at
_STEP = 3.0  # points: no two pages are set exactly alike
_APART = 1.05  # times the least distance of the next rows
_ROOM = 1.6  # sizes: rows of a text are less apart
_NUMBER = re.compile(
    r"\d{1,5}|(?<![^\W_])[ivxlc]{1,7}(?![^\W_])|[一二三四五六七八九十]{1,3}(?=页)", re.IGNORECASE
)
_COUNTED = r"(?:\d{1,5}|[ivxlc]{1,7}|[一二三四五六七八九十]{1,3})"
_PAGE_NUMBER = re.compile(
    rf"(?:\bpage|\bp\.|第)\s*{_COUNTED}\s*页?(?:\s*[（(]?(?:of|/|／|，|,)?\s*共?\s*{_COUNTED}\s*页?[）)]?)?"
    rf"|^{_COUNTED}\s*(?:[/／]|of)\s*{_COUNTED}$|^[-–—·]\s*{_COUNTED}\s*[-–—·]$|^{_COUNTED}$",
    re.IGNORECASE,
)
_AROUND = " \t-–—|·,，;；"
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_HAN = {char: value for value, char in enumerate("零一二三四五六七八九")}

_Key = tuple[str, int]


class Body(NamedTuple):
    """A page's own rows, and what was over and under them on this page alone."""

    rows: list[Row]
    over: list[str]
    under: list[str]


class Pages(NamedTuple):
    """What each page says, and what was over and under the text of many, each once."""

    bodies: list[Body]
    heads: list[str]
    feet: list[str]


def without_running(pages: Sequence[list[Row]]) -> Pages:
    """Take off what is repeated from page to page; page numbers are left out altogether."""
    counts: Counter[_Key] = Counter()
    for number, rows in enumerate(pages):
        edge = rows if len(rows) <= 2 * _EDGE else rows[:_EDGE] + rows[-_EDGE:]
        counts.update({key for row in edge for line in row for key in _keys(line, number)})
    often = 2 if len(pages) < 6 else 3  # in a long document, a table's header may be on two pages
    repeated = {key for key, count in counts.items() if count >= (2 if "#" in key[0] else often)}
    bodies = []
    heads, feet = dict[str, None](), dict[str, None]()
    for number, rows in enumerate(pages):
        top, foot = _text_between(rows, number, repeated)
        heads |= dict.fromkeys(_constant(rows[:top], repeated))
        feet |= dict.fromkeys(_constant(rows[foot:], repeated))
        own = _own(rows[:top], number, repeated), _own(rows[foot:], number, repeated)
        bodies.append(Body(rows[top:foot], *own))
    said = {line.text for body in bodies for row in body.rows for line in row}
    return Pages(
        bodies,
        [text for text in heads if text not in said],
        [text for text in feet if text not in said and text not in heads],
    )


def _text_between(rows: Sequence[Row], number: int, repeated: set[_Key]) -> tuple[int, int]:
    """Return where the page's own text begins and ends."""
    edge = rows if len(rows) <= 2 * _EDGE else [*rows[:_EDGE], *rows[-_EDGE:]]
    is_running = [_is_running(row, number, repeated) for row in edge]
    top = len(list(takewhile(bool, is_running[:_EDGE])))
    foot = len(rows) - len(list(takewhile(bool, reversed(is_running[top:][-_EDGE:]))))
    while top and not _is_apart(rows[top - 1 : foot][: _EDGE + 1]):
        top -= 1
    while foot < len(rows) and not _is_apart(rows[top : foot + 1][::-1][: _EDGE + 1]):
        foot += 1
    return top, foot


def _is_running(row: Row, number: int, repeated: set[_Key]) -> bool:
    """Tell a row that is repeated, or that has the number of its page beside a chapter's title."""
    is_repeated = [bool(repeated & set(_keys(line, number))) for line in row]
    is_number = [bool(_PAGE_NUMBER.fullmatch(line.text)) for line in row]
    if any(map(all, zip(is_repeated, is_number, strict=True))):
        return True
    return all(
        again or (numbered and _is_certain(line, number))
        for line, again, numbered in zip(row, is_repeated, is_number, strict=True)
    )


def _is_certain(line: Line, number: int) -> bool:
    """Tell a page number that stands on one page only: it says so, or is that of the page."""
    return not line.text.isalnum() or "页" in line.text or line.text == str(number + 1)


def _is_apart(rows: Sequence[Row]) -> bool:
    """Tell a row with more room to the text than this has within: else it is a table's, or the text's."""
    if len(rows) < 2:
        return True
    room, *falls = [abs(row[0].box.middle - other[0].box.middle) for row, other in pairwise(rows)]
    return room > max(_APART * min(falls, default=0), _ROOM * rows[1][0].size)


def _constant(rows: Iterable[Row], repeated: set[_Key]) -> list[str]:
    """Return the words that are the same on many pages."""
    found = []
    for line in (line for row in rows for line in row):
        if repeated & set(_at(line, line.text)):
            found.append(line.text)
        elif _PAGE_NUMBER.search(line.text):
            found.append(_PAGE_NUMBER.sub("", line.text).strip(_AROUND))
    return list(filter(None, found))


def _own(rows: Iterable[Row], number: int, repeated: set[_Key]) -> list[str]:
    """Return what only this page says there: a title that changes, or words with a number that grows."""
    lines = (line for row in rows for line in row)
    return [
        line.text
        for line in lines
        if not _PAGE_NUMBER.search(line.text) and not repeated & set(_at(line, line.text))
    ]


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
