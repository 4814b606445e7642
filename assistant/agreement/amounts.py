"""Single amounts in a text: a number and its unit, a date, a time of day. Knows nothing of bounds and ranges.

Takes text as `tokens.folded` leaves it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from assistant.agreement.moments import Moment, moments
from assistant.agreement.numerals import Numeral, blanked, han_bounds, numerals
from assistant.agreement.units import AFTER, BEFORE, MONEY, UNIT, UNITS, Unit
from core.language import CJK


class Reading(NamedTuple):
    """One meaning: from `low` to `high` of a unit, which is empty for a bare number."""

    unit: str
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a text says of an amount, and where.

    `bound` is 1 for at least and -1 for at most. `denied`: "not 14 days". `weak`: words that may state no
    amount ("a day", "one", 一个). `noun`: what a number without unit counts. `said` is the unit as it
    stands there, `magnitude` its 万 or million: both also hold for a bare number beside it.
    """

    start: int
    end: int
    readings: frozenset[Reading]
    bound: int = 0
    denied: bool = False
    weak: bool = False
    noun: str = ""
    said: frozenset[Unit] = frozenset()
    magnitude: int = 1

    @property
    def units(self) -> frozenset[str]:
        """The units it can be in; a name such as clause 11.2 is a unit of its own."""
        return frozenset(reading.unit for reading in self.readings)

    @property
    def bare(self) -> bool:
        """Whether it is a number without unit."""
        return self.units == {""}

    def equals(self, other: "Quantity") -> bool:
        """Whether both can be the same amount; at least and at most contradict each other."""
        return bool(self.readings & other.readings) and self.bound * other.bound >= 0


