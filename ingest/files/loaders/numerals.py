"""Numbers as lists and headings write them: 第十二, iv, (c), ②. Knows no format.

The names of the forms are those of Office Open XML (ECMA-376, 17.18.59).
"""

import re
from collections.abc import Callable, Sequence

_SIMPLE = ("零一二三四五六七八九", ("", "十", "百", "千"), ("", "万", "亿"))
_LEGAL = ("零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟"), ("", "万", "亿"))
_LEGAL_TRADITIONAL = ("零壹貳參肆伍陸柒捌玖", ("", "拾", "佰", "仟"), ("", "萬", "億"))
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = {1000: "m", 900: "cm", 500: "d", 400: "cd", 100: "c", 90: "xc", 50: "l", 40: "xl", 10: "x", 9: "ix",
          5: "v", 4: "iv", 1: "i"}  # fmt: skip
_CARDINALS = (
    "One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve Thirteen Fourteen Fifteen Sixteen "
    "Seventeen Eighteen Nineteen Twenty"
)
_ORDINALS = (
    "First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth Eleventh Twelfth Thirteenth "
    "Fourteenth Fifteenth Sixteenth Seventeenth Eighteenth Nineteenth Twentieth"
)
_DIGITS = "〇一二三四五六七八九"
_WIDE_DIGITS = "０１２３４５６７８９"
_ROUNDS = 9
"""Times that an alphabet is gone through: aaa; what comes after is written in figures."""
_RAISED = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_CAN_BE_RAISED = re.compile(r"\s*[0-9+\-−n]{1,4}\s*")


def numeral(number: int, form: str) -> str:
    """Return a number in a form; in figures where the form is unknown or does not reach so far.

    >>> [numeral(12, form) for form in ("chineseCounting", "lowerRoman", "upperLetter", "decimal")]
    ['十二', 'xii', 'L', '12']
    """
    return _FORMS[form](number) if form in _FORMS and number > 0 else str(number)


def raised(text: str) -> str:
    """Return a text that stands above the line, so that it is not read as part of what it follows.

    >>> "m" + raised("2"), "1" + raised("st")
    ('m²', '1st')
    """
    return text.translate(_RAISED) if _CAN_BE_RAISED.fullmatch(text) else text


def _chinese(number: int, system: tuple[str, tuple[str, ...], tuple[str, ...]]) -> str:
    digits, units, myriads = system
    if number >= 10**12:
        return str(number)
    groups = [number // 10_000**at % 10_000 for at in range(3)]
    text = ""
    for at in reversed(range(3)):
        if groups[at]:
            needs_zero = bool(text) and groups[at] < 1000
            text += digits[0] * needs_zero + _below_myriad(groups[at], digits, units) + myriads[at]
    return text


def _below_myriad(number: int, digits: str, units: tuple[str, ...]) -> str:
    text = ""
    for at in reversed(range(4)):
        digit = number // 10**at % 10
        if digit:
            has_gap = bool(text) and number // 10 ** (at + 1) % 10 == 0
            text += digits[0] * has_gap + digits[digit] + units[at]
    return text


def _counted(number: int) -> str:
    text = _chinese(number, _SIMPLE)
    return text.removeprefix("一") if text.startswith("一十") else text


def _roman(number: int) -> str:
    if number >= 4000:
        return str(number)
    text = ""
    for value, sign in _ROMAN.items():
        text += sign * (number // value)
        number %= value
    return text


def _letters(number: int) -> str:
    rounds, at = divmod(number - 1, 26)
    return chr(ord("a") + at) * (rounds + 1) if rounds < _ROUNDS else str(number)


def _ordinal(number: int) -> str:
    is_teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _one_of(signs: Sequence[str]) -> Callable[[int], str]:
    return lambda number: signs[number - 1] if number <= len(signs) else str(number)


def _in_digits(digits: str) -> Callable[[int], str]:
    return lambda number: str(number).translate(str.maketrans("0123456789", digits))


def _signs(*ranges: tuple[int, int]) -> Callable[[int], str]:
    return _one_of("".join(chr(code) for first, last in ranges for code in range(first, last + 1)))


_CIRCLED = _signs((0x2460, 0x2473), (0x3251, 0x325F), (0x32B1, 0x32BF))
_FORMS: dict[str, Callable[[int], str]] = {
    "none": lambda number: "",
    "decimalZero": lambda number: f"{number:02}",
    "lowerLetter": _letters,
    "upperLetter": lambda number: _letters(number).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
    "ordinal": _ordinal,
    "cardinalText": _one_of(_CARDINALS.split()),
    "ordinalText": _one_of(_ORDINALS.split()),
    **dict.fromkeys(
        ("chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand",
         "japaneseCounting"),
        _counted,
    ),
    "chineseLegalSimplified": lambda number: _chinese(number, _LEGAL),
    "ideographLegalTraditional": lambda number: _chinese(number, _LEGAL_TRADITIONAL),
    "japaneseLegal": lambda number: _chinese(number, _LEGAL_TRADITIONAL),
    **dict.fromkeys(
        ("ideographDigital", "taiwaneseDigital", "japaneseDigitalTenThousand"), _in_digits(_DIGITS)
    ),
    "ideographTraditional": _one_of(_STEMS),
    "ideographZodiac": _one_of(_BRANCHES),
    "ideographZodiacTraditional": lambda number: _STEMS[(number - 1) % 10] + _BRANCHES[(number - 1) % 12],
    "ideographEnclosedCircle": _signs((0x3280, 0x3289)),
    "decimalEnclosedCircle": _CIRCLED,
    "decimalEnclosedCircleChinese": _CIRCLED,
    "decimalEnclosedFullstop": _signs((0x2488, 0x249B)),
    "decimalEnclosedParen": _signs((0x2474, 0x2487)),
    "decimalFullWidth": _in_digits(_WIDE_DIGITS),
    "decimalFullWidth2": _in_digits(_WIDE_DIGITS),
    "numberInDash": lambda number: f"- {number} -",
    "hex": lambda number: f"{number:X}",
}  # fmt: skip
