"""Cut a document into passages that end where sentences end. Knows nothing of embeddings or formats.

The text is cut into units (sentences; headings and table rows are lines of their own, a block of code is
one), and units are packed into chunks. A line, a section, a law article or a question with its answer is kept
whole where it fits in a chunk.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import chain
from typing import NamedTuple

from core.language import CJK, words
from ingest.code_blocks import Span, block_at, code_blocks
from ingest.types import Chunk, Document

CHUNKER = "sentences-4"
"""Changes whenever the same document would be cut differently."""

_CLOSERS = "”’」』）》】〉\"')\\]"
_UNIT_END = re.compile(
    r"^(?:#{1,6}[ \t]|\|)[^\n]*\n"  # a heading or table row is one unit, whatever it holds
    rf"|[。！？；]+[{_CLOSERS}]*"
    rf"|(?<![!?])[!?]++[{_CLOSERS}]*+(?=[\s{CJK}])"
    rf"|\.[{_CLOSERS}]*+(?=\s++[^a-z])"
    r"|(?<=[.!?:;。！？；：|])\n|\n(?=\n)|(?<![，、])\n(?![a-z]+[\s,])",  # else a break inside a sentence
    re.MULTILINE,
)
_NO_SENTENCE_END = re.compile(
    r"(?:^|[\s(\"'“])(?:Mr|Mrs|Ms|Dr|Prof|St|Ste|Nos?|Arts?|Secs?|[Pp]aras?|[Cc]h|vs|cf|approx|Inc|Ltd|Co|Corp|Jr|Sr|Figs?"
    r"|Vol|pp|etc|[A-Za-z](?:\.[A-Za-z])*)\.$"
    r"|^\s*(?:\d+(?:\.\d+)*|[ivxIVX]+)\.$"  # the number of a list item
)
_ABBREVIATION_CHARS = 12

_ORDINAL = "[一二三四五六七八九十百千零〇两\\d]+"
_NUMERAL = r"[\dIVXLC]+"
_HEADING = re.compile(
    rf"#{{1,6}}[ \t]|第{_ORDINAL}[编章节][\s　]"
    rf"|(?:CHAPTER|Chapter|PART|Part|SECTION|Section|TITLE|Title)\s{_NUMERAL}\b"
)
_DEPTHS = (re.compile("第[^编]+编|TITLE|PART", re.I), re.compile("第[^章]+章|CHAPTER", re.I), re.compile("."))
_BELOW = " › "
_ARTICLE = re.compile(
    rf"第{_ORDINAL}条(?:之{_ORDINAL})?[\s　：:]"
    rf"|(?:ARTICLE|Article)\s+{_NUMERAL}[a-z]?\s*(?:[.:\n–—-]|$)|§+\s*\d"
    r"|\**(?:Q|Question|问|问题)\s*\d*\s*[:：.、]"  # a question marked as one, its answer below or beside it
)
_ASKS = re.compile(r"[^|]*[?？]\**")
_LINE_ENDS = re.compile(r"\**$", re.MULTILINE)
_BELOW_MARKDOWN = 7  # which has six levels of headings
_CLAUSE_END = re.compile(r"[，、：,;:]+|\n")
_LINE_END = re.compile(r"\n")
# A longer run (base64, a ruler of dashes) counts as several words, or it would flood a prompt.
_WORD_CHARS = 24
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]{{1,{_WORD_CHARS}}}|[^\s\w]{{1,{_WORD_CHARS}}}|_{{1,{_WORD_CHARS}}}")
_HEADING_WORDS = 20
_WORTH_A_CHUNK = 0.25  # a section shorter than this share of a chunk is joined with the next
_SENTENCE, _LINE, _SECTION = range(3)
_SHARES = (2, 4, 8, 16)  # of a chunk, tried in turn for one that the embedder would cut: ids, figures, kana

AreCut = Callable[[Sequence[str]], Sequence[bool]]
"""Says of each passage whether the embedder reads only its beginning."""


class _Unit(NamedTuple):
    """What is never cut. `opens` is the largest structure that begins here."""

    start: int
    end: int
    size: int
    opens: int
    heading: bool


def split(document: Document, size: int, overlap: int) -> list[Chunk]:
    """Return the passages of `document` in order; together they hold all of its text.

    Args:
        document: its text is clean, see `ingest.files.cleaning`.
        size: words a chunk may hold, as `core.language.words` counts them.
        overlap: whole sentences up to this many words are repeated from the chunk before, except
            where a new section begins.
    """
    units = list(_units(document.text, size))
    return _chunks(document, units, list(_pack(units, size, overlap)))


def split_to_fit(document: Document, size: int, overlap: int, are_cut: AreCut) -> tuple[list[Chunk], int]:
    """Return what `split` does, but passages that would be cut in pieces, and how many still are.

    Those left are passages with titles as long as what the embedder reads.
    """
    units = list(_units(document.text, size))
    spans = list(_pack(units, size, overlap))
    for share in _SHARES:
        chunks = _chunks(document, units, spans)
        cut = are_cut([chunk.passage for chunk in chunks])
        if not any(cut):
            return chunks, 0
        sizes = max(1, size // share), overlap // share
        pieces = (
            _pieces(document.text, span, *sizes) if is_cut else [span]
            for span, is_cut in zip(spans, cut, strict=True)
        )
        spans = list(_onward(chain.from_iterable(pieces)))
    chunks = _chunks(document, units, spans)
    return chunks, sum(are_cut([chunk.passage for chunk in chunks]))


def section_starts(text: str) -> list[int]:
    """Return where sections begin, but for one right below the heading of another."""
    units = list(_units(text, max(1, _count(text))))
    below = zip(units, [False, *(unit.heading for unit in units)], strict=False)
    return [one.start for one, is_below in below if one.opens == _SECTION and not is_below]


def _pieces(text: str, span: Span, size: int, overlap: int) -> list[Span]:
    """Return the spans of smaller chunks within one."""
    first, last = span
    units = list(_units(text[first:last], size))
    return [(first + start, first + end) for start, end in _pack(units, size, overlap)]


def _onward(spans: Iterable[Span]) -> Iterator[Span]:
    """Leave out what a span before holds: the beginning of a chunk repeats the end of the one before."""
    reached = 0
    for span in spans:
        if span[1] > reached:
            yield span
            reached = span[1]


def _chunks(document: Document, units: Iterable[_Unit], spans: Sequence[Span]) -> list[Chunk]:
    titles = _titles(document, units, [start for start, _ in spans])
    return [
        Chunk(f"{document.id}#{ordinal}", document.id, document.text[start:end], start, end, title)
        for ordinal, ((start, end), title) in enumerate(zip(spans, titles, strict=True))
    ]


def sentences(text: str) -> list[str]:
    """Return the sentences, headings and table rows of `text`, without the white space around them."""
    return [text[start:end] for start, end in _stripped(text, _sentence_ends(text), 0, len(text))]


def _pack(units: list[_Unit], size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each chunk."""
    wanted = _wanted_room(units, size)
    current: list[_Unit] = []
    filled = 0
    for unit, room in zip(units, wanted, strict=True):
        if current and _is_full(current, filled, unit, room, size):
            yield current[0].start, current[-1].end
            current = [] if unit.opens == _SECTION else _tail(current, min(overlap, size - room))
            filled = sum(kept.size for kept in current)
        current.append(unit)
        filled += unit.size
    if current:
        yield current[0].start, current[-1].end


