"""Make text uniform without changing what it says. Knows nothing of formats or languages.

NFC, not NFKC: NFKC would turn `½` into `1/2` and `（` into `(`, and a quote from a document would
no longer be found in it. Runs of blanks inside a line stay for the same reason.
"""

import re
import unicodedata
from itertools import groupby

_LINE_END = re.compile("\r\n?|\v|\f|\x85|\u2028|\u2029")  # with a set among them, the search is slow
# Control characters, soft hyphens, zero-width spaces, byte order and direction marks, half
# surrogates (SQLite refuses them). The joiners U+200C and U+200D stay: words and emoji need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
# PDF writers take the glyph of 人 for that of the radical ⼈: no search would find the word again. Unicode
# decomposes the Kangxi radicals; of the supplement these stand for whole characters.
_RADICALS = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_RADICALS |= zip(
    map(ord, "⺝⺟⺠⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻳"),
    "月母民西见角贝车長长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙龟",
    strict=True,
)
_RADICAL = re.compile("[\u2e80-\u2fdf]")
_BLANK_LINES = re.compile(r"\n{3,}")
# Normalising puts combining marks in their order by insertion: a file of them alone would take hours.
# The set, marks and all beyond the BMP, is there twice: a regex that begins with a set is searched fast.
_MARKS = "".join(char for char in map(chr, range(0x300, 0x10000)) if unicodedata.combining(char))
_MARKS += "\U00010000-\U0001efff"
_MANY_MARKS = re.compile(f"[{_MARKS}][{_MARKS}]{{63,}}")


def clean(text: str) -> str:
    r"""Return `text` in NFC, lines ended by `\n`, without invisible characters and runs of blank lines.

    >>> clean("Fees\r\n\r\n \r\n\r\nlug\u00adgage  23 kg\n"), clean("⼈⻓")
    ('Fees\n\nluggage  23 kg', '人长')
    """
    text = _INVISIBLE.sub("", _LINE_END.sub("\n", text))
    if not text.isascii():
        text = _MANY_MARKS.sub(_in_order, _RADICAL.sub(_character, text))
        text = unicodedata.normalize("NFC", text)
    lines = text.split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join("" if line.isspace() else line for line in lines)).strip()


def _character(radical: re.Match[str]) -> str:
    return _RADICALS.get(ord(radical.group()), radical.group())


def _in_order(marks: re.Match[str]) -> str:
    runs = groupby(marks.group(), lambda char: unicodedata.combining(char) > 0)
    return "".join(char for _, run in runs for char in sorted(run, key=unicodedata.combining))


def clean_line(text: str) -> str:
    r"""Return `text` cleaned and on one line, fit for an id or a title.

    >>> clean_line(" Fees\n and  charges")
    'Fees and charges'
    """
    return " ".join(clean(text).split())