BARE = frozenset({Unit("", Fraction(1))})
_PART = BARE | {Unit("%", Fraction(100))}  # a half is 50 %
_HALF_HAN = re.compile(rf"(?<![一多大过个])半个?(?P<unit>{UNIT})")
_AND_HALF_HAN = re.compile(rf"个半(?P<unit>月|{UNIT})")
_AND_HALF = re.compile(r"半(?!个|价|数)| and an? half(?![a-z])")
_OF_UNIT = re.compile(rf"[ -](?:of )?(?:an? )?(?P<unit>{UNIT})")
_ONE_UNIT = (
    r"(?<![a-z])an? (?P<unit>minute|hour|day|week|fortnight|month|year|night|decade|kilometre|mile|litre)"
)
_ONE = re.compile(rf"{_ONE_UNIT}(?![a-z])")
_ONE_AND_HALF = re.compile(rf"{_ONE_UNIT} and an? half(?![a-z])")
_TIMES = re.compile(r"(?<![a-z])(?:once|twice|doubled?|thrice|triple|treble)(?![a-z])|双倍|加倍|翻倍")
_TIMES_VALUES = {"once": 1, "thrice": 3, "triple": 3, "treble": 3}
_WINDOW = 10
"""How many characters before a number are searched for its currency or sign: `negative `."""
_NEGATIVE_BEFORE = re.compile(r"(?:零下|负|(?<![a-z])(?:minus|negative)) ?$")
_NEGATIVE_AFTER = re.compile(r" below (?:zero|freezing)")
_MILLIONS = re.compile(r" ?(?P<sign>[mb])n?(?![a-z])")
_MONEY = "|".join(re.escape(one) for one in UNITS if any(unit.name in MONEY for unit in UNITS[one]))
_MILLIONS_OF = re.compile(rf"{_MILLIONS.pattern}(?= ?(?:{_MONEY})(?![a-z]))")
# 1米2, 一米二, 三块五: a digit after the unit is its tenth.
_TENTHS = re.compile(r"(?P<tenths>\d{1,2}|[一二三四五六七八九])(?![\d.十百千个]|[a-z])")
_SPEED = re.compile(r"(?:时速|每小时).{0,6}$")
_MAGNITUDES = {"万": 10**4, "亿": 10**8, "千": 10**3, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_MAGNITUDE = re.compile(rf"(?:{'|'.join(_MAGNITUDES)})$")
_NOUN = re.compile(
    r"[ -](?!(?:and|or|of|in|to|for|by|at|on|if|is|are|as|with|the|from|per|under|but|which|that)(?![a-z]))"
    rf"(?P<word>[a-z]{{3,}})|(?P<measure>[个名位人件张份项种家所间辆台只条支瓶页])的?(?P<noun>[{CJK}]{{0,2}})"
)


def amounts(text: str) -> list[Quantity]:
    """Return the amounts of a folded text in their order, none inside another.

    >>> [[(unit, int(low)) for unit, low, _ in one.readings] for one in amounts("0.3万元, 5 km, 半小时")]
    [[('CNY', 3000)], [('metre', 5000)], [('minute', 30)]]
    """
    found = [Quantity(one.start, one.end, frozenset(_dated(one))) for one in moments(text)]
    text = _without(text, found)
    halves = [_times(match, Fraction(1, 2)) for match in _HALF_HAN.finditer(text)]
    halves += [_times(match, Fraction(3, 2)) for match in _ONE_AND_HALF.finditer(text)]
    text = _without(text, halves)
    found += [*halves, *_numbered(text)]
    text = _without(text, found)
    found += [replace(_times(match, Fraction(1)), weak=True) for match in _ONE.finditer(text)]
    found += [replace(_multiple(match), weak=match[0].isascii()) for match in _TIMES.finditer(text)]
    return list(_apart(sorted(found, key=lambda one: one.start)))


def _without(text: str, found: Iterable[Quantity]) -> str:
    return blanked(text, [(one.start, one.end) for one in _apart(sorted(found, key=lambda one: one.start))])


def _dated(moment: Moment) -> Iterator[Reading]:
    for value in moment.readings:
        yield Reading(moment.kind, Fraction(value), Fraction(value))
        if moment.kind == "date" and value % 10_000 == 0:  # "2025年" may be asked for as a number
            yield Reading("", Fraction(value // 10_000), Fraction(value // 10_000))


def _apart(found: Iterable[Quantity]) -> Iterator[Quantity]:
    end = 0
    for one in found:
        if one.start >= end:
            yield one
            end = one.end


def _times(match: re.Match[str], value: Fraction) -> Quantity:
    return _quantity(match.span(), (value, value), UNITS[_spelling(match["unit"])])


def _multiple(match: re.Match[str]) -> Quantity:
    value = Fraction(_TIMES_VALUES.get(match[0], 2))
    return _quantity(match.span(), (value, value), UNITS["times"])


def _numbered(text: str) -> Iterator[Quantity]:
    end = 0
    for one in numerals(text):
        name = Reading(f"#{one.label}", Fraction(0), Fraction(0))
        named = Quantity(one.start, one.end, frozenset({name}), weak=one.spelled)
        amount = named if one.label else _amount(text, one, text[max(end, one.start - _WINDOW) : one.start])
        yield amount
        end = amount.end


def _amount(text: str, number: Numeral, window: str) -> Quantity:
    """Return the number with its unit after it, or before it in `window`."""
    start, end, bounds, units = number.start, number.end, (number.low, number.high), frozenset[Unit]()
    if before := BEFORE.search(window):
        units = UNITS[_spelling(before["unit"])]
        start -= len(window) - before.start()
    if short := (_MILLIONS if before else _MILLIONS_OF).match(text, end):
        end, times = short.end(), 10**6 if short["sign"] == "m" else 10**9
        bounds = (bounds[0] * times, bounds[1] * times)
    found = (
        _AND_HALF_HAN.match(text, end)
        or AFTER.match(text, end)
        or (number.part and _OF_UNIT.match(text, end))
    )
    if found:
        after = UNITS[_spelling(found["unit"])]
        if not units or units & after:
            units = UNITS["km/h"] if _is_speed(found["unit"], window) else units & after or after
            end, more = _rest(text, found)
            bounds = (bounds[0] + more, bounds[1] + more)
    if (below := _NEGATIVE_BEFORE.search(window)) or _NEGATIVE_AFTER.match(text, end):
        start -= len(below[0]) if below else 0
        bounds = (-bounds[1], -bounds[0])
    noun = "" if units else _noun(text, end)
    magnitude = _MAGNITUDE.search(text[start : number.end])
    return replace(
        _quantity((start, end), bounds, units or (_PART if number.part else BARE)),
        weak=number.spelled and not number.part and not units and (number.low == 1 or not noun),
        noun=noun,
        magnitude=_MAGNITUDES[magnitude[0]] if magnitude else 1,
    )


def _is_speed(unit: str, window: str) -> bool:
    return unit in ("公里", "千米") and _SPEED.search(window) is not None


def _rest(text: str, unit: re.Match[str]) -> tuple[int, Fraction]:
    """Return where a unit ends, and which part of another one it has: 两个半小时, 3分半, 一米二."""
    if unit.re is _AND_HALF_HAN:
        return unit.end(), Fraction(1, 2)
    if half := _AND_HALF.match(text, unit.end()):
        return half.end(), Fraction(1, 2)
    tenths = _TENTHS.match(text, unit.end()) if unit["unit"] in ("米", "块") else None
    if not tenths:
        return unit.end(), Fraction(0)
    figures = tenths["tenths"] if tenths["tenths"].isascii() else str(han_bounds(tenths["tenths"])[0])
    return tenths.end(), Fraction(int(figures), 10 ** len(figures))


def _spelling(found: str) -> str:
    return found if found in UNITS else "个月" if found == "月" else found.replace("-", " ")


def _noun(text: str, end: int) -> str:
    found = _NOUN.match(text, end)
    if not found:
        return ""
    if found["word"]:
        return found["word"]
    return found["noun"] if found["measure"] == "个" and found["noun"] else found["measure"]


def _quantity(span: tuple[int, int], bounds: tuple[Fraction, Fraction], units: frozenset[Unit]) -> Quantity:
    readings = frozenset(
        Reading(unit.name, bounds[0] * unit.factor, bounds[1] * unit.factor) for unit in units
    )
    return Quantity(*span, readings, said=units)
