"""How far can the judge be trusted? Its verdicts on answers that people have labelled.

    python -m evaluation.calibrate [--limit N]

The judge reads `judge_calibration.jsonl` through the same RAGAS metrics as the comparison. Knows
nothing of strategies.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.generation.local import open_local
from assistant.types import Answer
from core.command_line import plain_errors
from evaluation.metrics.judge import open_judge
from evaluation.metrics.judged import JUDGED, Panel, Ragas
from evaluation.types import Reference, Sample
from ingest.embedding import open_embedder
from ingest.types import Chunk, Hit
from settings import load_settings

ITEMS = Path(__file__).with_name("judge_calibration.jsonl")
LABELS = {"ragas_faithfulness": "faithful", "ragas_answer_relevancy": "relevant"}
"""The label that each metric should agree with."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well a metric tells the items with a label from those without.

    `auc` is the chance that it scores one with the label above one without (0.5 is guessing), and None
    where one kind is missing; `accuracy` that of cutting at 0.5.
    """

    metric: str
    lang: str
    n: int
    failed: int
    auc: float | None
    accuracy: float


def calibrate(items: Sequence[dict[str, Any]], panel: Panel) -> Iterator[Agreement]:
    """Yield the agreement of each metric of `LABELS`, for each language and over all."""
    samples = [_sample(item) for item in items]
    for metric, label in LABELS.items():
        score = Ragas(metric, JUDGED[metric], panel).score(samples)
        rows = [
            (item["lang"], bool(item[label]), value)
            for item, value in zip(items, score.per_question, strict=True)
        ]
        for lang in (*sorted({item["lang"] for item in items}), "all"):
            of_language = [(truth, value) for one, truth, value in rows if lang in (one, "all")]
            yield _agreement(metric, lang, of_language)


def _agreement(metric: str, lang: str, rows: Sequence[tuple[bool, float | None]]) -> Agreement:
    from sklearn.metrics import roc_auc_score

    judged = [(truth, value) for truth, value in rows if value is not None]
    truths, values = [truth for truth, _ in judged], [value for _, value in judged]
    both = len(set(truths)) == 2
    right = [truth == (value >= 0.5) for truth, value in judged]
    return Agreement(
        metric=metric,
        lang=lang,
        n=len(judged),
        failed=len(rows) - len(judged),
        auc=float(roc_auc_score(truths, values)) if both else None,
        accuracy=sum(right) / max(1, len(right)),
    )


def _sample(item: dict[str, Any]) -> Sample:
    reference = Reference(
        item["question"], (item["answer"],), (item["id"],), "short", "test", item["id"], item["lang"]
    )
    chunk = Chunk(item["id"], item["id"], item["passage"], 0, len(item["passage"]))
    return Sample(
        reference, Answer(reference.ask(), item["answer"], "given", (Hit(chunk, 1.0, {"given": 1}),))
    )


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    limit: Annotated[int, typer.Option(min=0, help="Judge the first ones of each language; 0: all.")] = 0,
) -> None:
    """Compare the judge of the settings with the labels."""
    with plain_errors():
        settings = load_settings()
        items = [json.loads(line) for line in ITEMS.read_text(encoding="utf-8").splitlines()]
        if limit:
            items = [item for item in items if int(item["id"].rpartition("-")[2]) <= limit]
        path = settings.home / "runs" / "judge" / "judge.jsonl"
        judge = open_judge(settings, lambda: open_local(settings), path)
        panel = Panel(judge, open_embedder(settings), frozenset(item["id"] for item in items))
        print(f"judge: {judge.name}")
        print(f"{'metric':24}{'lang':>6}{'n':>5}{'failed':>8}{'AUC':>7}{'right':>7}")
        for one in calibrate(items, panel):
            auc = "n/a" if one.auc is None else f"{one.auc:.2f}"
            print(f"{one.metric:24}{one.lang:>6}{one.n:5}{one.failed:8}{auc:>7}{one.accuracy:7.2f}")


if __name__ == "__main__":
    app()
