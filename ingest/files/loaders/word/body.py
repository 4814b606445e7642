"""The text of a Word document as its reader sees it: blocks in order, changes accepted, numbers written out.

Knows nothing of packages and pages. Deleted, hidden and struck-out text, comments and the codes of fields are
left out; what stands apart (a note, a text box) follows the paragraph that holds it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from ingest.files.loaders.cells import Cell
from ingest.files.loaders.grid import table_text
from ingest.files.loaders.numerals import raised
from ingest.files.loaders.word.fields import Fields
from ingest.files.loaders.word.numbering import BULLET, Numbering
from ingest.files.loaders.word.styles import Styles, W, outline_level, switches, value, whole
from ingest.files.loaders.word.symbols import symbol

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_PARAGRAPH, _TABLE, _ROW, _CELL = f"{W}p", f"{W}tbl", f"{W}tr", f"{W}tc"
_TEXTS = (f"{W}t", f"{_MATH}t", f"{_DRAWN}t")
_LITERAL = {
    f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-",
    f"{_MATH}den": "/", f"{_MATH}sup": "^",
}  # fmt: skip
_TAGS = "del moveFrom pPr rPr tblPr tblGrid trPr tcPr sectPr sdtPr sdtEndPr rubyPr rt delText"
_UNREAD = frozenset(W + tag for tag in _TAGS.split())
_DELETED = ("del", "moveFrom")
_HEADING_CHARS = 200
"""An outline level on a longer paragraph makes no heading of it."""
_COLUMNS = 1000

Notes = dict[tuple[str, str], Any]
"""The elements of footnotes and endnotes, by the tag of what refers to them and their id."""


class _Block(NamedTuple):
    text: str
    label: str = ""
    level: int = 0
    is_apart: bool = False

    @property
    def line(self) -> str:
        if self.level:
            return f"\n{'#' * min(self.level, 6)} {self.label}{' '.join(self.text.split())}\n"
        return self.label + self.text


class Body:
    """Reads the parts of one document, in the order in which their lists are counted."""

    def __init__(self, styles: Styles, numbering: Numbering, notes: Notes) -> None:
        self._styles, self._numbering = styles, numbering
        self._notes = notes
        self._fields = Fields()

    def lines(self, container: Any) -> Iterator[str]:
        """Yield the paragraphs and the rows of tables, headings marked as in Markdown."""
        return (block.line for block in self._blocks(container) if block.text)

    def _blocks(self, container: Any) -> Iterator[_Block]:
        carried = ""  # of a paragraph whose end was deleted: it goes on in the next
        for element in _parts(container, (_PARAGRAPH, _TABLE)):
            if element.tag == _TABLE:
                yield from [_Block(carried), _Block(self._table(element), is_apart=True)]
                carried = ""
                continue
            apart: list[str] = []
            properties = element.find(f"{W}pPr")
            style = self._styles.of_paragraph(properties)
            text = carried + "".join(self._pieces(element, style.unseen, apart))
            self._fields.end_paragraph()
            is_joined = _is_deleted(None if properties is None else properties.find(f"{W}rPr"))
            carried = text if is_joined else ""
            if not is_joined:
                yield self._paragraph(properties, text.strip())
            yield from (_Block(each, is_apart=True) for each in apart)
        yield _Block(carried)

    def _paragraph(self, properties: Any, text: str) -> _Block:
        mark = None if properties is None else properties.find(f"{W}rPr")
        if not text and switches(mark).get("vanish"):  # is not there for a reader, so it is not counted
            return _Block("")
        style = self._styles.of_paragraph(properties)
        label = self._numbering.label(properties, style, value(properties, "pStyle"))
        level = outline_level(properties) or style.level
        return _Block(text, label, level if len(text) <= _HEADING_CHARS else 0)

    def _pieces(self, element: Any, unseen: frozenset[str], apart: list[str]) -> Iterator[str]:
        """Yield the text in an element; what stands apart is added to `apart`."""
        for child in element:
            tag = child.tag
            if tag in _UNREAD or not isinstance(tag, str):
                continue
            if tag == f"{W}fldChar":
                yield self._fields.mark(child)
            elif tag == f"{W}instrText":
                self._fields.code(child.text or "")
            elif tag == f"{W}r":
                yield self._run(child, unseen, apart)
            elif self._fields.are_read:
                yield from self._piece(child, unseen, apart)

    def _run(self, run: Any, unseen: frozenset[str], apart: list[str]) -> str:
        properties = run.find(f"{W}rPr")
        inherited = unseen | self._styles.of(value(properties, "rStyle")).unseen
        stated = switches(properties)
        if any(stated.values()) or any(stated.get(why, True) for why in inherited):
            for mark in run.iter(f"{W}fldChar"):  # a field is where it is, seen or not
                self._fields.mark(mark)
            return ""
        text = "".join(self._pieces(run, unseen, apart))
        return raised(text) if value(properties, "vertAlign") == "superscript" else text

    def _piece(self, element: Any, unseen: frozenset[str], apart: list[str]) -> Iterator[str]:
        tag = element.tag
        if tag in _TEXTS:
            yield element.text or ""
        elif tag == f"{W}sym":
            yield symbol(element.get(f"{W}font", ""), element.get(f"{W}char", ""))
        elif tag == f"{W}txbxContent":
            apart.append("\n".join(self.lines(element)))
        elif (note := self._notes.pop((tag, element.get(f"{W}id", "")), None)) is not None:
            apart.append("\n".join(self.lines(note)))
        elif not _is_placeholder(element) and not self._fields.is_of_page(element.get(f"{W}instr", "")):
            yield _LITERAL.get(tag, "")
            yield from self._pieces(_chosen(element), unseen, apart)

    def _table(self, table: Any) -> str:
        return table_text(self._cells(table), expects_names=True)

    def _cells(self, table: Any) -> list[Cell]:
        cells: list[Cell] = []
        hanging: dict[int, int] = {}  # by column, the place in `cells` of what may go on in the next row
        rows = [row for row in _parts(table, (_ROW,)) if not _is_deleted(row.find(f"{W}trPr"))]
        for number, row in enumerate(rows):
            properties = row.find(f"{W}trPr")
            column = min(whole(value(properties, "gridBefore")) or 0, _COLUMNS)
            is_name = properties is not None and properties.find(f"{W}tblHeader") is not None
            for cell in _parts(row, (_CELL,)):
                stated = cell.find(f"{W}tcPr")
                across = min(max(whole(value(stated, "gridSpan")) or 1, 1), _COLUMNS)
                if _goes_on(stated, "hMerge") and cells and cells[-1].row == number:
                    cells[-1] = replace(cells[-1], columns=cells[-1].columns + across)
                elif _goes_on(stated, "vMerge") and (at := hanging.get(column)) is not None:
                    cells[at] = replace(cells[at], rows=number - cells[at].row + 1)
                else:
                    hanging[column] = len(cells)
                    cells.append(self._cell(cell, Cell("", number, column, 1, across, is_name)))
                column += across
        return cells

    def _cell(self, element: Any, place: Cell) -> Cell:
        properties = element.find(f"{W}tcPr")
        if properties is not None and properties.find(f"{W}cellDel") is not None:
            return place
        blocks = list(self._blocks(element))
        lines = (block.label.replace(BULLET, "") + block.text for block in blocks if not block.is_apart)
        below = "\n".join(block.text for block in blocks if block.text and block.is_apart)
        text = "\n".join(filter(None, lines))  # a number alone is a value: columns of them are common
        return replace(place, text=text, below=below, is_name=place.is_name or _is_bold(element))


def _parts(container: Any, tags: tuple[str, ...]) -> Iterator[Any]:
    """Yield the elements with these tags, whatever wraps them: a content control, an insertion, a mark-up."""
    for child in container:
        if child.tag in tags:
            yield child
        elif isinstance(child.tag, str) and child.tag not in _UNREAD and not _is_placeholder(child):
            yield from _parts(_chosen(child), tags)


def _chosen(element: Any) -> Any:
    """Return the first form of what is written in several, of which a reader sees one."""
    if element.tag != f"{_MC}AlternateContent":
        return element
    choice = element.find(f"{_MC}Choice")
    fallback = element.find(f"{_MC}Fallback")
    return next((each for each in (choice, fallback) if each is not None), ())


def _is_placeholder(element: Any) -> bool:
    """Tell a content control that nobody has filled in: it shows `Click here to enter text`."""
    properties = element.find(f"{W}sdtPr") if element.tag == f"{W}sdt" else None
    return properties is not None and properties.find(f"{W}showingPlcHdr") is not None


def _is_bold(cell: Any) -> bool:
    """Tell a cell all of which is bold, as headers are where nobody marks them."""
    runs = [run for run in cell.iter(f"{W}r") if run.find(f"{W}t") is not None]
    return bool(runs) and all(switches(run.find(f"{W}rPr"), ("b",)).get("b") for run in runs)


def _is_deleted(properties: Any) -> bool:
    return properties is not None and any(properties.find(W + tag) is not None for tag in _DELETED)


def _goes_on(properties: Any, merge: str) -> bool:
    """Tell a cell that continues the one above it (vMerge) or before it (hMerge)."""
    stated = None if properties is None else properties.find(W + merge)
    return stated is not None and stated.get(f"{W}val", "continue") == "continue"
