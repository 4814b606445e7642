"""The automatic numbers of a Word document: 第三条, 1.1, (a). Knows nothing of paragraphs or their text.

Counts as ECMA-376, part 1, 17.9 has it: lists that share a definition go on counting together, until one
states where it starts; a level starts anew after an item of a level above it.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from ingest.files.loaders.numerals import numeral
from ingest.files.loaders.word.styles import Style, W, value, whole

BULLET = "- "
_PLACE = re.compile("%([1-9])")
_NONE = "0"
_GAPS = {"nothing": ""}
_CHINESE_ENDS = ("、", "．", "）", "】", "：")
"""After these a blank would be wider than what is shown."""


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    form: str
    text: str
    gap: str
    restarts_under: int
    """Begins anew after an item of a level below this one."""
    is_decimal: bool
    style: str


@dataclass(frozen=True, slots=True)
class _List:
    definition: str
    levels: dict[int, _Level]
    starts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counts the paragraphs of one document, in their order."""

    def __init__(self, root: Any) -> None:
        self._lists = {} if root is None else _lists(root)
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[str] = set()

    def label(self, properties: Any, style: Style, style_id: str) -> str:
        """Return what stands before the next paragraph, which has these properties; often nothing."""
        numbering = None if properties is None else properties.find(f"{W}numPr")
        key = value(numbering, "numId") or style.list_id
        if key == _NONE or key not in self._lists:
            return ""
        level = whole(value(numbering, "ilvl"))
        if level is None:
            level = style.list_level
        if level is None:
            level = self._level_of(key, style_id)
        return self._counted(key, level)

    def _level_of(self, key: str, style_id: str) -> int:
        levels = self._lists[key].levels
        return next((at for at, level in levels.items() if level.style == style_id), 0)

    def _counted(self, key: str, at: int) -> str:
        listed = self._lists[key]
        counts = self._counts.setdefault(listed.definition, {})
        if key not in self._begun:
            self._begun.add(key)
            for level in listed.starts:
                counts.pop(level, None)
        if at not in listed.levels:
            return ""
        counts[at] = counts.get(at, self._start(listed, at) - 1) + 1
        for lower in [lower for lower in counts if lower > at]:
            if lower not in listed.levels or at < listed.levels[lower].restarts_under:
                del counts[lower]
        return self._written(listed, counts, at)

    def _start(self, listed: _List, at: int) -> int:
        return listed.starts.get(at, listed.levels[at].start if at in listed.levels else 1)

    def _written(self, listed: _List, counts: dict[int, int], at: int) -> str:
        level = listed.levels[at]
        if level.form == "bullet" and len(level.text.strip()) < 2:
            return BULLET

        def number(place: re.Match[str]) -> str:
            above = int(place.group(1)) - 1
            form = listed.levels[above].form if above in listed.levels else "decimal"
            count = counts.get(above, self._start(listed, above))
            return numeral(count, "decimal" if level.is_decimal else form)

        text = _PLACE.sub(number, level.text).strip()
        return text + level.gap * (not text.endswith(_CHINESE_ENDS)) if text else ""


def _lists(root: Any) -> dict[str, _List]:
    definitions = {one.get(f"{W}abstractNumId", ""): one for one in root.findall(f"{W}abstractNum")}
    by_style = {value(one, "styleLink"): key for key, one in definitions.items() if value(one, "styleLink")}
    lists = {}
    for one in root.findall(f"{W}num"):
        key = value(one, "abstractNumId")
        key = by_style.get(value(definitions.get(key), "numStyleLink"), key)
        if key in definitions:
            levels = _levels(definitions[key])
            overrides = one.findall(f"{W}lvlOverride")
            starts = {_at(each): whole(value(each, "startOverride")) for each in overrides}
            for each in overrides:
                levels |= _levels(each)
            stated = {at: start for at, start in starts.items() if start is not None}
            lists[one.get(f"{W}numId", "")] = _List(key, levels, stated)
    return lists


def _at(element: Any) -> int:
    return whole(element.get(f"{W}ilvl", "")) or 0


def _levels(parent: Any) -> dict[int, _Level]:
    return {_at(level): _level(level) for level in parent.findall(f"{W}lvl")}


def _level(element: Any) -> _Level:
    forms = [
        form for form in element.iter(f"{W}numFmt")
    ]  # a newer form is wrapped, with an older one beside it
    restarts = whole(value(element, "lvlRestart"))
    is_decimal = element.find(f"{W}isLgl")
    return _Level(
        start=whole(value(element, "start")) or 0,
        form=forms[0].get(f"{W}val", "") if forms else "decimal",
        text=value(element, "lvlText"),
        gap=_GAPS.get(value(element, "suff"), " "),
        restarts_under=_at(element) if restarts is None else restarts,
        is_decimal=is_decimal is not None and is_decimal.get(f"{W}val", "") not in ("0", "false", "off"),
        style=value(element, "pStyle"),
    )
