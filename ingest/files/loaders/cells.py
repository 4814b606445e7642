"""A cell of a table, and rows of such. Knows nothing of what a table says."""

from collections.abc import Iterable
from dataclasses import dataclass

REPEATED = 200
"""Characters: a longer text names nothing, and is given once however many rows it spans."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A text, and the places of a table that it covers, counted from the upper left."""

    text: str
    row: int
    column: int
    rows: int = 1
    columns: int = 1
    is_name: bool = False
    """Whether the document marks it as naming others."""
    below: str = ""
    """What stands apart in the cell: the sentences of a table inside it, a note."""

    @property
    def line(self) -> str:
        """The text on one line."""
        return " ".join(self.text.split())


Row = list[Cell | None]
"""The cells at the places of a row; one that spans several is there several times."""


def distinct(cells: Iterable[Cell | None]) -> list[Cell]:
    """Return the cells of some places, each once."""
    return list(dict.fromkeys(cell for cell in cells if cell is not None))


def only_cell(row: Row) -> Cell | None:
    """Return the only text of a row of several columns, if it begins with the row."""
    is_alone = len(row) > 1 and row[0] is not None and all(cell in (None, row[0]) for cell in row)
    return row[0] if is_alone else None
