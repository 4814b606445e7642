"""What a report is made of, whoever wrote it: blocks of text, tables and plots. Knows nothing of analyses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["summary", "note", "detail"]
"""A row of the summary's table; a note beside it; a part of its own further down."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; a line break in a cell divides what matters from what belongs to it.

    `doubted` are the first cells of rows whose numbers should not be relied on: they are shown faintly or in
    brackets, and a note says why.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    doubted: frozenset[str] = frozenset()

    def bracketed(self) -> list[list[str]]:
        """Return the rows for a reader without colours: the values of doubted ones in brackets."""
        return [
            [row[0], *map(_bracketed, row[1:])] if row[0] in self.doubted else list(row) for row in self.rows
        ]


def _bracketed(cell: str) -> str:
    value, *more = cell.split("\n")
    return "\n".join([f"({value})", *more])


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture as SVG; a `wide` one takes a page's width."""

    title: str
    svg: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A text under a label; `pieces` make it up, each with whether it is marked."""

    label: str
    pieces: Sequence[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Example:
    """One question with what there is to see about it."""

    title: str
    about: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Block:
    """The result of one analysis. `data` is what it adds to report.json, merged key by key."""

    title: str
    level: Level = "note"
    table: Table | None = None
    notes: Sequence[str] = ()
    plots: Sequence[Plot] = ()
    examples: Sequence[Example] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """A comparison as it is read: what was compared, the blocks in their order, all questions and answers.

    `facts` stand at the top of report.json, `questions` in it and at the end of a page. The first note of the
    first block is the verdict.
    """

    title: str
    about: str
    created: str
    facts: Mapping[str, Any]
    blocks: Sequence[Block]
    questions: Sequence[Mapping[str, Any]]

    def tables(self, level: Level) -> list[Block]:
        """Return the blocks of a level that have a table."""
        return [block for block in self.blocks if block.level == level and block.table]

    def summary(self) -> Table:
        """Return the rows of all summary blocks as one table."""
        tables = [block.table for block in self.tables("summary") if block.table]
        return Table(
            tables[0].header if tables else (),
            [row for table in tables for row in table.rows],
            frozenset().union(*(table.doubted for table in tables)),
        )

    def notes(self) -> list[str]:
        """Return what stands around the summary's table, the verdict first."""
        return [note for block in self.blocks if block.level != "detail" for note in block.notes]

    def plots(self) -> list[Plot]:
        """Return all plots."""
        return [plot for block in self.blocks for plot in block.plots]
