"""Which documents each arm could have known: those it searched, read, or was trained on."""

from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block, Table
from evaluation.report.numbers import NOT_APPLICABLE
from evaluation.types import Run


def ledger(comparison: Comparison) -> Block:
    """Return a row of counts, a warning where arms are unequal, and the ids; nothing of runs without them."""
    if not comparison.documents:
        return Block("Documents known")
    known = {run.strategy: _known(comparison, run) for run in comparison.runs}
    counts = [NOT_APPLICABLE if ids is None else str(len(ids)) for ids in known.values()]
    row = [f"documents it could know\nof {len(comparison.documents)}", *counts]
    return Block(
        "Documents known",
        "summary",
        Table(["", *comparison.strategies], [row]),
        notes=[*_unknown(known), *_unequal(known)],
        data={"ledger": known},
    )


def _known(comparison: Comparison, run: Run) -> list[str] | None:
    """Return the ids that the arm could have known; None where a manifest does not say what taught it."""
    answers = [sample.answer for sample in run.samples]
    if any(answer.ranked is not None for answer in answers):
        return sorted(comparison.documents)
    ids = {hit.chunk.document_id for answer in answers for hit in answer.contexts}
    for adapter in {answer.adapter for answer in answers} - {""}:
        taught = comparison.taught.get(adapter)
        if taught is None:
            return None
        ids.update(taught)
    return sorted(ids)


def _unknown(known: dict[str, list[str] | None]) -> list[str]:
    return [
        f"What {name} was trained on is not known: its manifest does not say; train it again."
        for name, ids in known.items()
        if ids is None
    ]


def _unequal(known: dict[str, list[str] | None]) -> list[str]:
    """Return a warning unless all that know documents know the same."""
    informed = {name: ids for name, ids in known.items() if ids}
    if len({tuple(ids) for ids in informed.values()}) < 2:
        return []
    counts = ", ".join(f"{name} {len(ids)}" for name, ids in informed.items())
    return [
        f"Unequal arms: they could not know the same documents ({counts}), so a difference between them is "
        "partly one of documents."
    ]
