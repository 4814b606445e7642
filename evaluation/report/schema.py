"""From runs and scores to `report.json`: the one place that knows its schema. Knows nothing of models.

The schema is a contract (`schema_version`); keys are added, never renamed.
"""

import json
import os
import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import chain
from typing import Any

import numpy as np

from assistant.types import Answer, Coverage
from evaluation.asking.runner import Run
from evaluation.report.verdict import verdict
from evaluation.statistics import METHODS, Inference, Pair, by_document
from evaluation.types import Reference, Score, restrict
from settings import Settings

SCHEMA_VERSION = 1
_LIBRARIES = ("torch", "transformers", "sentence-transformers", "peft", "ragas", "sacrebleu", "rouge-score")
Report = dict[str, Any]
Scores = Mapping[str, Mapping[str, Score]]
"""By strategy, then metric."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Which model answered."""

    name: str
    sha256: str
    device: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that a report is made of; `skipped` says why strategies have no run."""

    domain: str
    settings: Settings
    model: ModelCard
    corpus: Mapping[str, Any]
    references: Sequence[Reference]
    runs: Sequence[Run]
    scores: Scores
    skipped: Mapping[str, str]
    coverage: Mapping[str, Coverage]
    """By language: what part of the corpus long_context met."""


def build(comparison: Comparison, seed: int, created: str) -> Report:
    """Return the report; `created` is the only thing in it that two equal comparisons do not share."""
    clusters = by_document(comparison.references)
    inference = Inference(clusters, comparison.settings.evaluation.bootstrap, seed)
    strategies = {run.strategy: _strategy(run, comparison, inference) for run in comparison.runs}
    pairs = _pairs(comparison.scores, inference)
    deciding = _deciding(comparison.scores)
    by_fact = _pairs_by_fact(deciding, comparison, inference)
    return {
        "schema_version": SCHEMA_VERSION,
        "domain": comparison.domain,
        "created": created,
        "environment": _environment(),
        "settings": comparison.settings.model_dump(mode="json", exclude={"home"}),
        "seed": seed,
        "corpus": dict(comparison.corpus),
        "model": asdict(comparison.model),
        "strategies": strategies,
        "statistics": METHODS,
        "pairs": [asdict(pair) for pair in pairs],
        "pairs_by_fact": {part: [asdict(pair) for pair in of] for part, of in by_fact.items()},
        "skipped": dict(comparison.skipped),
        "coverage": {
            lang: {**asdict(one), "left_out": list(one.left_out)} for lang, one in comparison.coverage.items()
        },
        "verdict": verdict(deciding, strategies, pairs, by_fact),
        "questions": _questions(comparison),
    }


def dumps(report: Report) -> str:
    """Return the report as JSON text."""
    return json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False)


FACTS = {True: "taught", False: "not taught", None: ""}
"""Whether train questions ask for a question's fact, in words; nothing where nobody knows."""


def _strategy(run: Run, comparison: Comparison, inference: Inference) -> Report:
    scores = comparison.scores[run.strategy]
    slices: dict[str, Callable[[Reference], str]] = {
        "by_language": lambda one: one.lang,
        "by_type": lambda one: one.type,
        "by_fact": lambda one: FACTS[one.taught],
    }
    return {
        "n": len(run.samples),
        "metrics": {name: entry(score, inference) for name, score in scores.items()},
        "usage": _usage([sample.answer for sample in run.samples]),
        "latency": _latency([s.answer for s in run.samples if s.answer.timing.alone]),
        **{key: _sliced(scores, _parts(comparison, by), inference) for key, by in slices.items()},
    }


def entry(score: Score, inference: Inference) -> Report:
    """Return one metric's block: value, interval, n, signature and, if there are any, its failures."""
    block: Report = {"value": score.value, "low": None, "high": None, "n": score.n}
    if score.value is not None:
        block |= asdict(inference.interval(score))
    block["signature"] = score.signature
    if score.metric.startswith("ragas_"):
        block["failed"] = len(score.failures)
        block["failures"] = dict(Counter(score.failures.values()))
    return block


