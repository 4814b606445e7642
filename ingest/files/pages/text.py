"""From the rows of pages to a text of headings, paragraphs, tables and notes. Knows nothing of PDF."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.language import CJK
from ingest.files.pages.columns import blocks
from ingest.files.pages.items import BULLET
from ingest.files.pages.lines import rows
from ingest.files.pages.paragraphs import Paragraph, carries_over, paragraphs
from ingest.files.pages.ruled import rows_and_tables
from ingest.files.pages.running import Body, without_running
from ingest.files.pages.tables import cell_text, cells_text, table_text
from ingest.files.pages.types import Block, Line, Row, Sheet
from ingest.files.pages.words import Joiner

_NOTE = 0.92  # of the size of the text
_NOTE_MARK = re.compile(r"\[\d{1,3}\]|\d{1,2}\s|[①-⑳*†‡]|注")
_LARGER = 1.15  # times the size of the text
_AS_LARGE = 0.95
_HEADING_CHARS = {True: 40, False: 120}  # Chinese, others
_HEADING_LINES = 3
_LEVELS = 6
_HAN = re.compile(f"[{CJK}]")
_SAYS = re.compile(r"[^\W\d_]")
_NO_HEADING = re.compile(r"[.。;；,，、:：]$")


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page: those of its main direction, and those that are turned against it."""

    width: float
    rows: list[Row]
    turned: list[Row]


def as_page(sheets: Sequence[Sheet]) -> Page:
    """Return what is kept of a page; its characters can be forgotten."""
    if not sheets:
        return Page(0, [], [])
    turned = [row for sheet in sheets[1:] for row in rows(sheet.runs)]
    return Page(sheets[0].width, rows_and_tables(sheets[0]), turned)


def text_of(pages: Sequence[Page]) -> str:
    """Return the text of a document: a paragraph, a heading or a row of a table a line."""
    running = without_running([page.rows for page in pages])
    lines = [line for body in running.bodies for row in body.rows for line in row]
    writer = _Writer(_style(lines), Joiner([line.text for line in lines]))
    for page, body in zip(pages, running.bodies, strict=True):
        writer.add(body, page)
    return "\n".join([*running.heads, *writer.lines(), *running.feet])


@dataclass(frozen=True, slots=True)
class _Style:
    """How most of a document is set."""

    size: float
    bold: bool


def _style(lines: Iterable[Line]) -> _Style:
    counts: Counter[_Style] = Counter()
    for line in lines:
        counts[_Style(round(2 * line.size) / 2, line.bold)] += len(line.text)
    return counts.most_common(1)[0][0] if counts else _Style(0, False)


@dataclass(slots=True)
class _Table:
    """A ruled table, and what stands over it."""

    caption: str
    cells: list[list[str]]

    def fits(self, other: "_Table") -> bool:
        """Tell a table that may be the rest of this one."""
        return bool(other.cells) and len(self.cells[0]) == len(other.cells[0])

    def text(self) -> str:
        """Return a line for each row."""
        return f"{self.caption}\n{cells_text(self.cells, is_ruled=True)}".lstrip()


_Part = Paragraph | _Table | str


class _Writer:
    """Puts pages one after the other."""

    def __init__(self, style: _Style, joiner: Joiner) -> None:
        self._style, self._joiner = style, joiner
        self._parts: list[_Part] = []
        self._aside: list[_Part] = []
        self._said: set[str] = set()

    def add(self, body: Body, page: Page) -> None:
        """Take a page; what is beside its text waits until the paragraph that goes on after it has ended."""
        self._set_aside(body.over)
        rows, notes = self._without_notes(body.rows)
        for block in blocks(rows):
            if block.spans:
                self._put(table_text(block.rows, block.spans, self._joiner))
                continue
            for number, paragraph in enumerate(paragraphs(block, page.width, self._style.size)):
                part = self._table(paragraph.last) if paragraph.last.cells else paragraph
                if number or not self._is_continued(part):
                    self._put(part)
        if notes:
            self._aside += paragraphs(Block(notes), page.width, self._style.size)
        self._set_aside([*body.under, *(" ".join(line.text for line in row) for row in page.turned)])

    def lines(self) -> list[str]:
        """Return the text, line by line."""
        parts = [*self._parts, *self._aside]
        sizes = {
            round(part.last.size) for part in parts if isinstance(part, Paragraph) and self._is_large(part)
        }
        levels = {size: level for level, size in enumerate(sorted(sizes, reverse=True), start=1)}
        return [self._written(part, levels) for part in parts]

    def _table(self, line: Line) -> _Table:
        rows = [[cell_text(cell, self._joiner) for cell in row] for row in line.cells]
        return _Table(line.text, rows)

    def _is_continued(self, part: _Part) -> bool:
        """Add what a new page or column begins with to the end of the last one, where it belongs there."""
        match self._parts[-1:], part:
            case [Paragraph() as last], Paragraph() if carries_over(last, part):
                last.lines += part.lines
                last.edges = part.edges
            case [_Table() as last], _Table(caption="") if last.cells and last.fits(part):
                last.cells += part.cells[last.cells[0] == part.cells[0] :]
            case _:
                return False
        return True

    def _put(self, part: _Part) -> None:
        self._parts += [*self._aside, part]
        self._aside = []

    def _set_aside(self, texts: Iterable[str]) -> None:
        """Keep what pages say around their text, once if several say it."""
        new = [text for text in dict.fromkeys(texts) if text not in self._said]
        self._aside += new
        self._said |= set(new)

    def _without_notes(self, own: list[Row]) -> tuple[list[Row], list[Row]]:
        """Cut the small rows at the foot of a page from the first one that has a note's mark."""
        at = len(own)
        while at and all(line.size < _NOTE * self._style.size for line in own[at - 1]):
            at -= 1
        while at < len(own) and not _NOTE_MARK.match(own[at][0].text):
            at += 1
        return own[:at], own[at:]

    def _written(self, paragraph: _Part, levels: dict[int, int]) -> str:
        if not isinstance(paragraph, Paragraph):
            return paragraph if isinstance(paragraph, str) else paragraph.text()
        text = self._joiner.join(line.text for line in paragraph.lines).replace("\t", " ")
        if not self._is_heading(paragraph):
            return text
        level = levels.get(round(paragraph.last.size), len(levels) + 1)
        return f"\n{'#' * min(level, _LEVELS)} {text}\n"

    def _is_large(self, paragraph: Paragraph) -> bool:
        return self._is_heading(paragraph) and paragraph.last.size >= _LARGER * self._style.size

    def _is_heading(self, paragraph: Paragraph) -> bool:
        text = "".join(line.text for line in paragraph.lines)
        if not _SAYS.search(text) or "\t" in text or BULLET.match(text) or _NO_HEADING.search(text):
            return False
        if len(text) > _HEADING_CHARS[bool(_HAN.search(text))] or len(paragraph.lines) > _HEADING_LINES:
            return False
        is_bold = all(line.bold for line in paragraph.lines) and not self._style.bold
        size = paragraph.last.size / self._style.size
        return size >= _LARGER or (is_bold and size >= _AS_LARGE)
