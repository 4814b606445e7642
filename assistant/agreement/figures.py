"""Whether a text states the amounts of a right answer: the same values in the same units.

A right figure without its unit counts half, unless the question or the answer needs none ("How many days?");
in another unit it is wrong. Amounts of the same unit that neither question nor answers know make a text as
vague as they are many: "7 or 14 days" states 7 days by half. Amounts in each other's place are wrong.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, pairwise

from assistant.agreement.amounts import Quantity, Reading
from assistant.agreement.quantities import in_unit_of, quantities
from assistant.agreement.tokens import folded, tokens
from assistant.agreement.units import UNITS, Unit
from assistant.agreement.words import content

_FREE = re.compile(
    r"(?<![a-z-])(?:free of charge|for free|(?:is|are) free|no (?:extra |additional )?(?:charge|fee|cost)s?|^free)"
    r"(?![a-z])|免费|不收费|无需付费"
)
_FILLERS = frozenset(
    "at least most more than less up to within about around only just per each every or and of in by under over after"
    " before from not no later older longer years age 以 上 下 内 之 至 到 和 与 及 或 约 大 概 不 超 过 少 于 得 满"
    " 年 最 多 长 低 高 每 个 起 前 后 提 共 为 是 应 分 别 – - %".split()
)
_ASKED_BY_NAME = (
    (re.compile(r"percent|per cent|百分之|百分比|比例|比率"), "%"),
    (re.compile(r"(?<![a-z])(?:age|old)(?![a-z])|年龄|多大"), "years"),
    (re.compile(r"多少钱|多少块"), "元"),
)
_LATIN_WORD = re.compile(r"(?:\d[ -]?)?[a-z]+")
_HAN_ASKED = re.compile(r"(?:几|多少|哪)个?(?P<unit>[^\W\d_a-z]{1,5})")
_LABEL_END = re.compile(r"[,;。、\n]| and |(?<!\d)\.(?!\d)|和|与")
_SWAPPED, _UNSURE = 0.0, 0.5
_SURE = 0.2
"""By how much labels must fit better crosswise to overrule the order."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What of a wanted amount a text states: the credit, and at which of its amounts."""

    credit: float
    place: int


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
    for one, other, factor in _exchanged(text, answer, wanted, said, found):
        credits[one], credits[other] = credits[one] * factor, credits[other] * factor
    matched = sum(credit > 0 for credit in credits)
    if not matched:
        return 0.0
    known = [one for other in (question, answer, *answers) for one in quantities(other)]
    extra = sum(_is_extra(one, wanted, known) for one in said)
    return sum(credits) / len(wanted) * matched / (matched + extra)


def amounts_of(answer: str) -> list[Quantity]:
    """Return what an answer states: its amounts, or what may be some where there are no others."""
    found = [one for one in quantities(answer) if not one.denied]
    return [one for one in found if not one.weak] or found


def is_sequence(answer: str) -> bool:
    """Whether an answer is amounts and nothing else.

    >>> is_sequence("14 days and 2 years"), is_sequence("15日、20%"), is_sequence("the flight, with 48 hours")
    (True, True, False)
    """
    found = quantities(answer)
    plain = folded(answer)
    for one in reversed(found):
        plain = plain[: one.start] + " " + plain[one.end :].replace(one.noun, " ", 1)
    return any(not one.weak for one in found) and not set(tokens(plain)) - _FILLERS


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
                return _Found(1.0, place)
    if (
        not best.credit
        and any(not reading.high for reading in wanted.readings)
        and _FREE.search(folded(text))
    ):
        return _Found(1.0, -1)
    return best


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
    if said.bare:
        if units := frozenset(unit for unit in _asked_units(asked) if unit.name in wanted.units):
            return float(in_unit_of(replace(wanted, said=units), said).equals(wanted))
        if f"#{_plain(said)}" in wanted.units:
            return 1.0
        return 0.5 * in_unit_of(wanted, said).equals(wanted)
    if wanted.bare and not wanted.noun:
        if f"#{_plain(wanted)}" in said.units:
            return 1.0
        units = _asked_units(asked)
        unasked = units and not {unit.name for unit in units} & said.units
        return float(not unasked and in_unit_of(said, wanted).equals(said))
    return _near(wanted, said)


