"""From bytes to text. Knows nothing of formats.

Documents come in UTF-8, or in what Chinese and English software wrote before it: GB18030, Big5,
Windows-1252, UTF-16 with a byte order mark.
"""

import codecs
import re
from itertools import islice

from charset_normalizer import from_bytes

from core.errors import DocumentError

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_COMMON_SHARE = 0.8
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SAMPLE = 1 << 16  # characters beyond ASCII that tell an encoding; all of a large file would take a gigabyte


def decode(data: bytes, name: str, declared: str = "") -> str:
    """Return the text in `data`; `declared` is the encoding the file itself names, if any.

    Raises:
        DocumentError: binary data, or no encoding fits.
    """
    if data.startswith(_UTF16_MARKS):
        return _strictly(data, "utf-16", name)
    if b"\0" in data:
        raise DocumentError(f"{name} holds binary data, not text; give it the suffix of its real format")
    for encoding in filter(None, ("utf-8-sig", declared)):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    if _is_damaged_utf8(data):
        return _strictly(data, "utf-8", name)
    if _looks_chinese(data):
        return data.decode("gb18030")
    best = from_bytes(data, cp_isolation=["big5", "cp1252"]).best()
    if best is None:
        return _strictly(data, "utf-8", name)
    return str(best)


def _strictly(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not {encoding.upper()}, and no other encoding fits"
        raise DocumentError(f"{name}: {reason}; save it as UTF-8") from error


def _is_damaged_utf8(data: bytes) -> bool:
    """Tell UTF-8 with a few broken bytes, which Windows-1252 would decode into nonsense."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) > 2 * broken


def _looks_chinese(data: bytes) -> bool:
    """Tell GB18030 from the rest, which it decodes just as well, into rare characters.

    Chinese text is made of punctuation and the 3,755 most frequent characters, which GB 2312 puts
    under the lead bytes A1 to D7. Accented Latin text and Big5 mostly fall outside.
    """
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    pairs = [match.group().encode("gb18030") for match in islice(_NOT_ASCII.finditer(text), _SAMPLE)]
    common = sum(len(pair) == 2 and 0xA1 <= pair[0] <= 0xD7 and pair[1] >= 0xA1 for pair in pairs)
    return common >= _COMMON_SHARE * len(pairs)
