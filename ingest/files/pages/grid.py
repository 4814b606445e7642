"""From the rules on a page to the cells between them. Knows nothing of what a cell says."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.files.pages.types import Box

_THIN = 3.0  # points: a rule, or two that are drawn as one
_SHORT = 6.0  # points: a rule of less is part of a letter or a picture
_RULES = 1000  # on one page; a drawing has more, and is no table
_CELLS = 5000  # nor has a table more


@dataclass(frozen=True, slots=True)
class Grid:
    """A table's cells; `owners[row][column]` is the first place, from the top left, of the cell there."""

    xs: list[float]
    ys: list[float]
    owners: list[list[tuple[int, int]]]

    @property
    def box(self) -> Box:
        """Return what it covers."""
        return Box(self.xs[0], self.ys[-1], self.xs[-1], self.ys[0])

    def place(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the cell at a point, if it is on the table."""
        column = bisect_right(self.xs, x) - 1
        row = bisect_right([-edge for edge in self.ys], -y) - 1
        if 0 <= row < len(self.owners) and 0 <= column < len(self.owners[0]):
            return self.owners[row][column]
        return None


def grids(rules: Sequence[Box]) -> list[Grid]:
    """Return the tables of at least two rows and two columns."""
    long = [rule for rule in rules if max(rule.right - rule.left, rule.top - rule.bottom) >= _SHORT]
    if not 4 < len(long) <= _RULES:
        return []
    found = (_grid(group) for group in _touching(long))
    return [grid for grid in found if grid is not None]


def _touching(rules: Sequence[Box]) -> Iterator[list[Box]]:
    """Yield groups of rules that meet."""
    left = list(rules)
    while left:
        group, pending = [], [left.pop()]
        while pending:
            rule = pending.pop()
            group.append(rule)
            meeting = [other for other in left if _meet(rule, other)]
            left = [other for other in left if not _meet(rule, other)]
            pending += meeting
        yield group


def _meet(one: Box, other: Box) -> bool:
    return (
        one.left <= other.right + _THIN
        and other.left <= one.right + _THIN
        and one.bottom <= other.top + _THIN
        and other.bottom <= one.top + _THIN
    )


def _grid(rules: Sequence[Box]) -> Grid | None:
    upright = [rule for rule in rules if rule.right - rule.left <= _THIN < rule.top - rule.bottom]
    level = [rule for rule in rules if rule.top - rule.bottom <= _THIN < rule.right - rule.left]
    xs = _snapped(x for rule in upright for x in (rule.left, rule.right))
    ys = _snapped(y for rule in level for y in (rule.bottom, rule.top))[::-1]
    if len(xs) < 3 or len(ys) < 3 or len(xs) * len(ys) > _CELLS:
        return None
    owners: list[list[tuple[int, int]]] = []
    for row, (top, bottom) in enumerate(pairwise(ys)):
        owners.append([])
        for column, (left, right) in enumerate(pairwise(xs)):
            owner = (row, column)
            if column and not _crosses(upright, left, (bottom + top) / 2):
                owner = owners[row][column - 1]
            elif row and not _lies(level, top, (left + right) / 2):
                owner = owners[row - 1][column]
            owners[row].append(owner)
    return Grid(xs, ys, owners)


def _snapped(places: Iterable[float]) -> list[float]:
    """Return the different places, in order."""
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] > _THIN:
            found.append(place)
    return found


def _crosses(upright: Sequence[Box], x: float, y: float) -> bool:
    return any(
        rule.left - _THIN <= x <= rule.right + _THIN and rule.bottom <= y <= rule.top for rule in upright
    )


def _lies(level: Sequence[Box], y: float, x: float) -> bool:
    return any(
        rule.bottom - _THIN <= y <= rule.top + _THIN and rule.left <= x <= rule.right for rule in level
    )
