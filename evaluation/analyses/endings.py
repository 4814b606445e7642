"""Answers that are none: nothing said, cut at the limit, going round in circles, used up by thinking."""

from collections import Counter
from collections.abc import Iterator

from assistant.types import Answer
from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block, Table

FAILURES = {
    "empty": "no answer",
    "length": "cut at the limit",
    "loop": "stopped in a loop",
    "thinking": "used up by thinking",
    "invalid": "not the JSON asked for",
}
"""By the key in report.json, what a reader is told."""


def endings(comparison: Comparison) -> Block:
    """Return a row for each failure that occurred, with its count."""
    names, asked = comparison.strategies, len(comparison.references)
    counts = {
        run.strategy: Counter(kind for one in run.samples for kind in _kinds(one.answer))
        for run in comparison.runs
    }
    rows = [
        [f"{told}\nof {asked}", *(str(counts[name][kind]) for name in names)]
        for kind, told in FAILURES.items()
        if any(of[kind] for of in counts.values())
    ]
    kinds = (*FAILURES, "refused")
    data = {
        name: {"endings": {kind: of[kind] for kind in kinds if of[kind] or kind != "invalid"}}
        for name, of in counts.items()
    }  # only answers by a schema can be invalid
    return Block("Endings", "summary", Table(["", *names], rows), data={"strategies": data})


def _kinds(answer: Answer) -> Iterator[str]:
    if answer.ending in FAILURES:
        yield answer.ending
    if not answer.text.strip():
        yield "empty"
    if answer.abstained:
        yield "refused"
