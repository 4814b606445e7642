"""Dates as people write them, as the days that they can mean. Knows nothing of documents or questions.

A date is an interval: `2025` is a year, `March 2025` a month. What can be read in several ways has several
readings: 03/04/2025 is in March or in April. Chinese and English; a time of day is passed over.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from itertools import product
from typing import NamedTuple

FORMS = "2025-03-01, 2025-03, 2025, 2025年3月1日, 1 March 2025, March 2025, Q1 2025"
"""How a date can be written, for who wrote another."""
_CHARS = 100  # no date is longer


class Days(NamedTuple):
    """The days from `first` to `last`, both included."""

    first: date
    last: date


@lru_cache(4096)
def readings(text: str) -> tuple[Days, ...]:
    """Return what a date can mean, earliest first; nothing where it is none.

    >>> [f"{one.first} to {one.last}" for one in readings("March 2025")]
    ['2025-03-01 to 2025-03-31']
    >>> [str(one.first) for one in readings("03/04/2025")]
    ['2025-03-04', '2025-04-03']
    >>> readings("2025年3月1日") == readings("1 March 2025") == readings("2025-03-01T10:00Z")
    True
    >>> readings("yesterday")
    ()
    """
    folded = " ".join(unicodedata.normalize("NFKC", text[: _CHARS + 1]).translate(_DASHES).casefold().split())
    if len(folded) > _CHARS:
        return ()
    plain = _SAID.sub("", _CLOCK.sub("", _WEEKDAY.sub(" ", folded))).strip(" ,;.()")
    return tuple(sorted(set(_one(plain)) or set(_range(plain))))


def spanned(text: str) -> Days | None:
    """Return all days that a date can mean, and those between; None where it is none."""
    found = readings(text)
    return Days(found[0].first, max(one.last for one in found)) if found else None


Reader = Callable[[re.Match[str]], Iterable[Days]]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_HAN = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "元": 1}
_DASHES = dict.fromkeys(map(ord, "‐–—−"), "-")
_YEAR = r"(?P<year>[12]\d{3})"
_FIGURES = "[零〇○一二三四五六七八九十]"
_PART_OF_DAY = "上午|下午|早上|晚上|凌晨|中午"
_MINUTES = r"\d{1,2}(?::\d{2}(?:[.,]\d{1,9})?|分(?:\d{1,2}秒)?)?"
_ZONE = r"(?:z|[a-z]{2,5}|(?:utc|gmt)?[+-]\d{1,2}(?::?\d{2})?)(?: ?\[[a-z_/]+\]| ?\([a-z ]+\))?"
_CLOCK = re.compile(
    rf"(?:^| |(?<=\d)t|,|(?<=[日号]))(?:at )?(?:{_PART_OF_DAY})?\d{{1,2}}(?:[:点时]{_MINUTES}|[点时]整?)"
    rf"(?: ?[ap]\.?m\.?)?(?: ?{_ZONE})?(?=$| )"
)
_WEEKDAY = re.compile(
    r"\b(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b[.,]?|\(?(?:星期|周|礼拜)[一二三四五六日天]\)?"
)
_DONE = "(?:发布|更新|修订|公布|生效|施行|实施|制定)"
_SAID = re.compile(
    r"^(?:as of|as at|dated?|in|on|from|since|valid from|version of|effective(?: from)?"
    r"|(?:last )?(?:updated|revised|modified|reviewed)|published|issued|posted"
    rf"|(?:最后|最近)?{_DONE}(?:日期|时间|于)?|日期|截至|截止|自|于)(?: on)?[: ]*"
    rf"|^the |^公元|(?:起|止|版|{_DONE})+$"
)
_PARTS = {"上": 0, "中": 1, "下": 2}


def _one(text: str) -> Iterable[Days]:
    """Return the readings of a single date."""
    for pattern, reader in _READERS:
        if match := pattern.fullmatch(text):
            return reader(match)
    return ()


def _range(text: str) -> Iterable[Days]:
    """Return the readings of `A to B`; what both share is said once: 1-5 March 2025, 2025年3月1日至5日."""
    for match in _TO.finditer(text):
        start, end = text[: match.start()].strip(), text[match.end() :].strip()
        behind = [end[blank.start() :] for blank in re.finditer(" ", end)]
        before = [start[: mark.end()] for mark in re.finditer("[年月]", start)]
        starts = (found for rest in ("", *behind) for found in _one(start + rest))
        ends = (found for rest in ("", *before) for found in _one(rest + end))
        pairs = product(set(starts), set(ends))
        if found := [Days(one.first, other.last) for one, other in pairs if one.first <= other.last]:
            return found
    return ()


def _days(year: int, month: int = 0, day: int = 0) -> Iterable[Days]:
    """Yield a year, a month or a day, where there is such a one."""
    if not 1000 <= year < 3000 or not 0 <= month <= 12:
        return
    if not month:
        yield Days(date(year, 1, 1), date(year, 12, 31))
    elif not day:
        yield _months(year, month, month)
    elif day <= monthrange(year, month)[1]:
        yield Days(date(year, month, day), date(year, month, day))


def _months(year: int, first: int, last: int) -> Days:
    return Days(date(year, first, 1), date(year, last, monthrange(year, last)[1]))


def _number(text: str | None) -> int:
    """Return figures, or a Chinese numeral, as a number: 二〇二五, 十二, 三十一.

    >>> [_number(text) for text in ("12", "二〇二五", "十", "十二", "三十一", "")]
    [12, 2025, 10, 12, 31, 0]
    """
    if not text or text.isdecimal():
        return int(text or 0)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return 10 * (_number(tens) or 1) + _number(ones)
    return int("".join(str(_HAN[char]) for char in text))


def _named(match: re.Match[str]) -> Iterable[Days]:
    """Read groups called year, month or name, and day."""
    groups = match.groupdict()
    month = _MONTHS.index(groups["name"][:3]) + 1 if groups.get("name") else _number(groups.get("month"))
    day = _number(groups.get("day"))
    is_zero = (groups.get("month") and not month) or (groups.get("day") and not day)
    return () if is_zero else _days(_century(groups["year"]), month, day)


def _century(text: str) -> int:
    year = _number(text)
    return year if len(text) > 2 else year + (2000 if year < 70 else 1900)


def _unordered(match: re.Match[str]) -> Iterable[Days]:
    """Read 3/4/2025 as in London and as in New York; points are for the day first, where that can be."""
    one, two, year = (int(match[name]) for name in ("one", "two", "year"))
    if not one or not two:
        return ()
    day_first, month_first = [*_days(year, two, one)], [*_days(year, one, two)]
    return day_first or month_first if match["sep"].strip() == "." else [*day_first, *month_first]


def _quarter(match: re.Match[str]) -> Iterable[Days]:
    said = match["quarter"]
    number = "一二三四".find(said) + 1 or int(said[0] if said[0].isdecimal() else _ORDINALS.index(said) + 1)
    yield _months(_century(match["year"]), 3 * number - 2, 3 * number)


def _half(match: re.Match[str]) -> Iterable[Days]:
    is_first = match["half"] in ("1", "上", "first", "1st")
    yield _months(_century(match["year"]), 1 if is_first else 7, 6 if is_first else 12)


def _ten_days(match: re.Match[str]) -> Iterable[Days]:
    """Read 上旬, 中旬 and 下旬: the first ten days of a month, the next ten, the rest."""
    for month in _days(_century(match["year"]), _number(match["month"])):
        part = _PARTS[match["part"]]
        last = month.last if part == 2 else month.first.replace(day=10 * part + 10)
        yield Days(month.first.replace(day=10 * part + 1), last)


def _week(match: re.Match[str]) -> Iterable[Days]:
    year, week = int(match["year"]), int(match["week"])
    try:
        yield Days(date.fromisocalendar(year, week, 1), date.fromisocalendar(year, week, 7))
    except ValueError:  # a week 53 that the year has not
        return


_ORDINALS = ("first", "second", "third", "fourth")
_QUARTER = r"(?P<quarter>[1-4](?:st|nd|rd|th)|first|second|third|fourth) quarter(?: of)?,? "
_TO = re.compile(r" ?(?:~|至|到|/|-| to | until | through | and ) ?")
_EARLY = r"(?:(?:early|mid|late|end of|the end of|beginning of|start of)[- ])?"
_HAN_YEAR = rf"(?P<year>[12]\d{{3}}|\d{{2}}|{_FIGURES}{{4}}) ?年"
_HAN_MONTH = rf" ?(?P<month>\d{{1,2}}|{_FIGURES}{{1,2}}|元) ?月"
_HAN_DAY = rf" ?(?P<day>\d{{1,2}}|{_FIGURES}{{1,3}}) ?[日号]?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NAMED_YEAR = r"[ ,.-]{1,2}'?(?P<year>[12]\d{3}|\d{2})"
_READERS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (_EARLY + _YEAR, _named),
        (rf"{_YEAR} ?(?P<sep>[-/.]) ?(?P<month>\d{{1,2}})(?: ?(?P=sep) ?(?P<day>\d{{1,2}}))?", _named),
        (rf"{_YEAR} (?P<month>\d{{1,2}}) (?P<day>\d{{1,2}})", _named),
        (
            rf"(?:d:)?{_YEAR}(?P<month>\d{{2}})(?:(?P<day>\d{{2}})(?:t?(?:\d{{4}}|\d{{6}})(?:z|[+-]\d{{2}}'?\d{{2}}'?)?)?)?",
            _named,
        ),
        (r"(?P<one>\d{1,2})(?P<sep>[-/.] ?)(?P<two>\d{1,2})(?P=sep)(?P<year>[12]\d{3})", _unordered),
        (r"(?P<month>\d{1,2})[-/.](?P<year>[12]\d{3})", _named),
        (rf"{_HAN_YEAR}[初底末中度]?", _named),
        (rf"{_HAN_YEAR}{_HAN_MONTH}份?[初底末中]?", _named),
        (rf"{_HAN_YEAR}{_HAN_MONTH}{_HAN_DAY}", _named),
        (rf"{_HAN_YEAR}{_HAN_MONTH}(?P<part>[上中下])旬", _ten_days),
        (rf"{_HAN_YEAR}(?P<half>[上下])半年", _half),
        (rf"{_HAN_YEAR} ?(?:第?(?P<quarter>[1-4一二三四])季度?)", _quarter),
        (rf"{_DAY}(?:[ .-]{{1,2}}| of )(?:day of )?{_MONTH}{_NAMED_YEAR}", _named),
        (rf"{_MONTH}[ .-]?{_DAY}{_NAMED_YEAR}", _named),
        (rf"{_EARLY}{_MONTH}(?: of)?[ ,.-]{{1,2}}{_YEAR}", _named),
        (rf"{_YEAR}[ ,.-]{{1,2}}{_MONTH}(?:[ .-]{{1,2}}{_DAY})?", _named),
        (rf"q(?P<quarter>[1-4])[ /-]?{_YEAR}", _quarter),
        (rf"{_YEAR}[ /-]?q(?P<quarter>[1-4])", _quarter),
        (_QUARTER + _YEAR, _quarter),
        (rf"h(?P<half>[12])[ /-]?{_YEAR}", _half),
        (rf"{_YEAR}[ /-]?h(?P<half>[12])", _half),
        (rf"(?P<half>first|1st|second|2nd) half(?: of)?,? {_YEAR}", _half),
        (rf"{_YEAR}-?w(?P<week>\d{{2}})(?:-?[1-7])?", _week),
    )
)
