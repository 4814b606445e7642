"""From bytes to text. Knows nothing of formats.

Documents come in UTF-8, or in what software wrote before it: GB18030, Big5, Shift-JIS, Windows-1252, UTF-16
with or without a byte order mark. UTF-8 is known by its form. Of the others most bytes are valid in several:
there the likelier text is taken.
"""

import codecs
import re
from typing import NamedTuple

from core.errors import DocumentError
from ingest.files.loaders.likelihood import likelihood

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_ASCII = re.compile(rb"[^\x00-\x7f]")
_THREE_BYTES = re.compile("[\u0800-\ufffc\U00010000-\U0010ffff]")
_SAMPLE = 1 << 16  # bytes from the first beyond ASCII, which tell an encoding


class _Guess(NamedTuple):
    encoding: str
    script: str
    prior: float
    """Added to the logarithm of the likelihood."""


_GUESSES = (
    _Guess("gb18030", "zh", 0.0),
    _Guess("cp1252", "latin", 0.0),
    _Guess("big5hkscs", "zh", -2.0),
    _Guess("cp932", "ja", -4.0),
    _Guess("utf-16-le", "zh", -6.0),
    _Guess("utf-16-be", "zh", -6.0),
)
_WIDE = tuple(guess for guess in _GUESSES if guess.encoding.startswith("utf-16"))
_WORST = -12.0  # of a character of UTF-16 on the average: what holds zero bytes may be no text at all


def decode(data: bytes, name: str, declared: str = "") -> str:
    """Return the text in `data`; `declared` is the encoding the file itself names, if any.

    Raises:
        DocumentError: binary data, or no encoding fits.
    """
    if data.startswith(_UTF16_MARKS):
        return _strictly(data, "utf-16", name)
    if b"\0" in data:
        return _wide(data, name)
    for encoding in filter(None, ("utf-8-sig", declared)):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    if not _is_damaged_utf8(data):
        for guess in _by_likelihood(data, _GUESSES):
            try:
                return data.decode(guess.encoding)
            except UnicodeDecodeError:
                continue
    return _strictly(data, "utf-8", name)


def _wide(data: bytes, name: str) -> str:
    """Return the text of UTF-16 without a mark, in which ASCII has zero bytes."""
    for guess in _by_likelihood(data, _WIDE):
        text = data.decode(guess.encoding, "replace")
        sample = text[:_SAMPLE]
        if "\0" not in text and "\ufffd" not in text and likelihood(sample, "zh") > _WORST * len(sample):
            return text
    raise DocumentError(f"{name} holds binary data, not text; give it the suffix of its real format")


def _by_likelihood(data: bytes, guesses: tuple[_Guess, ...]) -> list[_Guess]:
    """Return the encodings in which a sample is text, the likeliest first."""
    first = _NOT_ASCII.search(data)
    start = max(0, first.start() - 64) & ~1 if first else 0
    sample = data[start : start + _SAMPLE]
    found = []
    for guess in guesses:
        try:
            text = codecs.getincrementaldecoder(guess.encoding)().decode(sample, len(sample) == len(data))
        except UnicodeDecodeError:
            continue
        found.append((likelihood(text, guess.script) + guess.prior, guess))
    return [guess for _, guess in sorted(found, reverse=True)]


def _strictly(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not {encoding.upper()}, and no other encoding fits"
        raise DocumentError(f"{name}: {reason}; save it as UTF-8") from error


def _is_damaged_utf8(data: bytes) -> bool:
    """Tell UTF-8 with a few broken bytes, which other encodings would decode into nonsense.

    In these, two bytes are often valid UTF-8 by chance, three hardly ever.
    """
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond = len(text) - len(text.encode("ascii", "ignore")) - broken
    return beyond > (broken if _THREE_BYTES.search(text) else 4 * broken)
