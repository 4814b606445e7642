"""What stands on a page: characters, lines, blocks. Knows nothing of where they come from.

Lengths are in points, `y` grows upwards; text is horizontal, its page was turned for that where needed.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple


class Blank(IntEnum):
    """What stands before a character."""

    NONE = 0
    GUESSED = 1
    """By who reads the file."""
    WRITTEN = 2
    """A character of its own."""


class Glyph(NamedTuple):
    """A character and its place; `wide` if it is Chinese."""

    char: str
    left: float
    right: float
    blank: Blank
    wide: bool


class Box(NamedTuple):
    """A rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def middle(self) -> float:
        """Return the height of its centre."""
        return (self.bottom + self.top) / 2


@dataclass(slots=True)
class Run:
    """Characters that were set one after the other on one line, in one font."""

    glyphs: list[Glyph]
    bottom: float
    top: float
    size: float
    bold: bool = False

    @property
    def box(self) -> Box:
        """Return what it covers."""
        left = min(glyph.left for glyph in self.glyphs)
        return Box(left, self.bottom, max(glyph.right for glyph in self.glyphs), self.top)


@dataclass(slots=True)
class Sheet:
    """One side of a page: the runs of one direction, and the rules of its tables."""

    width: float
    runs: list[Run]
    rules: list[Box] = field(default_factory=list)


Cells = list[list[str]]
"""A row of a ruled table: the lines of each of its cells."""


@dataclass(slots=True)
class Line:
    """Text between two wide gaps, on one height; a tab stands for such a gap where lines were joined."""

    text: str
    box: Box
    size: float
    bold: bool = False
    first_word: float = 0.0
    """Width of its first word, that is, of what would have moved up had there been room."""
    cells: list[Cells] = field(default_factory=list)
    """The rows of a ruled table, which stands here as if it were a line without text."""


Span = tuple[float, float]
"""From left to right."""
Row = list[Line]
"""The lines that stand on one height, from the left."""


def fall(above: Row, below: Row) -> float:
    """Return how far the foot of a row lies under that of the row above it."""
    return above[0].box.bottom - below[0].box.bottom


@dataclass(slots=True)
class Block:
    """Rows that are read one after the other: text, a column of it, or a table."""

    rows: list[Row]
    is_column: bool = False
    spans: list[Span] = field(default_factory=list)
    """Of a table's columns; of text, none."""
