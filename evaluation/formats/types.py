"""What a format of questions is made of. Knows none of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.questions import QuestionRecord

Values = Mapping[str, Any]
"""A row: a JSON object, or the cells of a table by their columns."""


class Row(NamedTuple):
    """A row, and the line of the file that it begins on."""

    line: int
    values: Values


class Passed(NamedTuple):
    """A row that was passed over, by the line it begins on, and why."""

    line: int
    reason: str


def nothing(values: Values) -> Iterable[str]:
    """Leave out nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a question down, row by row.

    `fits` says whether a row looks like it. `read` makes a question of one, without a split where the row
    states none, and raises ValueError with the reason where it cannot. `write` makes a row of a question, and
    raises ValueError where the format cannot hold it. `keeps` are the aspects (`evaluation.formats.writing`)
    that survive writing, `leaves` names what reading leaves out of a row, `suffixes` are the files it is
    written to.
    """

    fits: Callable[[Values], bool]
    read: Callable[[Values], QuestionRecord]
    write: Callable[[QuestionRecord], dict[str, Any]]
    suffixes: tuple[str, ...]
    keeps: frozenset[str] = frozenset()
    leaves: Callable[[Values], Iterable[str]] = nothing
