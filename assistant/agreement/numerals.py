"""Numbers in figures and in words, Chinese and English, by value. Knows no units.

Takes text as `tokens.folded` leaves it. What has been read is blanked, so that nothing is read twice and
all places stay what they are.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number and where it stands; `high` is above `low` in 两三天.

    `label`: not a number but a name, such as 11.2 in clause 11.2. `spelled`: in words, which may mean no
    number ("one of them"). `part`: of a whole, such as one third or 百分之五.
    """

    start: int
    end: int
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)
    label: str = ""
    spelled: bool = False
    part: bool = False


Reader = Callable[[re.Match[str]], Iterator[Numeral]]

_DIGITS = dict(
    zip("零〇一二三四五六七八九两俩壹贰叁肆伍陆柒捌玖", [0, *range(10), 2, 2, *range(1, 10)], strict=True)
)
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_TWO = Fraction(2)
_HAN_SPELLINGS = str.maketrans({"拾": "十", "佰": "百", "仟": "千", "廿": "二十", "卅": "三十", " ": ""})
_HAN = f"[{''.join(_DIGITS)}{''.join(_SCALES)}拾佰仟廿卅]"

_UNITS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_TEENS = {"zero": 0, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15}
_TEENS |= {"sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80}
_TENS |= {"ninety": 90}
_SMALL = _UNITS | _TEENS | _TENS | {"a": 1, "an": 1}
_GROUPS = {"hundred": 100, "dozen": 12}
_THOUSANDS = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SUFFIXES = _GROUPS | _THOUSANDS | {"k": 10**3, "mn": 10**6, "bn": 10**9}
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
}
_ORDINALS |= {"ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "twentieth": 20, "thirtieth": 30}

_CODES = "eur|usd|gbp|cny|rmb|hkd|jpy|chf|sdr|aud|cad|myr"

_BELOW_HUNDRED = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_UNITS)}))?+|{'|'.join([*_TEENS, *_UNITS])})"
_HUNDREDS = rf"(?:{_BELOW_HUNDRED}|an?) (?:hundred|dozen)(?:(?: and)? {_BELOW_HUNDRED}(?![a-z]))?+"
_BELOW_THOUSAND = rf"(?:{_HUNDREDS}|{_BELOW_HUNDRED})"
_GROUP = rf"(?:{_BELOW_THOUSAND}|an?)[ -](?:{'|'.join(_THOUSANDS)})"
_GROUPED = rf"{_GROUP}(?:(?:,|,? and)? {_GROUP})*+(?:(?:,|,? and)? {_BELOW_THOUSAND})?+"
_WORDS = rf"(?:{_GROUPED}|{_BELOW_THOUSAND})(?![a-z])"
_AND_PART = r" and (?:an? |one[ -])?(?P<{}>half|quarter)(?![a-z])"
_ENGLISH = re.compile(
    rf"(?<![a-z])(?:(?P<whole>{_WORDS}){_AND_PART.format('rest')}"
    rf"|(?:(?P<count>an?|one|two|three|four|five)[ -])?(?P<part>{'|'.join(_PARTS)})s?(?![a-z])"
    rf"(?: a (?P<big>{'|'.join([*_GROUPS, *_THOUSANDS])}))?+"
    rf"|(?P<words>{_WORDS}))"
)
_ORDINAL = re.compile(rf"(?<![a-z])(?:{'|'.join(_ORDINALS)})(?![a-z])")
_FIGURE = re.compile(
    r"(?<![a-z\d_])(?<!\d[./])(?:(?P<whole>\d{1,6}) )?(?P<above>\d{1,4})/(?P<below>\d{1,3})(?![\d/])"
    r"|(?<![a-z\d.])(?P<base>\d{1,4})\^(?P<power>−?\d{1,3})(?!\d)"
    rf"|(?:(?<![a-z\d_])|(?<={_CODES}))(?<!\d[./:])(?P<figure>−?\d{{1,30}}(?:\.\d{{1,30}})?+)(?![\d/])"
    rf"(?:[ -]?(?P<big>{'|'.join(_SUFFIXES)})(?![a-z]))?+(?:{_AND_PART.format('rest')})?+"
)
_HAN_PART = re.compile(
    rf"(?P<whole>{_HAN}++|\d++)分之 ?(?P<part>{_HAN}++(?:点{_HAN}++)?+|\d++(?:\.\d++)?+)|一半|半数"
)
_HAN_NUMBER = re.compile(
    rf"(?:(?<![周期拜初第])|(?<=每周)(?=[一二两三四五六七][次回趟班]))"
    rf"(?!零下|十分(?![钟之]))(?:\d{{1,15}}(?:\.\d{{1,15}})?+ ?(?=[百千万亿]))?{_HAN}++"
    rf"(?:\d{{1,15}}[百千万亿]++)*+(?:点{_HAN}++(?![十分刻半钟整]))?(?![几多余来])"
)