def _titles(document: Document, units: Iterable[_Unit], starts: Iterable[int]) -> Iterator[str]:
    """Yield for each chunk the title of its document and the headings above it that are not in it."""
    headings = deque(unit for unit in units if unit.heading)
    above: list[tuple[int, _Unit]] = []
    for start in starts:
        while headings and headings[0].start <= start:
            heading = headings.popleft()
            level = _level(document.text[heading.start : heading.end])
            above = [*((other, unit) for other, unit in above if other < level), (level, heading)]
        names = [document.text[unit.start : unit.end] for _, unit in above if unit.start < start]
        names = [name.lstrip("#").strip("* \t") for name in names]
        yield _BELOW.join([document.title, *(name for name in names if name != document.title)])


def _level(heading: str) -> int:
    """Return how deep a heading stands; 1 is the highest."""
    if heading.startswith("#"):
        return len(heading) - len(heading.lstrip("#"))
    if _ASKS.fullmatch(heading):
        return _BELOW_MARKDOWN
    return next((depth for depth, names in enumerate(_DEPTHS, start=1) if names.match(heading)), 1)


def _is_full(current: list[_Unit], filled: int, unit: _Unit, room: int, size: int) -> bool:
    if filled + unit.size > size:
        return True
    if current[-1].heading:  # it belongs to what follows
        return False
    return filled + room > size or (unit.opens == _SECTION and filled >= size * _WORTH_A_CHUNK)


