"""Joins two lines into one: blanks, hyphens, Chinese. Knows nothing of layout.

A hyphen at the end of a line belongs to the word, or was put there to break it. The document's own words
decide, then a list of English words.
"""

import re
from collections.abc import Iterable
from functools import cache

from ingest.files.pages.items import HAN_END, HAN_START

_BROKEN = re.compile(r"([^\W\d_]+)-$")
_GOES_ON = re.compile(r"[^\W\d_]+")
_TIGHT = re.compile(r"(?:\w-|\S[—–/])$")  # what stands at the end of a line without a blank after it
_ADDRESS = re.compile(r"(?:https?://|www\.)\S*[/._=&?-]$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LOOKED_AT = 200  # characters at the end of a line
_SYLLABLE = 2  # letters: shorter is a letter with a hyphen ("e-bike"), longer may be a word
# "footpath" is 190 times rarer than the rarer of its parts, "checkout" 330 times, "roundtrip" 940 times.
_RARER = 300
_LOOSE = ("non", "self")  # of these the list has many words without their hyphen
_COMMON = 1000  # times: "nonsense", not "nonrefundable"


class Joiner:
    """Joins lines of one document, whose words are in `lines`."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self._own: set[str] | None = None

    def join(self, lines: Iterable[str]) -> str:
        """Return the lines as one."""
        parts: list[str] = []
        for line in filter(None, lines):
            if parts:
                parts[-1] = self._before(parts[-1], line)
            parts.append(line)
        return "".join(parts)

    def _before(self, text: str, line: str) -> str:
        """Return the text as it is before the line that goes on with it."""
        if text.endswith("\u00ad"):
            return text[:-1]
        end = text[-_LOOKED_AT:]
        broken, rest = _BROKEN.search(end), _GOES_ON.match(line)
        if broken and rest and rest.group()[0].islower():
            is_one = self._is_one_word(broken.group(1).lower(), rest.group().lower())
            return text[:-1] if is_one else text
        is_tight = _TIGHT.search(end) or _ADDRESS.search(end) or HAN_END.search(end) or HAN_START.match(line)
        return text if is_tight else f"{text} "

    def _is_one_word(self, head: str, tail: str) -> bool:
        if self._own is None:
            self._own = {word.lower() for line in self._lines for word in _WORD.findall(line.rstrip("-"))}
        for is_one, word in ((True, head + tail), (False, f"{head}-{tail}")):
            if word in self._own:
                return is_one
        return _is_listed(head, tail)


def _is_listed(head: str, tail: str) -> bool:
    """Tell one word from two; what no list knows was broken by its hyphen, unless both parts are words."""
    if len(head) <= _SYLLABLE:
        return len(head) == _SYLLABLE
    known = _english()
    if head in _LOOSE:
        return known.get(head + tail, 0) > _COMMON
    parts = min(known.get(head, 0), known.get(tail, 0))
    return known.get(head + tail, 0) * _RARER > parts or not parts


@cache
def _english() -> dict[str, int]:
    """Return how often English words are used."""
    from spellchecker import SpellChecker  # 0.1 s

    return dict(SpellChecker(language="en").word_frequency.dictionary)
