"""Verdicts of the local judge against ragas' JSON by the same model, and whether they are as right."""

from collections.abc import Iterator

from assistant.generation.local import open_local
from evaluation.metrics.calibration import Item, calibrate, items
from evaluation.metrics.judge import Judge
from evaluation.metrics.judged import Panel
from evaluation.types import Agreement
from ingest.embedding import open_embedder
from settings import Settings
from tests.bench.measuring import Result, timed

CELL = 3
"""Items of each language, half and label."""
METRIC = "ragas_faithfulness"


def judging(settings: Settings) -> list[Result]:
    """Weighed verdicts on statements, thresholds fitted, against verdicts that ragas has the model write."""
    sample = list(_sample())
    weighing, writing = Judge(open_local(settings)), Judge(open_local(settings))
    writing.weighs = False
    embedder = open_embedder(settings)
    calibrate(sample[:1], Panel(weighing, embedder, ()), [METRIC])  # reads the weights
    weighed, by_odds = timed(lambda: calibrate(sample, Panel(weighing, embedder, ()), [METRIC]))
    written, by_json = timed(lambda: calibrate(sample, Panel(writing, embedder, ()), [METRIC]))
    also = f"{_said(by_odds.agreements[METRIC][-1])}; as JSON {_said(by_json.agreements[METRIC][-1])}"
    return [Result("judge", "verdicts that ragas has it write", written / weighed, 10, also)]


def _sample() -> Iterator[Item]:
    """Yield as many items of each language, half and label."""
    taken: dict[tuple[object, ...], int] = {}
    for item in items():
        if "faithful" in item:
            cell = item["lang"], item["half"], item["faithful"]
            taken[cell] = taken.get(cell, 0) + 1
            if taken[cell] <= CELL:
                yield item


def _said(one: Agreement) -> str:
    kappa = "n/a" if one.kappa is None else f"{one.kappa:.2f}"
    return f"kappa {kappa} on {one.n} held-out items, {one.failed} failed"