def _plain(bare: Quantity) -> str:
    (reading,) = bare.readings
    return str(reading.low)


def _near(wanted: Quantity, said: Quantity) -> float:
    """Return a half for days that are not working days, and for a date without its year."""
    for a in wanted.readings:
        for b in said.readings:
            days = {unit: value for unit, value, _ in (a, b)}
            if "working day" in days and days["working day"] * 1440 == days.get("minute"):
                return 0.5
            if a.unit == b.unit == "date":
                return _dates(int(a.low), int(b.low))
    return 0.0


def _dates(wanted: int, said: int) -> float:
    """Return 1 where `said` is the wanted date and more, a half where its year is missing."""
    year, day = divmod(wanted, 10_000)
    if (not year and said % 10_000 == day) or (not day and said // 10_000 == year):
        return 1.0
    return 0.5 * (said == day)


@lru_cache(maxsize=1024)
def _asked_units(asked: str) -> frozenset[Unit]:
    """Return the units in which a folded question asks: how many days, 百分之几, at what age."""
    words = [word for word in _LATIN_WORD.findall(asked) if word.isalpha()]
    names = [" ".join(words[place : place + size]) for size in (1, 2, 3) for place in range(len(words))]
    names = [name for name in names if len(name) > 1]
    names += [found[:end] for found in _HAN_ASKED.findall(asked) for end in range(len(found), 0, -1)][:40]
    names += [name for pattern, name in _ASKED_BY_NAME if pattern.search(asked)]
    return frozenset(unit for name in names for unit in UNITS.get(name, ()))


def _is_extra(said: Quantity, wanted: Sequence[Quantity], known: Sequence[Quantity]) -> bool:
    """Whether an amount competes with the wanted ones: of their unit, and not in question or answers."""
    if said.weak or any(said.readings & one.readings for one in known):
        return False
    for one in wanted:
        for a in one.readings:
            for b in said.readings:
                inside = a.low <= b.low and b.high <= a.high
                if a.unit == b.unit and not inside and _of_one_kind(one, said, b.low):
                    return True
    return False


def _of_one_kind(wanted: Quantity, said: Quantity, value: Fraction) -> bool:
    """Whether two amounts of a unit count the same: bare numbers may be of other things, or years."""
    if not said.bare:
        return True
    return (not said.noun or not wanted.noun or said.noun == wanted.noun) and not 1900 <= value <= 2100


def _exchanged(
    text: str, answer: str, wanted: Sequence[Quantity], said: Sequence[Quantity], found: Sequence[_Found]
) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of wanted amounts that stand in each other's place in the text, and what remains of them."""
    labels = _labels(text, said)
    names = _labels(answer, wanted)
    for one, other in combinations(range(len(wanted)), 2):
        here, there = found[one].place, found[other].place
        if min(here, there) < 0 or here == there or not wanted[one].units & wanted[other].units:
            continue
        straight = _likeness(names[one], labels[here]) + _likeness(names[other], labels[there])
        crosswise = _likeness(names[one], labels[there]) + _likeness(names[other], labels[here])
        if crosswise > straight + (_SURE if here < there else 0):
            yield one, other, _SWAPPED
        elif here > there and crosswise == straight:
            yield one, other, _UNSURE if labels[here] and labels[there] else _SWAPPED


def _labels(text: str, amounts: Sequence[Quantity]) -> list[Set[str]]:
    """Return the words around each amount, up to the next amount, comma or "and"."""
    plain, found = folded(text), []
    for place, one in enumerate(amounts):
        since = amounts[place - 1].end if place else 0
        until = amounts[place + 1].start if place + 1 < len(amounts) else len(plain)
        before, after = (
            plain[max(since, one.start - 80) : one.start],
            plain[one.end : min(until, one.end + 80)],
        )
        found.append(content(_LABEL_END.split(before)[-1]) | content(_LABEL_END.split(after)[0]))
    return found


def _likeness(one: Set[str], other: Set[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0
