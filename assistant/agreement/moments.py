"""Dates and times of day, Chinese and English. Knows nothing of other quantities.

Takes text as `tokens.folded` leaves it. A moment may have several readings: 11/2/2024 is in February or
in November, 3点 in the night or in the afternoon.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from assistant.agreement.numerals import blanked, han_bounds


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a moment stands and what it can mean.

    `kind` is `date` or `clock`. A date is year * 10,000 + month * 100 + day, zero where it has none; a time
    of day is minutes since midnight.
    """

    start: int
    end: int
    kind: str
    readings: frozenset[int]


Reader = Callable[[re.Match[str]], Iterable[int]]

_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
}
_MONTHS |= {"nov": 11, "dec": 12}
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?![\d:.%])"
_YEAR = r"(?: ?,? ?(?<=[, ])(?P<year>\d{4}))?(?!\d)"
_HAN = "[〇零一二三四五六七八九十廿]"
_HAN_DIGITS = "[〇零一二三四五六七八九]++"
_HAN_DATE = (
    rf"(?:(?P<year>\d{{4}}|{_HAN}{{4}}) ?年 ?)?(?<!\d)(?P<month>\d{{1,2}}|{_HAN}{{1,3}}) ?月"
    rf"(?:份|(?![以内底初]))(?: ?(?P<day>\d{{1,2}}|{_HAN}{{1,3}}) ?[日号])?"
)
_HAN_YEAR = rf"(?<!\d)(?P<year>[12]\d{{3}}|[一二]{_HAN}{{3}}) ?年(?!内|以|之内)"
_ORDERED = (
    r"(?<![\d–/.])(?P<year>[12]\d{3})(?P<sep>[–/.-])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})(?![\d–/])"
)
_UNORDERED = (
    r"(?<![\d–/.])(?P<one>\d{1,2})(?P<sep>[–/.])(?P<two>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})(?![\d–/])"
)

_PART_OF_DAY = "凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|夜间|夜里|深夜|当晚|晚|早"
_HAN_CLOCK = (
    rf"(?P<part>{_PART_OF_DAY})? ?(?<![\d.])(?<!\d:)(?P<hour>\d{{1,2}}|{_HAN}{{1,3}}) ?"
    rf"(?P<sign>点钟?(?!{_HAN_DIGITS}(?![分十刻]))|时(?![间候效长段刻期]))(?:(?P<rest>半|一刻|三刻|整)|(?P<minute>\d{{1,2}}|{_HAN}{{1,3}})分"
    rf"|(?<=点)(?P<bare>[0-5]\d|[二三四五]?十{_HAN}?)(?![\d点到至{_HAN[1:-1]}]))?"
)
_HALF = r"(?: ?(?P<half>[ap])\.? ?m(?![a-z])\.?| (?:in the |at )(?P<time>morning|afternoon|evening|night))"
_CLOCK = (
    rf"(?:(?P<part>{_PART_OF_DAY}) ?)?(?<![\d.])(?<!\d:)(?P<hour>[01]?\d|2[0-4])"
    rf"(?::|h(?=[0-5]\d(?![\da-z])))(?P<minute>[0-5]\d)(?::[0-5]\d)?(?![\d:]){_HALF}?"
)
_HOUR = rf"(?<![\d:.,])(?P<hour>\d{{1,2}})(?:\.(?P<minute>[0-5]\d))?(?: ?o'? ?clock)?{_HALF}"
_WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_HOURS = _WORDS.split("|")
_SHARP = rf"(?<![\d:.,a-z])(?P<hour>\d{{1,2}}|{_WORDS})(?P<sharp> ?o'? ?clock){_HALF}?"
_WORD_HOUR = rf"(?<![a-z])(?P<hour>{_WORDS}){_HALF}"
_PAST_MINUTES = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20, "twenty-five": 25}
_PAST = (
    rf"(?<![a-z-])(?:a )?(?P<rest>{'|'.join(_PAST_MINUTES)})(?: minutes)? (?P<way>past|to)"
    rf" (?P<hour>\d{{1,2}}|{_WORDS})(?![a-z]){_HALF}?"
)
_NAMED_HOURS = {"noon": {720}, "midday": {720}, "midnight": {0, 1440}, "正午": {720}, "午夜": {0, 1440}}
_NAMED_HOUR = rf"(?<![a-z])(?:12 )?(?P<named>{'|'.join(_NAMED_HOURS)})(?![a-z])"
_MORNING = ("凌晨", "清晨", "早上", "早晨", "上午", "早", "morning", "a")
_LATE = (
    "下午",
    "傍晚",
    "晚上",
    "晚间",
    "夜间",
    "夜里",
    "深夜",
    "当晚",
    "晚",
    "afternoon",
    "evening",
    "night",
    "p",
)


