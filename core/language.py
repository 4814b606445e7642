"""Which language a text is in, and its words: the one place that decides what a word is."""

import re
import unicodedata
from typing import Literal

Lang = Literal["zh", "en"]
CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_CJK = re.compile(f"[{CJK}]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")


def detect(text: str) -> Lang:
    """Return the language of `text`: Chinese when it has more Han characters than Latin words.

    >>> detect("航班延误 4 小时怎么办"), detect("What is the GDPR?"), detect("GDPR 第17条是什么")
    ('zh', 'en', 'zh')
    """
    return "zh" if len(_CJK.findall(text)) > len(_LATIN_WORD.findall(text)) else "en"


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
