"""Takes the tables that are drawn with rules off a sheet. Knows nothing of what they say."""

from collections import defaultdict
from collections.abc import Sequence

from ingest.files.pages.grid import Grid, grids
from ingest.files.pages.lines import rows
from ingest.files.pages.types import Cells, Line, Row, Run, Sheet

_Place = tuple[int, int]


def rows_and_tables(sheet: Sheet) -> list[Row]:
    """Return the rows of a sheet; a table is a line of its own, in a row of its own."""
    runs = sheet.runs
    tables: list[Line] = []
    for grid in grids(sheet.rules):
        cells: defaultdict[_Place, list[Run]] = defaultdict(list)
        runs = [rest for run in runs for rest in _taken(run, grid, cells)]
        if cells:
            tables.append(_table(grid, cells))
    found = rows(runs)
    for table in tables:
        at = next((at for at, row in enumerate(found) if row[0].box.middle < table.box.top), len(found))
        found.insert(at, [table])
    return found


def _taken(run: Run, grid: Grid, cells: dict[_Place, list[Run]]) -> list[Run]:
    """Put the characters that stand in cells there; return the others."""
    box, table = run.box, grid.box
    y = box.middle
    if box.right < table.left or table.right < box.left or not table.bottom < y < table.top:
        return [run]
    parts: list[tuple[_Place | None, Run]] = []
    for glyph in run.glyphs:
        place = grid.place((glyph.left + glyph.right) / 2, y)
        if not parts or parts[-1][0] != place:
            parts.append((place, Run([], run.bottom, run.top, run.size, run.bold)))
        parts[-1][1].glyphs.append(glyph)
    for place, part in parts:
        if place is not None:
            cells[place].append(part)
    return [part for place, part in parts if place is None]


def _table(grid: Grid, cells: dict[_Place, list[Run]]) -> Line:
    """Return the table as a line, whose text is what stands over all of its columns."""
    size = max(run.size for found in cells.values() for run in found)
    texts = {place: [line.text for row in rows(runs) for line in row] for place, runs in cells.items()}
    owners = [row for row in grid.owners if any(owner in texts for owner in row)]
    caption: list[str] = []
    while owners and len(set(owners[0])) == 1:
        caption += texts[owners.pop(0)[0]]
    shown = [_row(row, texts) for row in owners]
    if len(owners) > 2 and len(set(owners[0])) < len(owners[0]):  # a header over several others
        pairs = zip(owners[0], owners[1], strict=True)
        header = [[*texts.get(over, []), *(texts.get(own, []) if own != over else [])] for over, own in pairs]
        shown[:2] = [header]
    return Line(" ".join(caption), grid.box, size, cells=shown)


def _row(owners: Sequence[_Place], texts: dict[_Place, list[str]]) -> Cells:
    """Return the lines of a row's cells: of one over several rows in each, over several columns once."""
    new = [at == 0 or owners[at - 1] != owner for at, owner in enumerate(owners)]
    return [texts.get(owner, []) if is_new else [] for owner, is_new in zip(owners, new, strict=True)]