_NAMED = (
    r"art(?:icle)?s?|sec(?:tion)?s?|clauses?|para(?:graph)?s?|points?|nos?|numbers?|directives?|regulations?"
    r"|decisions?|recitals?|annex|forms?|chapters?|rules?|pages?|rooms?|gates?|platforms?|flights?|lines?"
    r"|terminals?|zones?|steps?|cases?|schedules?|protocols?|bus|routes?|floors?|versions?|class|level"
)
_LABELS = (
    # Codes: A4, C-402/07. A currency before its figure is none.
    rf"(?<![a-z\d])(?!(?:{_CODES}|utc|gmt|us|hk)\d)(?P<label>[a-z]{{1,12}}-?\d++[a-z\d]*+(?:[./–-][a-z\d]++)*+)",
    rf"(?<![a-z])(?:{_NAMED})\.? ?(?:\((?:eu|ec|eec)\) ?)?(?:no\.? ?)?"
    r"(?P<label>\d++(?:[./-]\d++)*+(?:\([a-z\d]{1,3}\))*+)",
    r"(?<![a-z])(?P<label>(?:utc|gmt) ?−?\d++(?::\d++)?+)",
    rf"第 ?(?P<label>\d++(?:[.–]\d++)*+|{_HAN}++)",
    r"(?<![\d.])(?P<label>\d++)(?=号|路|层|楼|航站楼|(?:st|nd|rd|th)(?![a-z]))",
    # Telephone numbers, however they are spaced.
    r"(?<![\d+])(?P<label>\+\d{1,3}(?:[ –-]?\(?\d{1,5}\)?){2,6}|0\d{2,3}(?:[ –]\d{3,8}){1,2})(?!\d)",
    # Chains and identifiers: 1.2.3, 261/2004, 010–62176655, 007, or more digits than any amount has.
    r"(?<![\d.])(?P<label>\d++(?:\.\d++){2,}+|\d++(?:/\d++){2,}+|\d++/\d{4,}+|\d++/\d++(?=/?[a-z])|\d{31,}+"
    r"|\d++:\d++(?::\d++)*+|\d++(?:–\d++){2,}+|\d++–\d{7,}+|0\d{2,}+(?:–\d++)*+)",
)

_TELEPHONE = re.compile(r"\+?\(?\d{1,4}\)?(?:[ –-]?\(?\d{2,8}\)?){2,6}|0\d{2,3}[ –]\d{7,8}")
_SPACED = re.compile(r"[^\d+]")


def numerals(text: str) -> list[Numeral]:
    """Return the numbers of a folded text in their order.

    >>> [str(one.low) for one in numerals("3.5, 1/2, two hundred and fifty, 一千二百, 百分之五, 1.5万, half")]
    ['7/2', '1/2', '250', '1200', '1/20', '15000', '1/2']
    >>> [one.label for one in numerals("article 5, c-402/07, 第三条, regulation 261/2004")]
    ['5', 'c-402/07', '3', '261/2004']
    """
    found: list[Numeral] = []
    for pattern, reader in _READERS:
        new = [one for match in pattern.finditer(text) for one in reader(match)]
        text = blanked(text, [(one.start, one.end) for one in new])
        found += new
    return sorted(found, key=lambda one: one.start)


def han_bounds(run: str) -> tuple[Fraction, ...]:
    """Return the value of a Chinese numeral; two of them in 两三, and none where it is not one.

    >>> [str(value) for run in ("一千零五十", "1亿2000万", "两三") for value in han_bounds(run)]
    ['1050', '120000000', '2', '3']
    >>> [str(han_bounds(run)[0]) for run in ("二〇二五", "两万五", "廿一", "3.5万")], han_bounds("万")
    (['2025', '25000', '21', '35000'], ())
    """
    if len(run) > 1 and all(char in _DIGITS for char in run):
        digits = [_DIGITS[char] for char in run[:20]]
        if len(run) == 2 and 0 < digits[0] < digits[1]:
            return Fraction(digits[0]), Fraction(digits[1])
        return (Fraction(int("".join(map(str, digits)))),)
    try:
        return (_han_value(run.translate(_HAN_SPELLINGS), "亿万千百十"),)
    except (ValueError, ZeroDivisionError):
        return ()