def _parts(comparison: Comparison, by: Callable[[Reference], str]) -> dict[str, list[int]]:
    """Return the places of the questions of each part, sorted by its name; those with no name are in none."""
    parts: dict[str, list[int]] = {}
    for place, reference in enumerate(comparison.references):
        if part := by(reference):
            parts.setdefault(part, []).append(place)
    return dict(sorted(parts.items()))


def _sliced(scores: Mapping[str, Score], parts: Mapping[str, Sequence[int]], inference: Inference) -> Report:
    """Return the metrics over each part of the questions, without those that do not apply there."""
    blocks: Report = {}
    for part, places in parts.items():
        pieces = {name: restrict(score, places) for name, score in scores.items()}
        within = inference.part(places)
        blocks[part] = {name: entry(one, within) for name, one in pieces.items() if one.value is not None}
    return blocks


def _usage(answers: Sequence[Answer]) -> Report:
    """Return the tokens of all answers together."""
    keys = ("prompt_tokens", "cached_tokens", "completion_tokens")
    return {key: sum(getattr(answer.usage, key) for answer in answers) for key in keys}


def _latency(answers: Sequence[Answer]) -> Report:
    """Return percentiles in seconds over the answers that were given alone."""
    if not answers:
        return {"p50": None, "p95": None, "first_token_p50": None, "first_token_p95": None, "n": 0}
    total = np.percentile([answer.timing.total for answer in answers], [50, 95])
    first = np.percentile([answer.timing.first_token for answer in answers], [50, 95])
    return {
        "p50": float(total[0]),
        "p95": float(total[1]),
        "first_token_p50": float(first[0]),
        "first_token_p95": float(first[1]),
        "n": len(answers),
    }


def _pairs(scores: Scores, inference: Inference) -> list[Pair]:
    names = dict.fromkeys(chain.from_iterable(scores.values()))
    return [pair for name in names for pair in inference.pairs(_of_metric(name, scores))]


def _of_metric(name: str, scores: Scores) -> dict[str, Score]:
    return {strategy: of[name] for strategy, of in scores.items() if name in of}


def _pairs_by_fact(metric: str, comparison: Comparison, inference: Inference) -> dict[str, list[Pair]]:
    """Return the pairs on one metric where the facts were taught, and where they were not."""
    scores = _of_metric(metric, comparison.scores)
    parts = _parts(comparison, lambda one: FACTS[one.taught])
    return {
        part: inference.part(places).pairs({name: restrict(one, places) for name, one in scores.items()})
        for part, places in parts.items()
    }


def _deciding(scores: Scores) -> str:
    """Return the metric that decides: of those with a value `correct`, else `f1`, else the first."""
    names = [name for of in scores.values() for name, score in of.items() if score.value is not None]
    return next((name for name in ("correct", "f1") if name in names), names[0] if names else "f1")


def _questions(comparison: Comparison) -> list[Report]:
    rows = []
    for place, reference in enumerate(comparison.references):
        answers = {
            run.strategy: _answer(run.samples[place].answer, comparison.scores[run.strategy], place)
            for run in comparison.runs
        }
        rows.append(
            {
                "id": reference.id,
                "lang": reference.lang,
                "type": reference.type,
                "question": reference.question,
                "references": list(reference.answers),
                "answers": answers,
            }
        )
    return rows


def _answer(answer: Answer, scores: Mapping[str, Score], place: int) -> Report:
    return {
        "text": answer.text,
        "abstained": answer.abstained,
        "scores": {name: score.per_question[place] for name, score in scores.items()},
        "contexts": [hit.chunk.id for hit in answer.contexts],
        "citations": [asdict(citation) for citation in answer.citations],
        "prompt_tokens": answer.usage.prompt_tokens,
        "cached_tokens": answer.usage.cached_tokens,
        "completion_tokens": answer.usage.completion_tokens,
    }


def _environment() -> Report:
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cpus": os.cpu_count(),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }
