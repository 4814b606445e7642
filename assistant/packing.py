"""Whole documents into a budget of tokens, and the order in which they stand there. Knows no questions.

A document that does not fit is cut where its sections end, around the passage for which it was chosen.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from assistant.prompts import passage
from core import dates
from ingest.chunking import section_starts
from ingest.types import Chunk, Document

Count = Callable[[str], int]
"""Returns the tokens of a text."""
_PARAGRAPH_END = re.compile(r"\n\s*")
_FULL = 100
"""Under this fraction of the budget nothing more is looked for: to count what is too long takes time."""


class Packed(NamedTuple):
    """A document, or the part of it that fits: `place` is where it stands among all, in ingestion order."""

    chunk: Chunk
    place: int
    as_of: str


class Candidate(NamedTuple):
    """A document that may be packed; `at` is where the passage begins for which it was chosen."""

    document: Document
    place: int
    at: int = 0


ORDERS: dict[str, Callable[[Sequence[Packed]], list[Packed]]] = {
    "ingestion": lambda packed: sorted(packed, key=lambda one: one.place),
    "date": lambda packed: sorted(packed, key=lambda one: (_day(one.as_of), one.place)),
    "best_first": list,
    "best_last": lambda packed: list(reversed(packed)),
    "both_ends": lambda packed: [*packed[::2], *reversed(packed[1::2])],
}
"""From packed documents, best first, to the order in which a model reads them (the oldest first by date)."""


def _day(as_of: str) -> date:
    days = dates.spanned(as_of)
    return days.first if days else date.min


def pack(candidates: Iterable[Candidate], budget: int, count: Count) -> list[Packed]:
    """Take documents in their order while `budget` tokens hold them; the last one is cut at its sections.

    One of which no section fits is passed over, but of the first of all something is taken.
    """
    packed: list[Packed] = []
    room = budget
    for one in candidates:
        if packed and room <= budget // _FULL:
            break
        chunk = whole(one.document)
        if is_cut := size(chunk, count) > room:
            chunk = _cut(one, room, count, anywhere=not packed)
        if chunk.text or not one.document.text:
            packed.append(Packed(chunk, one.place, one.document.as_of))
            room -= size(chunk, count)
            if is_cut:
                break
    return packed


def whole(document: Document) -> Chunk:
    """Return a document as one passage."""
    return _part(document, 0, len(document.text))


def size(chunk: Chunk, count: Count) -> int:
    """Return the tokens of a passage in a prompt, with the blank line that follows it."""
    return count(f"{passage(chunk)}\n\n")


def _part(document: Document, start: int, end: int) -> Chunk:
    return Chunk(document.id, document.id, document.text[start:end], start, end, document.title)


def _cut(one: Candidate, room: int, count: Count, anywhere: bool) -> Chunk:
    """Return the longest run of whole sections that fits and holds the passage; empty where none does.

    It begins with the document if the passage is near enough, else with the passage's section. Paragraphs are
    the sections of a document that has none, and with `anywhere` what is left if all of them are too long.
    """
    document = one.document
    starts = section_starts(document.text)
    paragraphs = [end.start() for end in _PARAGRAPH_END.finditer(document.text)]
    kinds: list[Sequence[int]] = [starts or paragraphs]
    if anywhere:
        kinds += [paragraphs, range(len(document.text) + 1)]
    for ends in kinds:
        own = ends[bisect_right(ends, one.at) - 1] if ends and ends[0] <= one.at else 0
        for start in dict.fromkeys((0, own)):
            part = _run(document, start, [*ends, len(document.text)], room, count)
            if part.text and part.end > one.at:
                return part
    return _part(document, 0, 0)


def _run(document: Document, start: int, ends: Sequence[int], room: int, count: Count) -> Chunk:
    """Return the longest part from `start` to one of the `ends` that fits."""
    after = [end for end in ends if end > start]
    fits = bisect_right(after, room, key=lambda end: size(_part(document, start, end), count))
    return _part(document, start, after[fits - 1] if fits else start)