def _han_value(run: str, scales: str) -> Fraction:
    """Return the value of `run`, in which no scale above the first of `scales` stands.

    Raises:
        ValueError: it is no numeral.
    """
    if not scales:
        return Fraction(_DIGITS.get(run, run))
    head, scale, tail = run.partition(scales[0])
    if not scale:
        return _han_value(run, scales[1:])
    if not head and scale != "十":
        raise ValueError("万元 states no number")
    factor = _SCALES[scale]
    above = _han_value(head.lstrip("零〇"), scales[1:]) if head else Fraction(1)
    if factor > 10 and len(tail) == 1 and tail in _DIGITS:  # 两万五 is 25,000
        return (above + Fraction(_DIGITS[tail], 10)) * factor
    return above * factor + (_han_value(tail.lstrip("零〇"), scales[1:]) if tail else 0)


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return `text` with a mark that is neither blank nor letter in the place of all `spans`."""
    pieces, place = [], 0
    for start, end in sorted(spans):
        pieces += [text[place:start], "\x00" * (end - start)]
        place = end
    return "".join([*pieces, text[place:]])


def _label(match: re.Match[str]) -> Iterator[Numeral]:
    name = _SPACED.sub("", match["label"]) if _TELEPHONE.fullmatch(match["label"]) else match["label"]
    bounds = () if name.isascii() else han_bounds(name)
    yield Numeral(*match.span("label"), label=str(bounds[0]) if bounds else name)


def _ordinal(match: re.Match[str]) -> Iterator[Numeral]:
    yield Numeral(*match.span(), label=str(_ORDINALS[match[0]]), spelled=True)


def _han_part(match: re.Match[str]) -> Iterator[Numeral]:
    whole = (
        _either(match["whole"]) or [Fraction(_SCALES.get(match["whole"], 0))] if match["whole"] else [_TWO]
    )
    part = _either(match["part"]) if match["part"] else [Fraction(1)]
    if part and whole[0]:
        yield Numeral(*match.span(), part[0] / whole[0], part[0] / whole[0], part=True)


def _han_number(match: re.Match[str]) -> Iterator[Numeral]:
    if bounds := _either(match[0]):
        yield Numeral(*match.span(), bounds[0], bounds[-1], spelled=True)


def _either(run: str) -> Sequence[Fraction]:
    """Return the bounds of figures or of a Chinese numeral, with or without 点; none where it is neither."""
    if run.isascii():
        return [Fraction(run)] if len(run) < 30 else []
    whole, point, digits = run.partition("点")
    bounds = han_bounds(whole)
    if not point or not bounds:
        return bounds
    if not all(char in _DIGITS for char in digits):
        return []
    behind = (Fraction(_DIGITS[char], 10**place) for place, char in enumerate(digits[:15], 1))
    return [sum(behind, bounds[0])]


def _english(match: re.Match[str]) -> Iterator[Numeral]:
    """Read two hundred and fifty, one and a half, two thirds, half a million; a third is no number."""
    count, part, big = match["count"], match["part"], match["big"]
    if not part:
        value = _in_words(match["words"] or match["whole"]) + _rest(match)
        yield Numeral(*match.span(), value, value, spelled=True)
    elif part in ("half", "quarter") or count in _UNITS:
        value = Fraction(_SMALL[count or "a"], _PARTS[part]) * (_SUFFIXES[big] if big else 1)
        yield Numeral(*match.span(), value, value, spelled=True, part=not big)


def _in_words(text: str) -> Fraction:
    total = section = 0
    for word in re.findall("[a-z]+", text):
        if word in _THOUSANDS:
            total, section = total + section * _THOUSANDS[word], 0
        elif word in _GROUPS:
            section *= _GROUPS[word]
        else:
            section += _SMALL.get(word, 0)
    return Fraction(total + section)


def _rest(match: re.Match[str]) -> Fraction:
    return Fraction(1, _PARTS[match["rest"]]) if match["rest"] else Fraction(0)


def _figure(match: re.Match[str]) -> Iterator[Numeral]:
    if match["above"]:
        if not int(match["below"]):
            return
        share = Fraction(int(match["above"]), int(match["below"]))
        value, part = share + int(match["whole"] or 0), not match["whole"]
    elif match["base"]:
        base, power = int(match["base"]), int(match["power"].replace("−", "-"))
        if not base:
            return
        value, part = Fraction(base) ** power, False
    else:
        value = Fraction(match["figure"].replace("−", "-")) * _SUFFIXES.get(match["big"], 1) + _rest(match)
        part = False
    yield Numeral(*match.span(), value, value, part=part)


_READERS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    *((re.compile(pattern), _label) for pattern in _LABELS),
    (_HAN_PART, _han_part),
    (_HAN_NUMBER, _han_number),
    (_FIGURE, _figure),
    (_ENGLISH, _english),
    (_ORDINAL, _ordinal),
)
