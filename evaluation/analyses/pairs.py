"""Every difference between two strategies, and how sure it is."""

from dataclasses import asdict

from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block, Table
from evaluation.report.numbers import NOT_APPLICABLE
from evaluation.statistics import METHODS, Pair

_HEADER = ("metric", "a", "b", "a - b", "95 %", "p", "p (Holm)", "family", "n", "clusters", "detectable")


def pairs(comparison: Comparison) -> Block:
    """Return a row for each pair on each metric."""
    rows = [_row(pair) for pair in comparison.pairs]
    return Block(
        "Differences between strategies",
        "detail",
        Table(_HEADER, rows),
        notes=[f"p (Holm): {METHODS['p_holm']}."],
        data={"pairs": [asdict(pair) for pair in comparison.pairs]},
    )


def _row(pair: Pair) -> list[str]:
    least = NOT_APPLICABLE if pair.detectable is None else f"{pair.detectable:.3f}"
    return [
        *(pair.metric, pair.a, pair.b),
        f"{pair.difference:.3f}",
        f"[{pair.low:.3f}, {pair.high:.3f}]",
        *(f"{pair.p:.4f}", f"{pair.p_holm:.4f}"),
        *(str(pair.family), str(pair.n), str(pair.clusters)),
        least,
    ]
