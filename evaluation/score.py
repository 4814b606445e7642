"""Score answers that any other system wrote, with the metrics of `evaluation.compare`.

    python -m evaluation.score PREDICTIONS.jsonl --domain travel [--json]

Reads `{"id": ..., "text": ...}` a line. Knows nothing of models.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.refusals import is_refusal
from assistant.types import Answer
from core.command_line import plain_errors
from core.domain import Domain, find_domain
from core.errors import AssistantError
from evaluation.asking.questions import all_questions
from evaluation.metrics import METRICS
from evaluation.report.numbers import cell, entry
from evaluation.statistics import Inference, by_document
from evaluation.types import Reference, Sample


@dataclass(frozen=True, slots=True)
class Scored:
    """Metrics of predictions; `missing` are the ids of test questions without one."""

    n: int
    missing: tuple[str, ...]
    metrics: Mapping[str, dict[str, Any]]


def score(path: Path, domain: Domain) -> Scored:
    """Score the predictions in `path` against the domain's questions of any split.

    Raises:
        AssistantError: a line is broken, its id is unknown or there twice; the message has its number.
        DomainError: the domain has no questions.
    """
    references = {one.id: one for one in all_questions(domain)}
    samples = _read(path, references)
    settings = domain.settings().evaluation
    clusters = by_document([sample.reference for sample in samples])
    inference = Inference(clusters, settings.bootstrap, settings.seed)
    scores = {name: metric.score(samples) for name, metric in METRICS.items()}
    answered = {sample.reference.id for sample in samples}
    asked = (one for one in references.values() if one.split == "test" and not one.turns)
    missing = tuple(one.id for one in asked if one.id not in answered)
    metrics = {name: entry(one, inference) for name, one in scores.items() if one.value is not None}
    return Scored(len(samples), missing, metrics)


def _read(path: Path, references: Mapping[str, Reference]) -> list[Sample]:
    samples: dict[str, Sample] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise AssistantError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            sample = _sample(json.loads(line), references)
        except (ValueError, RecursionError) as error:
            raise AssistantError(f"{path}, line {number}: {error}; mend or remove this line") from error
        if sample.reference.id in samples:
            raise AssistantError(f"{path}, line {number}: id {sample.reference.id!r} is there twice")
        samples[sample.reference.id] = sample
    if not samples:
        raise AssistantError(f'{path} holds no predictions; write {{"id": ..., "text": ...}}, one a line')
    return list(samples.values())


def _sample(row: Any, references: Mapping[str, Reference]) -> Sample:
    if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
        raise ValueError('not an object with "id" and a "text" that is a string')
    if str(row["id"]) not in references:
        raise ValueError(f"no question has the id {row['id']!r}")
    one = references[str(row["id"])]
    return Sample(one, Answer(one.ask(), row["text"], "predictions", abstained=is_refusal(row["text"])))


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    predictions: Annotated[Path, typer.Argument(help='Lines of {"id": ..., "text": ...}.')],
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a domain folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score answers that any other system wrote."""
    with plain_errors():
        scored = score(predictions, find_domain(domain))
        if as_json:
            report = {"n": scored.n, "missing": len(scored.missing), "metrics": scored.metrics}
            print(json.dumps(report, ensure_ascii=False, indent=1))
        else:
            _print(scored)


def _print(scored: Scored) -> None:
    for name, metric in scored.metrics.items():
        print(f"{name:18} {cell(name, metric).replace(chr(10), ' ')} (n={metric['n']})")
    print(f"{scored.n} predictions; {len(scored.missing)} test questions have none")


if __name__ == "__main__":
    app()
