"""A score as an entry of report.json, as a cell of a table, as a bar. Knows nothing of where it came from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evaluation.report.plots import Bar
from evaluation.statistics import Inference
from evaluation.types import Score

Entry = Mapping[str, Any]
NOT_APPLICABLE = "n/a"
LEAST_KAPPA = 0.4
"""Below it agreement beyond chance is no more than fair (Landis and Koch, 1977)."""
_PER_CENT = frozenset({"bleu"})


def entry(score: Score, inference: Inference) -> dict[str, Any]:
    """Return value, interval, n, signature and, of a judged score, its failures."""
    block: dict[str, Any] = {"value": score.value, "low": None, "high": None, "n": score.n}
    if score.value is not None:
        block |= asdict(inference.interval(score))
    block["signature"] = score.signature
    if score.metric.startswith("ragas_"):
        block["failed"] = len(score.failures)
        block["failures"] = dict(Counter(score.failures.values()))
        block["agreement"] = asdict(score.agreement) if score.agreement else None
    return block


def is_shown(one: Entry | None) -> bool:
    """Say whether there is anything to show: a value, or failures on the way to one."""
    return one is not None and (one["value"] is not None or bool(one.get("failed")))


def is_doubted(one: Entry) -> bool:
    """Say whether a score is a judge's that does not agree with people, or that nobody checked.

    >>> is_doubted({"agreement": {"kappa": 0.3}}), is_doubted({"agreement": None}), is_doubted({})
    (True, True, False)
    """
    if "agreement" not in one:
        return False
    kappa = (one["agreement"] or {}).get("kappa")
    return kappa is None or kappa < LEAST_KAPPA


def cell(name: str, one: Entry | None) -> str:
    """Return value and interval of a metric, on two lines."""
    if one is None or not is_shown(one) or one["value"] is None:
        return NOT_APPLICABLE
    digits = 1 if name in _PER_CENT else 2
    value, low, high = (f"{one[key]:.{digits}f}" for key in ("value", "low", "high"))
    return f"{value}\n[{low}, {high}]"


def label(name: str, entries: Sequence[Entry | None]) -> str:
    r"""Return a metric's name and, on a second line, of how many questions its values are.

    >>> label("f1", [{"value": 0.5, "n": 24}, {"value": 0.4, "n": 24}, None])
    'f1\nn = 24'
    """
    shown = [one for one in entries if one is not None and is_shown(one)]
    counts = list(dict.fromkeys(str(one["n"]) for one in shown))
    if len(counts) > 1:
        counts = [str(one["n"]) if one is not None and is_shown(one) else "-" for one in entries]
    failed = sum(one.get("failed", 0) for one in shown)
    return f"{name}\nn = {'/'.join(counts)}{f', {failed} failed' if failed else ''}"


def bar(one: Entry | None) -> Bar | None:
    """Return a value with its interval, if there is one."""
    return None if one is None or one["value"] is None else Bar(one["value"], one["low"], one["high"])
