"""What the styles of a Word document say of a paragraph or run: heading, list, hidden. Knows no text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|заголовок|标题|標題|見出し|제목)\s*([1-9])",
    re.IGNORECASE,
)
_TITLE = ("title", "标题", "標題")
_OFF = ("0", "false", "off", "none")
UNSEEN = ("vanish", "strike", "dstrike")
"""Properties of text that is not to be read: hidden, struck out."""


@dataclass(frozen=True, slots=True)
class Style:
    """What a style says, with all that it is based on."""

    level: int = 0
    """Of a heading, from 1; 0 is none."""
    list_id: str = ""
    list_level: int | None = None
    unseen: frozenset[str] = frozenset()
    """Why its text is not to be read: hidden, struck out."""


class Styles:
    """The styles of one document, by their ids."""

    def __init__(self, root: Any) -> None:
        found = [] if root is None else root.findall(f"{W}style")
        self._elements = {style.get(f"{W}styleId", ""): style for style in found}
        defaults = [key for key, style in self._elements.items() if _is_default(style)]
        self._default = defaults[0] if defaults else ""
        self.of = cache(self._of)

    def of_paragraph(self, properties: Any) -> Style:
        """Return the style of a paragraph with these properties."""
        return self.of(value(properties, "pStyle") or self._default)

    def _of(self, key: str) -> Style:
        level, list_id, list_level = 0, "", None
        unseen: dict[str, bool] = {}
        for style in self._chain(key):
            paragraph, run = style.find(f"{W}pPr"), style.find(f"{W}rPr")
            level = level or _named_level(value(style, "name")) or outline_level(paragraph)
            numbering = None if paragraph is None else paragraph.find(f"{W}numPr")
            list_id = list_id or value(numbering, "numId")
            if list_level is None:
                list_level = whole(value(numbering, "ilvl"))
            unseen = {**switches(run), **unseen}
        return Style(level, list_id, list_level, frozenset(why for why, is_on in unseen.items() if is_on))

    def _chain(self, key: str) -> Iterator[Any]:
        seen: set[str] = set()
        while key in self._elements and key not in seen:
            seen.add(key)
            yield self._elements[key]
            key = value(self._elements[key], "basedOn")


def value(parent: Any, tag: str) -> str:
    """Return the value that a child states; nothing where there is no such child."""
    child = None if parent is None else parent.find(f"{W}{tag}")
    return "" if child is None else child.get(f"{W}val", "")


def whole(text: str) -> int | None:
    """Return a number of up to nine digits, or None."""
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 10 else None


def outline_level(properties: Any) -> int:
    """Return the level of heading that a paragraph's properties state, from 1; 0 where they do not."""
    level = whole(value(properties, "outlineLvl"))
    return level + 1 if level is not None and 0 <= level < 9 else 0


def switches(run: Any, names: Iterable[str] = UNSEEN) -> dict[str, bool]:
    """Return which of these properties of a run are switched on or off."""
    children = () if run is None else (run.find(f"{W}{name}") for name in names)
    stated = [child for child in children if child is not None]
    return {child.tag.removeprefix(W): child.get(f"{W}val", "") not in _OFF for child in stated}


def _named_level(name: str) -> int:
    if name.lower() in _TITLE:
        return 1
    match = _HEADING.fullmatch(name.strip())
    return int(match.group(1)) if match else 0


def _is_default(style: Any) -> bool:
    return style.get(f"{W}default") in ("1", "true", "on") and style.get(f"{W}type") == "paragraph"
