"""Says whether the end of a line cuts a Chinese word. Knows nothing of paragraphs."""

import logging
import os
import re
from functools import cache
from typing import Any

from core.language import CJK

_CUT = re.compile(f"[{CJK}]{{2}}")
_NUMERAL = re.compile("[一二三四五六七八九十百千万亿零〇两]{2}")
_NEAR = 6  # characters on each side


def is_cut(before: str, after: str) -> bool:
    """Say whether a word begins in `before` and goes on in `after`; two numerals may be two numbers.

    >>> is_cut("乘客可以在灯", "塔下面等候"), is_cut("售票的通知", "因系统维护"), is_cut("费用二十", "四元")
    (True, False, False)
    """
    pair = before[-1:] + after[:1]
    if not _CUT.fullmatch(pair) or _NUMERAL.fullmatch(pair):
        return False
    start = before[-_NEAR:]
    at = 0
    for word in _segmenter().cut(start + after[:_NEAR], HMM=False):
        if at < len(start) < at + len(word):
            return True
        at += len(word)
    return False


@cache
def _segmenter() -> Any:
    import jieba  # 0.8 s with its words

    jieba.setLogLevel(logging.CRITICAL)  # it tells of a cache that it cannot write: a parser may not
    segmenter = jieba.Tokenizer()
    segmenter.tmp_dir = os.devnull
    return segmenter
