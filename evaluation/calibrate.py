"""How far can the judge be trusted? Its verdicts on answers and passages that people have labelled.

    python -m evaluation.calibrate [--limit N]

The judge reads `judge_calibration.jsonl` as it reads answers in a comparison, where the same table stands
beside its scores; what it said is kept. Knows nothing of strategies.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from assistant.generation.endpoint import open_endpoint
from assistant.generation.local import open_local
from core.command_line import plain_errors
from evaluation.metrics.calibration import Calibration, calibrate, items, journal
from evaluation.metrics.judge import open_judge
from evaluation.metrics.judged import Panel
from evaluation.types import Agreement
from ingest.embedding import open_embedder
from settings import load_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    limit: Annotated[int, typer.Option(min=0, help="Judge the first ones of each language; 0: all.")] = 0,
) -> None:
    """Compare the judge of the settings with the labels."""
    with plain_errors():
        settings = load_settings()
        labelled = [item for item in items() if not limit or int(item["id"].rpartition("-")[2]) <= limit]
        answering = open_endpoint if settings.generator.endpoint else open_local
        judge = open_judge(settings, lambda: answering(settings), journal(settings))
        print(f"judge: {judge.name}")
        print("\n".join(_table(calibrate(labelled, Panel(judge, open_embedder(settings), ())))))


def _table(found: Calibration) -> list[str]:
    """Return the lines of a table: agreement on the held-out half."""
    lines = [
        f"{'metric':24}{'lang':>5}{'n':>5}{'failed':>8}{'AUC':>7}{'right':>7}{'kappa':>7}  95 % interval"
    ]
    for metric, agreements in found.agreements.items():
        lines += [f"{metric:24}{_row(one)}" for one in agreements]
    return lines


def _row(one: Agreement) -> str:
    numbers: Sequence[float | None] = (one.auc, one.accuracy, one.kappa)
    shown = "".join(f"{'n/a' if number is None else f'{number:.2f}':>7}" for number in numbers)
    interval = "n/a" if one.low is None else f"{one.low:.2f} to {one.high:.2f}"
    return f"{one.lang:>5}{one.n:5}{one.failed:8}{shown}  {interval}"


if __name__ == "__main__":
    app()
