"""Quantities in a text: numbers with their units, dates, times of day, ranges, by value.

Knows nothing of questions. 3,000 yuan, 3000元, 三千元 and 0.3万元 are one quantity; so are 24 hours and
one day, half a year and 6个月, 3-5 days and 3至5天. A quantity that can mean several things keeps them all.
"""

import re
from dataclasses import replace
from functools import lru_cache

from assistant.agreement.amounts import Quantity, Reading, amounts
from assistant.agreement.tokens import folded
from assistant.agreement.units import UNIT

_WINDOW = 32
"""How many characters around an amount are searched for what is said of it."""
_LOW = (
    r"at least|(?:not|no) (?:less|fewer|shorter|younger|earlier) than|(?:not|no) (?:below|under)|more than"
    r"|longer than|older than|greater than|over|above|exceed(?:s|ing)?|minimum(?: of)?"
    r"|至少|起码|最少|最低|(?<![a-z])after|不(?:得|能|应)?(?:少|低|短|小|早)于|超过|多于|大于|高于|满|≥|>"
)
_HIGH = (
    r"at (?:the )?(?:most|latest)|up to|within|(?:not|no) (?:more|longer|later|older|greater|higher) than"
    r"|not (?:over|above)"
    r"|(?:not|cannot|never) exceed(?:ing)?|(?:less|fewer|shorter|younger) than|under|below|maximum(?: of)?"
    r"|不(?:得|能|应)?(?:超过|多于|高于|大于|长于|超出)|不满|未满|不足|未超过|小于|少于|低于"
    r"|最多|最长|最高|最迟|最晚|至多|≤|<"
)
_BOUND_BEFORE = re.compile(rf"(?:(?P<low>{_LOW})|(?P<high>{_HIGH}))(?: the)?(?: age of)?[ 为是约]{{0,2}}$")
_LOW_AFTER = re.compile(
    r"[ -]?(?:or (?:more|longer|older|above|over|greater|later)|and (?:over|above|older|more)|at least|\+)"
    r"|(?:及|或)?以上|起(?!诉|算)|[之以]?后(?=$|[^续半])"
)
_HIGH_AFTER = re.compile(
    r"[ -]?(?:or (?:less|fewer|under|below|younger|shorter)|and under|at (?:the )?most)"
    r"|(?:及|或)?以下|[之以]内|内(?![部容含科外地陆衣])|为限|封顶"
)
_AHEAD_AFTER = re.compile(r".{0,12}?(?:before|in advance|ahead|prior|earlier|(?<!以)前)")
_AHEAD_BEFORE = re.compile(r"提前|提早|in advance|ahead")
_DENIED = re.compile(
    r"(?:(?<![a-z])(?:not|rather than|instead of|no longer|isn't|aren't)(?: just| the)?"
    r"|(?:raised|increased|extended|lowered|reduced|changed|cut|up|down) from"
    r"|而不是|不再是|并不是|不是|并非|而非|(?<!除)非) ?(?:an? )?$"
)
_BECAME = re.compile(
    r"(?:已经?)?(?:统一)?(?:[上下]调|提高|调整|延长|增加|缩短|降低|上升|改|变|降|升)[为至到成]"
)
_DECIMAL_COMMA = re.compile(
    rf"(?<![\d.,])(?:\d{{1,9}},\d{{1,2}}(?=[ -]?[a-z%€$£])(?=[ -]?{UNIT})"
    r"|(?<=[€$£])\d{1,9},\d{1,2}(?![\d,]))"
)
_TO = re.compile(
    r" ?(?:[–—~-]|to|till|until|through|至|到|以上(?:至|到|不满|不足|未满|不超过|,|、)?)(?: the)?"
    r"(?: ?(?:次日|第二天|翌日|next (?:day|morning)))?(?: at)? ?"
)
_AND, _OR = re.compile(r" and |和|与|及"), re.compile(r" ?(?:or|and|/|、|或者?|和|与|及|×) ?")
_BETWEEN = re.compile(r"between(?: the ages of| about)? ?$|(?:介于|在) ?$")
_BOTH = re.compile(r",? ?(?:and|but)? ?|[，、,]?(?:并且|且|但|并)?")
_WITHIN = re.compile(r" ?(?:and|零|又)? ?")