def _tail(units: list[_Unit], budget: int) -> list[_Unit]:
    """Return the last units that together hold at most `budget` words."""
    at = len(units)
    while at and units[at - 1].size <= budget:
        at -= 1
        budget -= units[at].size
    return units[at:]


def _wanted_room(units: list[_Unit], size: int) -> list[int]:
    """Return for each unit the words that should stay together from it on.

    That is the largest of its section, its line and itself that fits in a chunk; a heading asks for
    what follows it as well.
    """
    rooms = [0] * (len(units) + 1)
    line = section = 0
    for at in reversed(range(len(units))):
        unit = units[at]
        line, section = line + unit.size, section + unit.size
        choices = [
            unit.size + rooms[at + 1] if unit.heading else unit.size,
            line if unit.opens >= _LINE else 0,
            section if unit.opens == _SECTION else 0,
        ]
        rooms[at] = max((choice for choice in choices if choice <= size), default=unit.size)
        line = 0 if unit.opens >= _LINE else line
        section = 0 if unit.opens == _SECTION else section
    return rooms[:-1]


def _units(text: str, size: int) -> Iterator[_Unit]:
    """Yield the units, without the white space around them."""
    before = 0
    blocks = code_blocks(text)
    for start, end in _stripped(text, _unit_ends(text, blocks, size), 0, len(text)):
        opens = _LINE if start == 0 or "\n" in text[before:start] else _SENTENCE
        words_here = _count(text[start:end])
        names = not block_at(blocks, start) and (
            _HEADING.match(text, start) or _is_question(text, start, end)
        )
        heading = opens == _LINE and words_here <= _HEADING_WORDS and bool(names)
        if heading or (opens == _LINE and _ARTICLE.match(text, start)):
            opens = _SECTION
        if words_here <= size:
            yield _Unit(start, end, words_here, opens, heading)
        else:
            yield from _shorter(text, start, end, size, opens)
        before = end


def _is_question(text: str, start: int, end: int) -> bool:
    """Say whether a unit asks something and is all of its line, as in a list of questions and answers."""
    return bool(_ASKS.fullmatch(text, start, end) and _LINE_ENDS.match(text, end))


def _shorter(text: str, start: int, end: int, size: int, opens: int) -> Iterator[_Unit]:
    """Yield the pieces of a sentence longer than a chunk: its clauses, and where need be runs of words."""
    clause_ends = (match.end() for match in _CLAUSE_END.finditer(text, start, end))
    for clause_start, clause_end in _stripped(text, clause_ends, start, end):
        word_starts = [match.start() for match in _WORD.finditer(text, clause_start, clause_end)]
        for piece_start, piece_end in _stripped(text, word_starts[size::size], clause_start, clause_end):
            yield _Unit(piece_start, piece_end, _count(text[piece_start:piece_end]), opens, heading=False)
            opens = _SENTENCE


def _unit_ends(text: str, blocks: Sequence[Span], size: int) -> Iterator[int]:
    """Return where sentences end, and blocks of code; one larger than a chunk is cut at its lines."""
    outside = (end for end in _sentence_ends(text) if not block_at(blocks, end))
    return merge(outside, (end for block in blocks for end in _block_ends(text, block, size)))


def _block_ends(text: str, block: Span, size: int) -> Iterator[int]:
    start, end = block
    yield start
    if _count(text[start:end]) > size:
        yield from (match.end() for match in _LINE_END.finditer(text, start, end))
    yield end


def _sentence_ends(text: str) -> Iterator[int]:
    start = 0
    for match in _UNIT_END.finditer(text):
        end = match.end()
        if match.group().startswith(".") and _NO_SENTENCE_END.search(
            text[max(start, end - _ABBREVIATION_CHARS) : end]
        ):
            continue
        yield end
        start = end


def _stripped(text: str, cuts: Iterable[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans between the cuts without white space around them, leaving out empty ones."""
    for cut in (*cuts, end):
        span = text[start:cut]
        bare = span.strip()
        if bare:
            lead = len(span) - len(span.lstrip())
            yield start + lead, start + lead + len(bare)
        start = cut


def _count(text: str) -> int:
    return max(1, len(words(text)), len(text) // _WORD_CHARS)
