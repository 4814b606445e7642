"""Every metric of every strategy, with its interval."""

from collections.abc import Sequence

from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block, Plot, Table
from evaluation.report.numbers import LEAST_KAPPA, bar, cell, is_doubted, is_shown, label
from evaluation.report.plots import bar_chart

FURTHER = frozenset({"rouge1", "rouge2", "recall@1", "recall@10", "mrr@10", "ndcg@10", "refusal_precision"})
"""Metrics that say little more than those of the summary."""


def scores(comparison: Comparison) -> Block:
    """Return the metrics of the summary."""
    names = [name for name in comparison.metrics if name not in FURTHER]
    data = {strategy: {"metrics": entries} for strategy, entries in comparison.entries.items()}
    return Block(
        "Scores",
        "summary",
        _table(comparison, names),
        notes=[note for name in _shown(comparison, names) for note in _trust(comparison, name)],
        plots=[_plot(comparison, name) for name in _shown(comparison, names)],
        data={"strategies": data},
    )


def further_scores(comparison: Comparison) -> Block:
    """Return the others."""
    names = [name for name in comparison.metrics if name in FURTHER]
    return Block("Further scores", "detail", _table(comparison, names))


def _shown(comparison: Comparison, names: Sequence[str]) -> list[str]:
    """Return the metrics that some strategy has a value of or failed at."""
    return [name for name in names if any(is_shown(of.get(name)) for of in comparison.entries.values())]


def _table(comparison: Comparison, names: Sequence[str]) -> Table:
    rows: list[list[str]] = []
    doubted: set[str] = set()
    for name in _shown(comparison, names):
        entries = [comparison.entries[strategy].get(name) for strategy in comparison.strategies]
        rows.append([label(name, entries), *(cell(name, one) for one in entries)])
        if any(one is not None and is_doubted(one) for one in entries):
            doubted.add(rows[-1][0])
    return Table(["", *comparison.strategies], rows, frozenset(doubted))


def _trust(comparison: Comparison, name: str) -> list[str]:
    """Return how far the judge of a metric can be trusted, if a judge it has."""
    judged = [one for of in comparison.entries.values() if (one := of.get(name)) and "agreement" in one]
    if not judged:
        return []
    found = judged[0]["agreement"]
    if found is None:
        said = "nobody checked its judge against labelled items"
    elif found["kappa"] is None:
        said = f"its judge could not be checked against labelled items ({found['failed']} failed)"
    else:
        said = (
            f"its judge agrees with people on {found['accuracy']:.2f} of {found['n']} labelled items, "
            f"kappa {found['kappa']:.2f} [{found['low']:.2f}, {found['high']:.2f}]"
        )
    if is_doubted(judged[0]):
        said += f"; with a kappa under {LEAST_KAPPA} do not rely on it: it is in brackets, or grey"
    return [f"{name}: {said}."]


def _plot(comparison: Comparison, name: str) -> Plot:
    series = {strategy: [bar(of.get(name))] for strategy, of in comparison.entries.items()}
    return Plot(name, bar_chart(name, [""], series))