def moments(text: str) -> list[Moment]:
    """Return dates and times of day of a folded text in their order.

    >>> [sorted(one.readings) for one in moments("2025年3月4日, 4 march 2025, march 4, 2025, 2025–03–04")]
    [[20250304], [20250304], [20250304], [20250304]]
    >>> [sorted(one.readings) for one in moments("下午3点, 15:00, 3 pm, 3点, 11/2/2024")]
    [[900], [900], [900], [180, 900], [20240211, 20241102]]
    """
    found: list[Moment] = []
    for kind, pattern, reader in _READERS:
        new = [
            Moment(*match.span(), kind, readings)
            for match in pattern.finditer(text)
            if (readings := frozenset(reader(match)))
        ]
        text = blanked(text, [(one.start, one.end) for one in new])
        found += new
    return sorted(found, key=lambda one: one.start)


def _number(text: str) -> int:
    """Return figures, an hour in words or a Chinese numeral as a number, -1 where it is none."""
    if text in _HOURS:
        return _HOURS.index(text) + 1
    bounds = han_bounds(text) if not text.isascii() else ()
    return int(text) if text.isascii() else int(bounds[0]) if bounds else -1


def _date(match: re.Match[str]) -> Iterable[int]:
    groups = match.groupdict()
    year = _number(groups["year"]) if groups.get("year") else 0
    month = _MONTHS[groups["name"][:3]] if groups.get("name") else _number(groups["month"])
    day = _number(groups["day"]) if groups.get("day") else int(bool(groups.get("first")))
    return _valid(year, month, day)


def _valid(year: int, month: int, day: int) -> Iterable[int]:
    if 0 < month < 13 and 0 <= day < 32:
        yield year * 10_000 + month * 100 + day


def _year(match: re.Match[str]) -> Iterable[int]:
    yield _number(match["year"]) * 10_000


def _unordered(match: re.Match[str]) -> Iterable[int]:
    """Read 3/4/2025 both as in London and as in New York; 98 is 1998 and 25 is 2025."""
    one, two, year = int(match["one"]), int(match["two"]), int(match["year"])
    year += 2000 if year < 70 else 1900 if year < 100 else 0
    return {*_valid(year, two, one), *_valid(year, one, two)} if one and two else ()


def _clock(match: re.Match[str]) -> Iterable[int]:
    groups = match.groupdict()
    hour = _number(groups["hour"])
    rest = {"半": 30, "一刻": 15, "三刻": 45}.get(groups.get("rest") or "", 0)
    said = groups.get("minute") or groups.get("bare")
    minute = _number(said) if said else rest
    if not 0 <= hour <= 24 or not 0 <= minute < 60:
        return ()
    part = groups.get("part") or groups.get("half") or groups.get("time") or ""
    if part in _MORNING:
        return {hour % 12 * 60 + minute} if hour <= 12 else {hour * 60 + minute}
    if part == "中午":
        return {(hour + 12 if hour < 11 else hour) * 60 + minute}
    if part in _LATE:
        at_night = part not in ("下午", "afternoon", "p")
        return (
            {0, 1440} if hour == 12 and at_night else {(hour % 12 + 12 if hour <= 12 else hour) * 60 + minute}
        )
    by_twelve = (groups.get("sign") or "").startswith("点") or groups.get("sharp")
    first = hour * 60 + minute
    return {first, first + 720} if by_twelve and 0 < hour < 12 else {first}


def _han_clock(match: re.Match[str]) -> Iterable[int]:
    """一点 is a bit; at one o'clock it has a part of the day or a 钟."""
    return () if match[0].strip() == "一点" else _clock(match)


def _past(match: re.Match[str]) -> Iterable[int]:
    """Read half past five, a quarter to nine at night."""
    hour = _number(match["hour"])
    minutes = _PAST_MINUTES[match["rest"]]
    if match["way"] == "to":
        if minutes <= hour:  # five to ten days
            return ()
        minutes = -minutes
    part = match["half"] or match["time"] or ""
    first = hour % 12 * 60 + minutes
    return {first} if part in _MORNING else {first + 720} if part in _LATE else {first, first + 720}


def _named(match: re.Match[str]) -> Iterable[int]:
    return _NAMED_HOURS[match["named"]]


_READERS: tuple[tuple[str, re.Pattern[str], Reader], ...] = (
    ("date", re.compile(_ORDERED), _date),
    ("date", re.compile(_UNORDERED), _unordered),
    ("date", re.compile(_HAN_DATE), _date),
    ("date", re.compile(_HAN_YEAR), _year),
    ("date", re.compile(rf"(?<![\d.:–]){_DAY}(?: day)? (?:of )?{_MONTH}{_YEAR}"), _date),
    ("date", re.compile(rf"(?<![a-z])(?:the )?(?P<first>first) (?:of )?{_MONTH}{_YEAR}"), _date),
    ("date", re.compile(rf"(?<![a-z]){_MONTH} {_DAY}{_YEAR}"), _date),
    ("date", re.compile(rf"(?<![a-z]){_MONTH},? (?P<year>[12]\d{{3}})(?!\d)"), _date),
    ("clock", re.compile(_NAMED_HOUR), _named),
    ("clock", re.compile(_PAST), _past),
    ("clock", re.compile(_CLOCK), _clock),
    ("clock", re.compile(_HAN_CLOCK), _han_clock),
    ("clock", re.compile(_HOUR), _clock),
    ("clock", re.compile(_SHARP), _clock),
    ("clock", re.compile(_WORD_HOUR), _clock),
)
