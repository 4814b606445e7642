"""What is said of a comparison. Each analysis makes a Block of it and knows of no other.

To add one: write a file beside these, and a line here.
"""

import os
import platform
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from evaluation.analyses.arms import arms
from evaluation.analyses.asked import asked
from evaluation.analyses.causes import causes
from evaluation.analyses.comparison import Comparison
from evaluation.analyses.cost import cost
from evaluation.analyses.coverage import coverage
from evaluation.analyses.endings import endings
from evaluation.analyses.facts import facts
from evaluation.analyses.ledger import ledger
from evaluation.analyses.method import method
from evaluation.analyses.oracle import oracle
from evaluation.analyses.pairs import pairs
from evaluation.analyses.scores import further_scores, scores
from evaluation.analyses.slices import slices
from evaluation.analyses.verdict import verdict
from evaluation.report.blocks import Block, Report
from evaluation.types import Run

ANALYSES: dict[str, Callable[[Comparison], Block]] = {
    "verdict": verdict,
    "asked": asked,
    "arms": arms,
    "coverage": coverage,
    "ledger": ledger,
    "oracle": oracle,
    "scores": scores,
    "facts": facts,
    "endings": endings,
    "cost": cost,
    "causes": causes,
    "further_scores": further_scores,
    "slices": slices,
    "pairs": pairs,
    "method": method,
}
"""In the order in which a report gives them."""

_LIBRARIES = ("torch", "transformers", "sentence-transformers", "peft", "ragas", "sacrebleu", "rouge-score")


def report_of(comparison: Comparison, created: str) -> Report:
    """Return the report; `created` is the only thing in it that two equal comparisons do not share."""
    model, corpus = comparison.model, comparison.corpus
    return Report(
        title=comparison.domain,
        about=f"{len(comparison.references)} questions, {corpus['documents']} documents, {model.name} "
        f"({model.device}{f', {model.dtype}' if model.dtype else ''}), 95 % intervals",
        created=created,
        facts={
            "domain": comparison.domain,
            "created": created,
            "environment": _environment(),
            "settings": comparison.settings.model_dump(mode="json", exclude={"home"}),
            "seed": comparison.seed,
            "corpus": dict(corpus),
            "model": asdict(model),
        },
        blocks=[analyse(comparison) for analyse in ANALYSES.values()],
        questions=[_question(comparison, place) for place in range(len(comparison.references))],
    )


def _question(comparison: Comparison, place: int) -> dict[str, Any]:
    reference = comparison.references[place]
    turns = {"turns": [asdict(turn) for turn in reference.turns], "standalone": reference.standalone}
    drafted = {"drafted": True, "reviewed": reference.reviewed}
    return {
        "id": reference.id,
        "lang": reference.lang,
        "type": reference.type,
        "question": reference.question,
        **(turns if reference.turns else {}),
        **(drafted if reference.drafted else {}),
        "references": list(reference.answers),
        "answers": {run.strategy: _answer(comparison, run, place) for run in comparison.runs},
    }


def _answer(comparison: Comparison, run: Run, place: int) -> dict[str, Any]:
    answer = run.samples[place].answer
    scores, causes = comparison.scores[run.strategy], comparison.causes.get(run.strategy)
    return {
        **({"standalone": answer.standalone} if answer.standalone else {}),
        "text": answer.text,
        "abstained": answer.abstained,
        "ending": answer.ending,
        "scores": {name: score.per_question[place] for name, score in scores.items()},
        "cause": causes and causes[place],
        "contexts": [hit.chunk.id for hit in answer.contexts],
        "citations": [asdict(citation) for citation in answer.citations],
        "prompt_tokens": answer.usage.prompt_tokens,
        "cached_tokens": answer.usage.cached_tokens,
        "completion_tokens": answer.usage.completion_tokens,
        "calls": answer.usage.calls,
        "route": list(answer.route),
    }


def _environment() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cpus": os.cpu_count(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }
