"""Make text uniform without changing what it says. Knows nothing of formats or languages.

NFC, not NFKC: NFKC would turn `½` into `1/2` and `（` into `(`, and a quote from a document would
no longer be found in it. Runs of blanks inside a line stay for the same reason.
"""

import re
import unicodedata

_LINE_END = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
# Control characters, soft hyphens, zero-width spaces, byte order and direction marks, half
# surrogates (SQLite refuses them). The joiners U+200C and U+200D stay: words and emoji need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    r"""Return `text` in NFC, lines ended by `\n`, without invisible characters and runs of blank lines.

    >>> clean("Fees\r\n\r\n \r\n\r\nlug\u00adgage  23 kg\n")
    'Fees\n\nluggage  23 kg'
    """
    text = _INVISIBLE.sub("", _LINE_END.sub("\n", text))
    lines = unicodedata.normalize("NFC", text).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join("" if line.isspace() else line for line in lines)).strip()


def clean_line(text: str) -> str:
    r"""Return `text` cleaned and on one line, fit for an id or a title.

    >>> clean_line(" Fees\n and  charges")
    'Fees and charges'
    """
    return " ".join(clean(text).split())
