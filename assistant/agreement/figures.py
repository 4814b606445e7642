"""Whether a text states the amounts of a right answer: the same values in the same units.

A right figure without its unit counts half, unless the question or the answer needs none ("How many days?");
in another unit it is wrong. Amounts of the same unit that neither question nor answers know make a text as
vague as they are many: "7 or 14 days" states 7 days by half. Amounts in each other's place are wrong.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from assistant.agreement.amounts import Quantity, Reading
from assistant.agreement.places import exchanged, places
from assistant.agreement.quantities import in_unit_of, quantities
from assistant.agreement.tokens import folded, tokens
from assistant.agreement.units import MONEY, UNITS, Unit

_FREE = re.compile(
    r"(?<![a-z-])(?:free of charge|for free|(?:is|are) free|no (?:extra |additional )?(?:charge|fee|cost)s?"
    r"|^free)(?![a-z])|免费|不收费|无需付费"
)
_NONE = re.compile(r"\W*(?:none|nil|no|not any|没有|无|零)(?![a-z\d])")
_SPANS = {"night": "day", "晚": "day", "夜": "day", "天": "day", "日": "day", "周": "week", "月": "month"}
_SPANS |= {"年": "year", "小时": "hour", "分钟": "minute", "daily": "day", "weekly": "week"}
_SPANS |= {one: one for one in ("minute", "hour", "day", "week", "month", "year")}
_RATE = re.compile(
    r"(?:(?<![a-z])(?:per|an?|each|every)|/) ?(minute|hour|day|night|week|month|year)(?![a-z])"
    r"|(?:每个?|/)(小时|分钟|[天日晚夜周月年])"
)
_FILLERS_EN = (
    "at least most more than less up to within about around only just per each every or and of in by under"
    " over after before from not no later older longer years age"
)
_FILLERS = frozenset(
    [
        *_FILLERS_EN.split(),
        *"以上下内之至到和与及或约大概不超过少于得满年最多长低高每个起前后提共为是应分别–-%",
    ]
)
_ASKED_BY_NAME = (
    (re.compile(r"percent|per cent|百分之|百分比|比例|比率"), "%"),
    (re.compile(r"(?<![a-z])(?:age|old)(?![a-z])|年龄|多大"), "years"),
    (re.compile(r"多少钱|多少块"), "元"),
)
_LATIN_WORD = re.compile(r"(?:\d[ -]?)?[a-z]+")
_PLURALS = (
    "percent",
    "per cent",
    "yuan",
    "renminbi",
    "rmb",
    "yen",
    "eur",
    "usd",
    "gbp",
    "sdr",
    "km",
    "kg",
    "feet",
)
_HAN_ASKED = re.compile(r"(?:几|多少|哪)个?(?P<unit>[^\W\d_a-z]{1,5})")


@dataclass(frozen=True, slots=True)
class _Found:
    """What of a wanted amount a text states: the credit, and at which of its amounts, or two in a sum."""

    credit: float
    place: int
    size: int = 1


def stated(text: str, answer: str, question: str = "", answers: Sequence[str] = ()) -> float:
    """Return what share of the amounts of `answer` the text states, 0 to 1; 0 where the answer has none.

    `answers` are all right answers: they may say what the one leaves open, such as at least.

    >>> stated("The fee is 12.50 euros per person.", "12.50 euros"), stated("七天", "7 days")
    (1.0, 1.0)
    >>> stated("30", "30 days"), stated("30", "30 days", "How many days?"), stated("30 hours", "30 days")
    (0.5, 1.0, 0.0)
    >>> stated("7 or 14 days", "7 days"), stated("1年、3年", "3年、1年")
    (0.5, 0.0)
    """
    wanted = [_bounded(one, answers) for one in amounts_of(answer)]
    said = [one for one in quantities(text) if not one.denied]
    found = [_find(one, said, folded(question), text) for one in wanted]
    credits = [one.credit for one in found]
    there = [number for number, one in enumerate(found) if one.place >= 0]
    right, stands = places(answer, wanted), places(text, said)
    aligned = [right[number] for number in there], [stands[found[number].place] for number in there]
    for one, other, remains in exchanged(*aligned, question):
        credits[there[one]] *= remains
        credits[there[other]] *= remains
    matched = sum(credit > 0 for credit in credits)
    if not matched:
        return 0.0
    known = [one for other in (question, answer, *answers) for one in quantities(other)]
    used = {one.place + more for one in found for more in range(one.size)}
    extra = sum(_is_extra(one, wanted, known) for place, one in enumerate(said) if place not in used)
    share = sum(credits) / len(wanted) * matched / (matched + extra)
    spans, asked = _rates(text), _rates(answer)
    return 0.0 if spans and asked and not spans & asked else share


def amounts_of(answer: str) -> list[Quantity]:
    """Return what an answer states: its amounts, or what may be some where there are no others."""
    found = [one for one in quantities(answer) if not one.denied]
    return [one for one in found if not one.weak] or found


def is_sequence(answer: str, question: str = "") -> bool:
    """Whether an answer is amounts and nothing else; of several, the question may name what each is of.

    >>> is_sequence("14 days and 2 years"), is_sequence("15日、20%"), is_sequence("the flight, with 48 hours")
    (True, True, False)
    >>> is_sequence("adults 80 euros, children 40 euros", "What do adults and children pay?")
    True
    """
    found = quantities(answer)
    plain = folded(answer)
    for one in reversed(found):
        plain = plain[: one.start] + " " + plain[one.end :].replace(one.noun, " ", 1)
    named = set(tokens(question)) if len(found) > 1 else set()
    return bool(found) and not set(tokens(plain)) - _FILLERS - named


def _bounded(wanted: Quantity, answers: Sequence[str]) -> Quantity:
    """Return the amount with the bound that another right answer gives it."""
    others = (one for answer in answers for one in quantities(answer) if one.readings & wanted.readings)
    bounds = {one.bound for one in others} - {0}
    return replace(wanted, bound=bounds.pop()) if not wanted.bound and len(bounds) == 1 else wanted


def _find(wanted: Quantity, said: Sequence[Quantity], asked: str, text: str) -> _Found:
    best = _Found(0.0, -1)
    for place, one in enumerate(said):
        if (credit := _credit(wanted, one, asked)) > best.credit:
            best = _Found(credit, place)
    if best.credit < 1:
        for place, (one, other) in enumerate(pairwise(said)):
            if wanted.readings & _sums(one, other):
                return _Found(1.0, place, 2)
    units = {one.unit for one in wanted.readings if one.high == 0}
    none = (units & MONEY and _FREE.search(folded(text))) or ("" in units and _NONE.match(folded(text)))
    return _Found(1.0, -1) if none and not best.credit else best


def _rates(text: str) -> Set[str]:
    """Return the spans of time for which a text says how much or how often: day of "twice a day"."""
    return {_SPANS.get(found[1] or found[2], "") for found in _RATE.finditer(folded(text))}


def _sums(one: Quantity, other: Quantity) -> Set[Reading]:
    return {
        Reading(a.unit, a.low + b.low, a.high + b.high)
        for a in one.readings
        for b in other.readings
        if a.unit == b.unit and a.unit and one.said != other.said
    }


def _credit(wanted: Quantity, said: Quantity, asked: str) -> float:
    """Return what `said` is worth where `wanted` is right: 1, a half, or nothing."""
    if wanted.readings & said.readings:
        return float(wanted.equals(said))
    if said.bare and said.noun and not wanted.bare:
        return 0.0
    if said.bare:
        if units := frozenset(unit for unit in _asked_units(asked) if unit.name in wanted.units):
            return float(in_unit_of(replace(wanted, said=units), said).equals(wanted))
        if f"#{_plain(said)}" in wanted.units:
            return 1.0
        return 0.5 * in_unit_of(wanted, said).equals(wanted)
    if wanted.bare and not wanted.noun:
        if f"#{_plain(wanted)}" in said.units:
            return 1.0
        if units := _asked_units(asked):
            units = frozenset(unit for unit in units if unit.name in said.units)
            return float(bool(units) and in_unit_of(replace(said, said=units), wanted).equals(said))
        return float(in_unit_of(said, wanted).equals(said))
    return _near(wanted, said)


def _plain(bare: Quantity) -> str:
    (reading,) = bare.readings
    return f"{float(reading.low):.15g}" if abs(reading.low) < 10**15 else str(reading.low)


def _near(wanted: Quantity, said: Quantity) -> float:
    """Return a half for days that are not working days, a month of 30 days, and a date without its year."""
    for a in wanted.readings:
        for b in said.readings:
            days = {unit: value for unit, value, _ in (a, b)}
            if days.get("working day", days.get("month", 0) * 30) * 1440 == days.get("minute"):
                return 0.5
            if a.unit == b.unit == "date":
                return min(_dates(int(a.low), int(b.low)), _dates(int(a.high), int(b.high)))
    return 0.0


def _dates(wanted: int, said: int) -> float:
    """Return 1 where `said` is the wanted date and more, a half where its year is missing."""
    year, day = divmod(wanted, 10_000)
    if (not year and said % 10_000 == day) or (not day and said // 10_000 == year):
        return 1.0
    return 0.5 * (said in (day, wanted - wanted % 100))


@lru_cache(maxsize=1024)
def _asked_units(asked: str) -> frozenset[Unit]:
    """Return the units in which a folded question asks: how many days, 百分之几, at what age."""
    words = [word for word in _LATIN_WORD.findall(asked) if word.isalpha()]
    names = [" ".join(words[place : place + size]) for size in (1, 2, 3) for place in range(len(words))]
    names = [name for name in names if name[-1] == "s" or name in _PLURALS]  # not "the second trader"
    names += [found[:end] for found in _HAN_ASKED.findall(asked) for end in range(len(found), 0, -1)][:40]
    names += [name for pattern, name in _ASKED_BY_NAME if pattern.search(asked)]
    return frozenset(unit for name in names for unit in UNITS.get(name, ()))


def _is_extra(said: Quantity, wanted: Sequence[Quantity], known: Sequence[Quantity]) -> bool:
    """Whether an amount competes with the wanted ones: of their unit, and not in question or answers."""
    if said.weak or any(said.readings & one.readings for one in known):
        return False
    return any(_competes(a, b, one, said) for one in wanted for a in one.readings for b in said.readings)


def _competes(wanted: Reading, said: Reading, one: Quantity, other: Quantity) -> bool:
    inside = wanted.low <= said.low and said.high <= wanted.high
    return wanted.unit == said.unit and not inside and _of_one_kind(one, other, said.low)


def _of_one_kind(wanted: Quantity, said: Quantity, value: Fraction) -> bool:
    """Whether two amounts of a unit count the same: bare numbers may be of other things, or years."""
    if not said.bare:
        return True
    return (not said.noun or not wanted.noun or said.noun == wanted.noun) and not 1900 <= value <= 2100
