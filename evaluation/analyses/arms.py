"""Which strategies answered, with what, and why others did not."""

from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block


def arms(comparison: Comparison) -> Block:
    """Return a note for each strategy that was left out."""
    notes = [f"{name} skipped: {reason}" for name, reason in comparison.skipped.items()]
    strategies = {
        run.strategy: {
            "n": len(run.samples),
            "adapter": next((one.answer.adapter for one in run.samples if one.answer.adapter), ""),
        }
        for run in comparison.runs
    }
    return Block("Strategies", notes=notes, data={"strategies": strategies, "skipped": comparison.skipped})
