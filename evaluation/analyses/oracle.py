"""What choosing between the arms could gain at most: for each question the best of their answers."""

from dataclasses import asdict

from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block
from evaluation.report.numbers import entry
from evaluation.types import Score, mean_score

_METRIC = "correct"


def oracle(comparison: Comparison) -> Block:
    """Return a note with the bound and its distance to the best arm; nothing where there is no choice.

    An arm that is itself made of others has no answer of its own to choose.
    """
    known = comparison.of_metric(_METRIC).items()
    scores = {name: one for name, one in known if name not in comparison.routed and one.n}
    if len(scores) < 2:
        return Block("Oracle")
    best = max(scores, key=lambda name: scores[name].value or 0.0)
    bound = _best_of(scores)
    found = entry(bound, comparison.inference)
    (gain,) = comparison.inference.pairs({"oracle": bound, best: scores[best]})
    note = (
        f"Oracle, which is not an arm: with the best answer of {', '.join(scores)} to each question "
        f"{_METRIC} would be {found['value']:.2f} [{found['low']:.2f}, {found['high']:.2f}], "
        f"{gain.difference:.2f} [{gain.low:.2f}, {gain.high:.2f}] above {best} alone. No choice between them "
        "gains more, a real one less: this one saw the scores, so that luck counts and each arm raises it."
    )
    above = {key: asdict(gain)[key] for key in ("difference", "low", "high", "n")}
    return Block("Oracle", notes=[note], data={"oracle": {**found, "best": best, "above_best": above}})


def _best_of(scores: dict[str, Score]) -> Score:
    """Return for each question the highest score that an arm has."""
    rows = zip(*(score.per_question for score in scores.values()), strict=True)
    known = ([value for value in row if value is not None] for row in rows)
    signature = next(iter(scores.values())).signature
    values = [max(row) if row else None for row in known]
    return mean_score(_METRIC, values, f"{signature}|best of:{','.join(scores)}")
