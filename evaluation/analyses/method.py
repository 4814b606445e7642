"""How each number was made: the signatures of metrics and of statistics."""

from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block, Table
from evaluation.report.numbers import is_shown
from evaluation.statistics import METHODS


def method(comparison: Comparison) -> Block:
    """Return each shown metric's signature (those of the strategies, where they differ), then statistics'."""
    found: dict[str, str] = {}
    for name in comparison.metrics:
        entries = [of[name] for of in comparison.entries.values() if is_shown(of.get(name))]
        if entries:
            found[name] = " / ".join(dict.fromkeys(one["signature"] for one in entries))
    rows = [[name, signature] for name, signature in {**found, **METHODS}.items()]
    return Block("How it was measured", "detail", Table(("", ""), rows), data={"statistics": METHODS})
