"""Which language a text is in, and its words: the one place that decides what a word is."""

import re
import unicodedata
from typing import Literal

Lang = Literal["zh", "en"]
CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_CJK = re.compile(f"[{CJK}]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_GRAMMAR = re.compile(
    r"\b(?:a|about|an|and|any|are|as|at|be|been|but|by|can|could|do|does|for|from|had|has|have|how|i|if|in|is|it|may|"
    r"mean|means|must|my|not|of|on|or|should|that|the|their|there|these|they|this|to|was|we|were|what|when|where|"
    r"which|who|whose|why|will|with|without|would|you|your)\b",
    re.IGNORECASE | re.ASCII,
)
"""Words that hold English sentences together; borrowed names and terms have few."""
_ASKS = re.compile("吗|呢|什么|怎么|怎样|多少|哪|谁|几|多久|如何|是否|能否|为何|请问")
_FRAMED = 4  # words or characters that one such word stands for
_BORROWED = 8  # other Latin words that weigh as much as one Han character
_TELLING = 6  # Han characters, or Latin words, by which a passage tells its language
_CLEARLY = 2  # times as many as of the other script


def detect(text: str) -> Lang:
    """Return the language of `text`: Chinese when it has more Han characters than Latin words.

    >>> detect("航班延误 4 小时怎么办"), detect("What is the GDPR?"), detect("GDPR 第17条是什么")
    ('zh', 'en', 'zh')
    """
    return "zh" if len(_CJK.findall(text)) > len(_LATIN_WORD.findall(text)) else "en"


def detect_question(text: str) -> Lang:
    """Return the language that `text` is asked in, whatever names and terms it borrows from the other.

    >>> detect_question("late check-out 多少钱"), detect_question("Does 北京南站 have lockers?")
    ('zh', 'en')
    """
    english = _FRAMED * len(_GRAMMAR.findall(text)) + len(_LATIN_WORD.findall(text)) / _BORROWED
    chinese = _FRAMED * len(_ASKS.findall(text)) + len(_CJK.findall(text))
    return "zh" if chinese > english else "en"


def detect_passage(text: str, document: Lang) -> Lang:
    """Return the language of a passage: the other one only if it is clearly in that, else its document's.

    >>> detect_passage("Excess luggage is charged 15 yuan per kilogram.", "zh"), detect_passage("12.50", "zh")
    ('en', 'zh')
    """
    han, latin = len(_CJK.findall(text)), len(_LATIN_WORD.findall(text))
    if max(han, latin) < _TELLING or max(han, latin) < _CLEARLY * min(han, latin):
        return document
    return "zh" if han > latin else "en"


def is_cjk(word: str) -> bool:
    """Say whether a word, as `words` gives it, is a CJK character.

    >>> is_cjk("七"), is_cjk("7")
    (True, False)
    """
    return bool(_CJK.match(word))


def words(text: str) -> list[str]:
    """Return runs of letters and digits, and single CJK characters, after NFKC and lower-casing.

    >>> words("７天无理由退货，OK?")
    ['7', '天', '无', '理', '由', '退', '货', 'ok']
    """
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())