@lru_cache(maxsize=4096)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the quantities that a text states, in their order.

    >>> one, other = quantities("3,000 yuan"), quantities("罚款三千元")
    >>> one[0].equals(other[0]), quantities("3 to 5 days")[0].equals(quantities("3～5天")[0])
    (True, True)
    >>> quantities("$250")[0].equals(quantities("£250")[0]), quantities("no number")
    (False, ())
    """
    plain = _DECIMAL_COMMA.sub(lambda match: match[0].replace(",", "."), folded(text))
    found: list[Quantity] = []
    end = 0
    for one in amounts(plain):
        stated = _surrounded(plain, one, end)
        found[-1:] = _together(plain, found[-1], stated) if found else [stated]
        end = one.end
    _share_units(plain, found)
    return tuple(replace(one, bound=0) if one.bound and _ahead(plain, one) else one for one in found)


def _share_units(text: str, found: list[Quantity]) -> None:
    """Give the bare numbers of "7, 14 or 30 days" the unit of the last."""
    listed = False
    for place in range(len(found) - 2, -1, -1):
        one, following = found[place], found[place + 1]
        gap = text[one.end : following.start]
        listed = bool(_OR.fullmatch(gap)) or (listed and gap.strip() in (",", "、"))
        if listed and one.bare and not one.noun:
            found[place] = in_unit_of(following, one)


def _ahead(text: str, one: Quantity) -> bool:
    """Whether an amount is counted back: no later than 20 days before is at least 20 days before."""
    before = text[max(0, one.start - _WINDOW) : one.start]
    return bool(_AHEAD_AFTER.match(text, one.end) or _AHEAD_BEFORE.search(before))


def _surrounded(text: str, one: Quantity, since: int) -> Quantity:
    """Return the quantity with what the words around it say of it."""
    before, after = text[max(since, one.start - _WINDOW) : one.start], text[one.end : one.end + _WINDOW]
    bound = _BOUND_BEFORE.search(before)
    low = bool(bound and bound["low"]) or bool(_LOW_AFTER.match(after))
    high = bool(bound and bound["high"]) or bool(_HIGH_AFTER.match(after))
    denied = bool(_DENIED.search(before) or _BECAME.match(after))
    return replace(one, bound=int(low) - int(high), denied=denied)


def _together(text: str, left: Quantity, right: Quantity) -> list[Quantity]:
    """Return both as one quantity where the text means one: a range, or hours and minutes."""
    gap = text[left.end : right.start]
    if len(gap) > _WINDOW or left.denied:
        return [left, right]
    if span := _range(text, left, right, gap):
        return span
    sums = frozenset(Reading(a.unit, a.low + b.low, a.high + b.high) for a, b in _minor(left, right))
    if sums and _WITHIN.fullmatch(gap) and (gap.strip() != "and" or "minute" in right.units):
        return [replace(left, end=right.end, readings=sums, said=right.said, bound=left.bound or right.bound)]
    return [left, right]


def _range(text: str, left: Quantity, right: Quantity, gap: str) -> list[Quantity]:
    """Return the range from `left` to `right`, or nothing where they are none."""
    between = _BETWEEN.search(text[max(0, left.start - _WINDOW) : left.start])
    closed = between or text.startswith("之间", right.end)
    bare_gap = _BOUND_BEFORE.sub("", _LOW_AFTER.sub("", gap, count=1))
    bounded = left.bound * right.bound < 0 and _BOTH.fullmatch(bare_gap)
    if not (_TO.fullmatch(gap) or bounded or (closed and _AND.fullmatch(gap))):
        return []
    start, end, noun = left.start, right.end, right.noun or left.noun
    if bounded and left.bound < 0:
        left, right = right, left
    pairs = _shared(in_unit_of(right, left), in_unit_of(left, right))
    spans = frozenset(
        Reading(a.unit, a.low, b.high) for a, b in pairs if a.low <= b.high or a.unit == "clock"
    )
    return [Quantity(start, end, spans, noun=noun, said=right.said or left.said)] if spans else []


def _shared(left: Quantity, right: Quantity) -> list[tuple[Reading, Reading]]:
    return [(a, b) for a in left.readings for b in right.readings if a.unit == b.unit]


def _minor(left: Quantity, right: Quantity) -> list[tuple[Reading, Reading]]:
    """Return the readings in which `right` is less than one of the units of `left`: hours and minutes."""
    factors = {unit.name: unit.factor for unit in left.said if unit.name}
    return [(a, b) for a, b in _shared(left, right) if a.unit in factors and b.high < factors[a.unit]]


def in_unit_of(model: Quantity, bare: Quantity) -> Quantity:
    """Return a bare number in the unit of `model`, and in its 万 where it is the lower of two: 5到10万元."""
    if not bare.bare or model.bare or not model.said:
        return bare
    (number,) = bare.readings
    factors = {unit.name: unit.factor for unit in model.said}
    stated = [one.high / factors[one.unit] for one in model.readings if one.unit in factors]
    lower = bare.magnitude == 1 and number.high * model.magnitude < max(stated, default=0)
    times = model.magnitude if lower else 1
    readings = (
        Reading(unit.name, number.low * times * unit.factor, number.high * times * unit.factor)
        for unit in model.said
    )
    return replace(bare, readings=frozenset(readings), said=model.said)
