"""What a verdict rests on: which test questions, how often they were used, and who wrote them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from evaluation.analyses.comparison import Comparison
from evaluation.asking.seals import STALE, Seal
from evaluation.report.blocks import Block

_SHOWN = 8  # characters of a digest


def asked(comparison: Comparison) -> Block:
    """Return a note on the test set and one on drafted questions; neither where there is none."""
    data: dict[str, Any] = {}
    if comparison.seal:
        data["test_set"] = asdict(comparison.seal)
    if comparison.drafted:
        data["drafting"] = {
            "questions": len(comparison.references),
            "drafted": len(comparison.drafted),
            "reviewed": len(comparison.reviewed),
            "models": _models(comparison),
        }
    return Block("Questions asked", notes=list(_notes(comparison)), data=data)


def _notes(comparison: Comparison) -> Iterator[str]:
    if comparison.drafted:
        by = " and ".join(f"{count} drafted by {name}" for name, count in _models(comparison).items())
        reviewed = len(comparison.reviewed) or "none"
        questions = len(comparison.references)
        yield f"The verdict rests on {questions} questions: {by}, {reviewed} of them reviewed."
    if seal := comparison.seal:
        yield f"Test set {seal.sha256[:_SHOWN]} ({seal.questions} questions): {_used(seal)}"
        if not seal.is_fresh:
            yield (
                f"This test set is no longer fresh ({STALE} uses or more): choices made by looking at it are "
                "optimistic; confirm them on new questions."
            )


def _used(seal: Seal) -> str:
    times = "once" if seal.uses == 1 else f"{seal.uses} times"
    own = f"used {times} since {seal.first}" if seal.uses else "no use is on record"
    others = f"; sets that share most of its questions: {seal.related} uses" if seal.related else ""
    return f"{own}{others}"


def _models(comparison: Comparison) -> dict[str, int]:
    """Return how many questions each model drafted."""
    return dict(Counter(one.drafter or "a model" for one in comparison.drafted).most_common())
