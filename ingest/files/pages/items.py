"""How lines begin and end: items of lists, labels, sentences. Knows nothing of where lines stand."""

import re

from core.language import CJK

ENDS = re.compile(r"[.!?;。！？；…][”’\"'」』）)\]]*$")
COLON = re.compile(r"[:：]$")
SMALL = re.compile(r"[(\"“‘]?[a-zà-ÿ]")
HAN_END = re.compile(f"[{CJK}，、：；。！？（“《「『【）》」』】]$")
HAN_START = re.compile(f"[{CJK}（“《「『【，、。；：？！）》」』】]")
BULLET = re.compile(r"[•●○▪■□◆◇▶►‣·*✓✔➢※\uf0b7\uf0a7](?!\w)|[•●▪■◆►‣✓✔➢※\uf0b7\uf0a7]|[–—-] ")

_NUMERAL = "[一二三四五六七八九十百零〇\\d]+"
_ITEM = re.compile(
    rf"{BULLET.pattern}|[①-⑳㈠-㈩⑴-⒇❶-❿]"
    rf"|第{_NUMERAL}(?:条|章|节|编|款|项|部分)(?![的、，。；第规至和或所中之款项])"
    rf"|[（(]{_NUMERAL}[）)]|[一二三四五六七八九十]{{1,3}}[、.．]"
    r"|\d{1,3}(?:\.\d{1,3})*[.．、)）](?=\s*[^\s\d])|[（(](?:[a-zA-Z]|[ivxIVX]{1,5})[)）]"
    r"|(?:[a-zA-Z]|[ivx]{2,5}|[IVX]{2,5})[.)]\s|[A-Z][、．]|\[\d{1,3}\]"
    r"|附[件录表则](?:[\s一二三四五\d：:]|$)|(?:[问答QA]|问题|回答)\s*\d*\s*[:：]"
)
_PART = r"(?:Article|ARTICLE|Section|SECTION|Chapter|CHAPTER|Part|PART|Annex|ANNEX)\s+(?:\d+|[IVXL]+|[A-Z])\b"
_TITLED = re.compile(rf"{_PART}(?:\s*[.:–—-])?(?:\s+[A-Z]|$)|\d{{1,2}}(?:\.\d{{1,2}})+\.?\s+[A-Z]")
# These begin items as well, or else go on: "under\nArticle 7", "a fee of\n1.5 percent".
_PERHAPS = re.compile(rf"第{_NUMERAL}[条章节编款项]|§|\d{{1,2}}(?:\.\d{{1,2}})+\s|{_PART}")
_REFERS = re.compile(
    r"(?:\b(?:[Aa]rticles?|[Pp]aragraphs?|[Pp]oints?|[Ss]ections?|[Ss]ubparagraphs?|[Cc]lauses?|[Nn]os?\.?)"
    r"(?:\s\d+[a-z]?)?"
    r"|依照|根据|按照|适用|违反|符合|本法|本条例|本办法|以及|[和或及与至、])$"
)
_NOT_YET = re.compile(
    r"(?:[,，、(（/&]|\b(?:and|or|the|of|to|in|a|an|for|by|with|at|on|from|that|is|are|be|under|see|per))$"
)
_LABEL = re.compile(r"[^\W\d_][^:：，。,.;；!?()（）]{0,30}[:：](?!//|\d)")


def begins_item(text: str, before: str) -> bool:
    """Tell a line that begins an item of a list or an article, after the line `before`."""
    if _REFERS.search(before):
        return False
    return bool(_ITEM.match(text) or (_TITLED.match(text) and not is_open(before)))


def begins_label(text: str, before: str) -> bool:
    """Tell a line that begins with a name and a colon, after the line `before`."""
    return bool(_LABEL.match(text)) and not SMALL.match(text) and not _NOT_YET.search(before)


def may_begin_item(text: str) -> bool:
    """Tell a line that does so unless the one before it is still open."""
    return bool(_PERHAPS.match(text) or _ITEM.match(text))


def is_open(text: str) -> bool:
    """Tell a line that cannot be the end of what is said."""
    return bool(_NOT_YET.search(text))


def are_rows(above: str, below: str) -> bool:
    """Tell lines of a list without rules: words and figures in the same order.

    >>> are_rows("奥德港至布里姆 12元 6元", "布里姆至科尔文 30元 4元"), are_rows("第9条", "第10条")
    (True, False)
    """
    shapes = _shape(above), _shape(below)
    return shapes[0] == shapes[1] and 2 <= len(shapes[0]) <= 8 and True in shapes[0]


def _shape(text: str) -> list[bool]:
    return [any(char.isdigit() for char in word) for word in text.split()]
