"""Learn which strategy to ask, from a comparison that was run on `dev`, and say what that is worth.

    python -m evaluation.compare --domain travel --split dev --out DEV
    python -m evaluation.route --domain travel --run DEV

For each strategy a ridge regression learns from cheap signals (`assistant.routing`) how right its answers
are. What that is worth is measured on questions that it has not learned from, those about one document left
out together. Knows nothing of models.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from assistant.registry import open_assistant
from assistant.routing import Router, save_router, signals_of
from core.command_line import plain_errors
from core.domain import find_domain
from core.errors import AssistantError
from evaluation.asking.questions import all_questions
from evaluation.asking.record import Record, load_record
from evaluation.metrics import METRICS
from evaluation.statistics import Inference, by_document
from evaluation.statistics.inference import Pair
from evaluation.types import Floats, Reference, Score, mean_score
from ingest.updating import bring_up_to_date

METRIC = "correct"
"""What strategies are chosen by."""
_PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 1000.0)
"""Of the ridge regression; by the last, nearly all questions go the same way."""
_LEAST = 20


@dataclass(frozen=True, slots=True)
class Learned:
    """A router and what it is worth.

    `scores` are those of the strategies, the last that of `auto`, on questions whose documents its routers
    had not seen; `pairs` set it against the others; `chosen` is how many questions go to each.
    """

    router: Router
    scores: Mapping[str, Score]
    pairs: Sequence[Pair]
    chosen: Mapping[str, int]


def learn(record: Record, signals: Floats, inference: Inference, model: str) -> Learned:
    """Learn a router from the answers of a run.

    Args:
        record: the run; strategies that are made of others are left out.
        signals: (questions, signals), in the order of the run's questions.
        inference: which questions belong together.
        model: fingerprint of the weights that answered.

    Raises:
        AssistantError: the questions are `test` questions, too few, or fewer than two strategies answered.
    """
    _check(record.references)
    runs = [run for run in record.runs if not any(one.answer.route for one in run.samples)]
    scores = {run.strategy: METRICS[METRIC].score(run.samples) for run in runs}
    if len(scores) < 2:
        raise AssistantError("fewer than two strategies answered by themselves: there is nothing to choose")
    values: Floats = np.array([[value or 0.0 for value in one.per_question] for one in scores.values()]).T
    groups = np.array(by_document(record.references))
    names = list(scores)
    scores["auto"] = _held_out(signals, values, groups, names)
    pairs = [one for one in inference.pairs(scores, {"auto"}) if "auto" in (one.a, one.b)]
    router = _fit(signals, values, _penalty(signals, values, groups, names), names, model)
    chosen = [router.choose(one) for one in signals.tolist()]
    return Learned(router, scores, pairs, {name: chosen.count(name) for name in names})


def _check(references: Sequence[Reference]) -> None:
    if any(one.split == "test" for one in references):
        raise AssistantError("a router must not learn from test questions; compare with --split dev")
    if len(references) < _LEAST:
        raise AssistantError(f"{len(references)} questions teach no router; it takes {_LEAST}")


def _fit(signals: Floats, values: Floats, penalty: float, names: Sequence[str], model: str = "") -> Router:
    """Return the router of a ridge regression; `values` are (questions, strategies)."""
    means, scales = signals.mean(axis=0), signals.std(axis=0)
    scales = np.where(scales > 0, scales, 1.0)
    known = (signals - means) / scales
    slopes = np.linalg.solve(known.T @ known + penalty * np.eye(known.shape[1]), known.T @ values)
    weights = np.vstack([values.mean(axis=0), slopes]).T.tolist()
    by_name = {name: tuple(one) for name, one in zip(names, weights, strict=True)}
    return Router(model, len(values), tuple(means.tolist()), tuple(scales.tolist()), by_name)


def _got(router: Router, signals: Floats, values: Floats) -> list[float]:
    """Return the value that each question gets where the router sends it."""
    places = {name: place for place, name in enumerate(router.weights)}
    sent = [places[router.choose(one)] for one in signals.tolist()]
    return [float(row[place]) for row, place in zip(values, sent, strict=True)]


def _penalty(signals: Floats, values: Floats, groups: NDArray[np.intp], names: Sequence[str]) -> float:
    """Return the penalty whose routers do best on groups that they have not seen; of equals the stiffest."""

    def worth(penalty: float) -> tuple[float, float]:
        got = [
            sum(_got(_fit(signals[~out], values[~out], penalty, names), signals[out], values[out]))
            for out in _each(groups)
        ]
        return round(sum(got), 9), penalty

    return max(_PENALTIES, key=worth)


def _held_out(signals: Floats, values: Floats, groups: NDArray[np.intp], names: Sequence[str]) -> Score:
    """Return what a router is worth: each group goes by one, penalty and all, that has not seen it."""
    got = np.zeros(len(values))
    for out in _each(groups):
        penalty = _penalty(signals[~out], values[~out], groups[~out], names)
        router = _fit(signals[~out], values[~out], penalty, names)
        got[out] = _got(router, signals[out], values[out])
    return mean_score(METRIC, got.tolist(), "left out by document")


def _each(groups: NDArray[np.intp]) -> Iterator[NDArray[np.bool_]]:
    """Yield for each group which questions are in it."""
    yield from (groups == group for group in np.unique(groups))


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a domain folder.")],
    run: Annotated[Path, typer.Option(help="Folder of a comparison that was run with --split dev.")],
) -> None:
    """Learn which strategy to ask; the strategy `auto` asks it from then on."""
    with plain_errors():
        where = find_domain(domain)
        settings = where.settings()
        assistant = open_assistant(where, settings)
        bring_up_to_date(assistant.knowledge, where, settings)
        record = load_record(run, all_questions(where), assistant.knowledge.documents())
        asked = [replace(one.ask(), text=one.in_full, turns=()) for one in record.references]
        signals = np.array(signals_of(asked, assistant.knowledge, assistant.known_questions))
        chosen = settings.evaluation
        inference = Inference(by_document(record.references), chosen.bootstrap, chosen.seed)
        learned = learn(record, signals, inference, record.model.sha256)
        save_router(assistant.router_file, learned.router)
        _print(learned, inference, assistant.router_file)


def _print(learned: Learned, inference: Inference, path: Path) -> None:
    print(f"{METRIC} on {learned.router.n} questions; auto by routers that have not seen the document")
    for name, score in learned.scores.items():
        found = inference.interval(score)
        sent = f"   asked for {learned.chosen[name]}" if name in learned.chosen else ""
        print(f"{name:16} {score.value or 0.0:.3f} [{found.low:.3f}, {found.high:.3f}]{sent}")
    for pair in learned.pairs:
        print(
            f"{pair.a} - {pair.b}: {pair.difference:+.3f} [{pair.low:+.3f}, {pair.high:+.3f}], "
            f"p = {pair.p_holm:.3f} (Holm)"
        )
    print(f"router: {path}")


if __name__ == "__main__":
    app()
