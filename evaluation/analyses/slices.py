"""The deciding metric by language and by question type."""

from collections.abc import Callable

from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block, Plot, Table
from evaluation.report.numbers import bar, cell, label
from evaluation.report.plots import bar_chart
from evaluation.types import Reference

Division = tuple[str, Callable[[Reference], str]]
"""What a division is called, and the part that a question is in."""
SLICES: dict[str, Division] = {
    "by_language": ("language", lambda one: one.lang),
    "by_type": ("question type", lambda one: one.type),
}
TURNS: Division = ("turns before the question", lambda one: "follow-up" if one.turns else "single question")


def slices(comparison: Comparison) -> Block:
    """Return a row for each part of each division."""
    metric, rows, plots = comparison.deciding, [], []
    data: dict[str, dict[str, object]] = {name: {} for name in comparison.strategies}
    for key, (title, by) in _divisions(comparison).items():
        parts = comparison.sliced(by)
        groups = sorted({part for of in parts.values() for part in of})
        for part in groups:
            entries = [parts[name].get(part, {}).get(metric) for name in comparison.strategies]
            rows.append([label(f"{metric}, {part}", entries), *(cell(metric, one) for one in entries)])
        series = {name: [bar(of.get(part, {}).get(metric)) for part in groups] for name, of in parts.items()}
        plots.append(Plot(f"{metric} by {title}", bar_chart(f"{metric} by {title}", groups, series)))
        for name, of in parts.items():
            data[name][key] = of
    table = Table(["", *comparison.strategies], rows)
    return Block("By language and question type", "detail", table, plots=plots, data={"strategies": data})


def _divisions(comparison: Comparison) -> dict[str, Division]:
    """Return how the questions are divided; by their turns only where some have any."""
    has_turns = any(reference.turns for reference in comparison.references)
    return {**SLICES, "by_turns": TURNS} if has_turns else SLICES
