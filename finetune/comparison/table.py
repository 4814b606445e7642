"""A comparison as tables, for a terminal and as Markdown, and as JSON. Knows no measure."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain

from rich import box
from rich.table import Table

from finetune.comparison.experiment import Comparison
from finetune.comparison.measuring import Training
from finetune.comparison.scores import Answered, Kept, Mean, Row

_NONE = "n/a"
_ANSWERED = (
    *("correct", "minus base", "to first", "F1", "taught", "not taught"),
    *("refusal recall", "false refusals", "by seed"),
)
_COST = ("trained", "of base", "peak", "s a step", "seconds", "tokens", "artefact")
_KEPT = ("general", "minus base", "perplexity")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table before it is drawn: every row has as many cells as the header."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    has_numbers: bool = True


def grids(comparison: Comparison) -> list[Grid]:
    """Return the answers of each split, the one that rows are judged by first, and what they cost."""
    rows = comparison.rows
    splits = sorted(
        {split for row in rows for split in row.answered or ()}, key=lambda one: one != comparison.split
    )
    has_money = any(row.money is not None for row in rows)
    return [*(_answers(rows, split) for split in splits), _costs(rows, has_money), *_absent(rows)]


def terminal(grid: Grid) -> Table:
    """Return a table for a rich console."""
    table = Table(title=grid.title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for place, name in enumerate(grid.header):
        table.add_column(name, overflow="fold", justify="right" if place and grid.has_numbers else "left")
    for row in grid.rows:
        table.add_row(*row)
    return table


def markdown(comparison: Comparison) -> str:
    """Return title, tables and notes as Markdown whose columns stand under each other."""
    parts = chain.from_iterable((f"## {grid.title}", _aligned(grid)) for grid in grids(comparison))
    notes = "\n".join(f"- {note}" for note in comparison.notes)
    return "\n\n".join([f"# {comparison.title}", *parts, notes]) + "\n"


def as_json(comparison: Comparison) -> str:
    """Return rows, runs without their answers, and notes as JSON."""
    runs = [{key: value for key, value in asdict(run).items() if key != "answers"} for run in comparison.runs]
    told = {
        "title": comparison.title,
        "split": comparison.split,
        "rows": [asdict(row) for row in comparison.rows],
        "runs": runs,
        "notes": comparison.notes,
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _answers(rows: Sequence[Row], split: str) -> Grid:
    shown = tuple((row.label, *_answered(row.answered[split])) for row in rows if row.answered)
    return Grid(f"Answers to {split} questions", ("", *_ANSWERED), shown)


def _costs(rows: Sequence[Row], has_money: bool) -> Grid:
    header = ("", *_COST, *(("money",) if has_money else ()), *_KEPT)
    shown = tuple(
        (
            row.label,
            *_cost(row.training),
            *((_number(row.money, ".2f"),) if has_money else ()),
            *_kept(row.kept),
        )
        for row in rows
        if row.kept
    )
    return Grid("What it cost, and what was forgotten", header, shown)


def _absent(rows: Sequence[Row]) -> list[Grid]:
    absent = tuple((row.label, row.reason) for row in rows if row.reason)
    return [Grid("What cannot run here", ("", "why"), absent, has_numbers=False)] if absent else []


def _answered(of: Answered) -> tuple[str, ...]:
    return (
        _mean(of.correct, ".3f"),
        _mean(of.gain, "+.3f"),
        _mean(of.difference, "+.3f"),
        *(
            _number(one, ".3f")
            for one in (of.f1, of.taught, of.not_taught, of.refusal_recall, of.false_refusals)
        ),
        " ".join(f"{one:.3f}" for one in of.by_seed),
    )


def _cost(of: Training | None) -> tuple[str, ...]:
    if of is None:
        return (_NONE,) * len(_COST)
    return (
        f"{of.trained_parameters:,}",
        f"{of.trained_parameters / of.base_parameters:.3%}",
        _size(of.peak),
        f"{of.step_seconds:.3g}",
        f"{of.seconds:,.4g}",
        f"{of.tokens:,}",
        _size(of.artefact),
    )


def _kept(of: Kept) -> tuple[str, ...]:
    return _mean(of.correct, ".3f"), _mean(of.change, "+.3f"), f"{of.perplexity_ratio:.3f}"


def _mean(of: Mean | None, form: str) -> str:
    if of is None:
        return _NONE
    if of.low is None or of.high is None:
        return f"{of.value:{form}}"
    return f"{of.value:{form}} [{of.low:{form}}, {of.high:{form}}]"


def _number(value: float | None, form: str) -> str:
    return _NONE if value is None else f"{value:{form}}"


def _size(count: int) -> str:
    """Return bytes in the largest unit of which there is one.

    >>> _size(900), _size(9_400_000), _size(3 << 30)
    ('900 B', '9.0 MiB', '3.0 GiB')
    """
    for power, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count >> power:
            return f"{count / (1 << power):.1f} {unit}"
    return f"{count} B"


def _aligned(grid: Grid) -> str:
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in (grid.header, *grid.rows)]
    widths = [max(3, *map(_width, column)) for column in zip(*escaped, strict=True)]
    header, *rows = [_line(row, widths, grid.has_numbers) for row in escaped]
    ends = ["-", *(":" if grid.has_numbers else "-" for _ in widths[1:])]
    rule = "|".join("-" * (width + 1) + end for width, end in zip(widths, ends, strict=True))
    return "\n".join([header, f"|{rule}|", *rows])


def _line(row: Sequence[str], widths: Sequence[int], has_numbers: bool) -> str:
    padded = (
        " " * (width - _width(cell)) + cell if place and has_numbers else cell + " " * (width - _width(cell))
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"| {' | '.join(padded)} |"


def _width(text: str) -> int:
    """Return the columns of a text in a fixed font; a wide character takes two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
