"""Where the facts were taught, and where they were not: learning told from reading."""

from dataclasses import asdict

from evaluation.analyses.comparison import FACTS, Comparison, taught_or_not
from evaluation.report.blocks import Block, Plot, Table
from evaluation.report.numbers import bar, cell, label
from evaluation.report.plots import bar_chart


def facts(comparison: Comparison) -> Block:
    """Return the deciding metric over both halves."""
    metric, parts = comparison.deciding, comparison.sliced(taught_or_not)
    rows = []
    for part in filter(None, FACTS.values()):
        entries = [parts[strategy].get(part, {}).get(metric) for strategy in comparison.strategies]
        if any(entries):
            rows.append([label(f"{metric}, {part}", entries), *(cell(metric, one) for one in entries)])
    groups = [part for part in FACTS.values() if any(part in of for of in parts.values())]
    series = {name: [bar(of.get(part, {}).get(metric)) for part in groups] for name, of in parts.items()}
    title = f"{metric} by whether the fact was taught"
    return Block(
        "Facts",
        "summary",
        Table(["", *comparison.strategies], rows),
        plots=[Plot(title, bar_chart(title, groups, series))] if groups else (),
        data={
            "strategies": {name: {"by_fact": of} for name, of in parts.items()},
            "pairs_by_fact": {
                part: [asdict(pair) for pair in of] for part, of in comparison.pairs_by_fact.items()
            },
        },
    )
