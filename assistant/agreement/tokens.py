"""Tokens, exact match and token F1, Chinese and English. Knows nothing of questions.

After SQuAD 2.0 (Rajpurkar et al., 2018, arXiv:1806.03822) and CMRC 2018 (Cui et al., 2019,
arXiv:1810.07366): case, punctuation and English articles do not count, a Chinese character is a token.
Unlike there NFKC comes first, so that full-width text is treated alike, and marks that carry a number's
value stay: with them deleted, 3.5 m is 35 m, 1/2 is 12 and -5 is 5.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from core.language import CJK

NORMALISATION = "norm:nfkc+lower+nopunct(but of numbers)+nothousands+noarticles|tok:words+numbers+cjkchars|v3"

_ARTICLES = frozenset({"a", "an", "the"})
_HAN = re.compile(f"[{CJK}]")
CURRENCIES = "$£¥\u20a0-\u20cf"

# NFKC alone would write 1½ as 11⁄2 and 10² as 102.
_VULGAR = re.compile("(?<=[0-9])(?=[¼-¾⅐-⅞])")
_RAISED = re.compile("(?<=[0-9])(?=[²³¹⁰⁴-⁹⁻])")
_NARROW = re.compile("(?<=[0-9])[\u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
_SPELLINGS = str.maketrans("‘’ʼ`⁄∕∶≦≧–‐‑‒―─〜∼∿", "''''//:≤≥----——~~~", "\u00ad\u200b\u200d\ufeff")
# 1,000 and 1'000 are 1000; so are 1 000 and 3 500 €, nothing else is written so. 1,5 and 7,500,5 are lists.
_THOUSANDS = re.compile(
    r"(?<!\d)(?<!\d[.,/:'])([1-9]\d{0,2}(?:(?:,\d{3}){1,9}|(?:'\d{3}){1,9}|(?: \d{3}){0,4} 000"
    rf"|(?: \d{{3}}){{1,4}}(?= ?(?:[{CURRENCIES}]|eur(?:os?)?(?![a-z])|dollars|yuan|元))))(?![\d']|,\d)"
)
_LEADING_POINT = re.compile(r"(?<![\w.])\.(?=\d)")
# "3~-5" is a range that ends below zero, "3--5" one that does not.
_RANGE = re.compile(rf"(?<=\d)\s{{0,3}}(?:~|[-−—~]{{1,3}})\s{{0,3}}(?=[-−]?[{CURRENCIES}]?\d)")
# Neither a hyphen nor what is left of a range between units (3天-5天, 5%-10%, 3 -5).
_MINUS = re.compile(
    rf"(?<![a-z\d)\]'_%°.\-])(?<!\d )(?<!\d[{CJK}])(?<!\d[{CJK}]{{2}})(?<!\d [{CJK}])"
    rf"-([{CURRENCIES}]?)(?=\d)"
)
_MINUS_BEFORE_CURRENCY = re.compile(rf"−([{CURRENCIES}])(?=\d)")
_ZONE = re.compile(r"(?<![a-z\d])(utc|gmt) ?([-+−]) ?(?=\d)")
_LONGEST = 5_000
_SIMPLIFIED = str.maketrans(
    "沒無應會須當屬於對錯來許權個兩萬億點鐘時週歲關費開從還這過後間將給與為並須認準證應該幾",
    "没无应会须当属于对错来许权个两万亿点钟时周岁关费开从还这过后间将给与为并须认准证应该几",
)
# 星期一 is 周一 and Mon is Monday; 55x40 are measures as 55×40; 2比1 is 2:1.
_WEEKDAY = re.compile(r"(?<![\d一二两三四五六七八九十几个])(?:星期|礼拜|周)([一二三四五六日天])")
_WEEKDAYS = {
    one[:3]: one for one in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
_SHORT_WEEKDAY = re.compile(r"(?<![a-z])(mon|tue|wed|thu|fri|sat|sun)(?:s|rs|urs|r|ur)?(?![a-z])")
_BY = re.compile(r"(?<=\d)( ?)[x*×]( ?)(?=\d)")
_TO_ONE = re.compile(r"(?<=\d)比(?=\d)")
_AT_LEAST, _AT_MOST = re.compile(">="), re.compile("<=")
_WITHIN_WORDS = re.compile(r"(?<=[^\W\d_])['.&-](?=[^\W\d_])|(?<=[^\W\d_])-(?=\d)")
_TOKEN = re.compile(
    rf"[<>≤≥±](?=\s?−?[{CURRENCIES}]?\d)|[{CURRENCIES}%‰–]|[{CJK}]"
    rf"|(?<=\d)\+(?![\d+])|−?[^\W_{CJK}]+(?:(?<=\d)[./:^]−?(?=\d)[^\W_{CJK}]+)*"
)


@lru_cache(maxsize=4096)  # references are met again and again
def normalise(text: str) -> str:
    """Return `text` in one spelling: NFKC, lower case, `−` before a negative number, `–` within a range.

    >>> normalise("１，５００ KM"), normalise("约－5℃"), normalise("3～5天"), normalise("A–12")
    ('1500 km', '约−5°c', '3–5天', 'a-12')
    """
    text = _NARROW.sub(",", _RAISED.sub("^", _VULGAR.sub(" ", text)))
    text = unicodedata.normalize("NFKC", text).lower().translate(_SPELLINGS)
    text = _AT_MOST.sub("≤", _AT_LEAST.sub("≥", text))
    text = _THOUSANDS.sub(lambda found: re.sub("[,' ]", "", found[1]), text)
    text = _RANGE.sub("–", _LEADING_POINT.sub("0.", text))
    text = _ZONE.sub(lambda found: f"{found[1]} {'' if found[2] == '+' else '−'}", text)
    return _MINUS_BEFORE_CURRENCY.sub(r"\1−", _MINUS.sub(r"\1−", text))


def folded(text: str) -> str:
    """Return `normalise(text)` with the traditional characters of function words and numerals simplified.

    Weekdays and measures have one spelling, too. For rules about what is said; scores compare the characters
    as they stand. What a text says, it says in its first 5,000 characters: a model that repeats itself costs
    no more.

    >>> folded("沒有兩萬元"), folded("應當")
    ('没有两万元', '应当')
    """
    plain = normalise(text[:_LONGEST]).translate(_SIMPLIFIED)
    plain = _WEEKDAY.sub(lambda found: f"周{found[1].replace('天', '日')}", plain)
    plain = _SHORT_WEEKDAY.sub(lambda found: _WEEKDAYS[found[1]], plain)
    return _TO_ONE.sub(":", _BY.sub(" × ", plain))


def tokens(text: str) -> list[str]:
    """Return the tokens that scores compare.

    Articles stay where they are all there is (an answer "A"), and in Chinese text ("维生素A").

    >>> tokens("The cost: $1,000."), tokens("退票费为６．５％。"), tokens("A"), tokens("维生素A")
    (['cost', '$', '1000'], ['退', '票', '费', '为', '6.5', '%'], ['a'], ['维', '生', '素', 'a'])
    >>> tokens("Clause 11.2: 3-5 days, at −5 °C, by 10：30")
    ['clause', '11.2', '3', '–', '5', 'days', 'at', '−5', 'c', 'by', '10:30']
    """
    found = _TOKEN.findall(_WITHIN_WORDS.sub("", normalise(text)))
    if _HAN.search(text):
        return found
    return [token for token in found if token not in _ARTICLES] or found


def exact_match(text: str, answer: str) -> float:
    """Return 1.0 when both have the same tokens.

    >>> exact_match("The Eiffel Tower!", "eiffel tower"), exact_match("７天。", "7 天")
    (1.0, 1.0)
    >>> exact_match("35 m", "3.5 m"), exact_match("1，000元", "1000元")
    (0.0, 1.0)
    """
    return float(tokens(text) == tokens(answer))


def f1(text: str, answer: str) -> float:
    """Return the harmonic mean of precision and recall over multisets of tokens.

    >>> f1("cat cat", "cat"), f1("需要七天", "七天")
    (0.6666666666666666, 0.6666666666666666)
    """
    return f1_of(tokens(text), tokens(answer))


def f1_of(text: list[str], answer: list[str]) -> float:
    """Return `f1` of texts that are tokens already."""
    said, right = Counter(text), Counter(answer)
    if not said or not right:
        return float(said == right)
    return 2 * (said & right).total() / (said.total() + right.total())
