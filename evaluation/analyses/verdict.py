"""What a comparison says, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.analyses.comparison import Comparison, taught_or_not
from evaluation.report.blocks import Block
from evaluation.statistics import ALPHA, Pair, smallest_p

Blocks = Mapping[str, Mapping[str, Any]]
"""By strategy: its block of the report, or one metric's entry in it."""
HALVES = {"taught": "Where the facts were taught", "not taught": "where they were not"}


def verdict(comparison: Comparison) -> Block:
    """Return the sentences as the report's first note."""
    parts = comparison.sliced(taught_or_not)
    strategies = {
        run.strategy: {
            "n": len(run.samples),
            "metrics": comparison.entries[run.strategy],
            "by_fact": parts[run.strategy],
            "usage": run.usage,
            "latency": run.latency,
            "is_tuned": any(sample.answer.adapter for sample in run.samples),
        }
        for run in comparison.runs
    }
    said = sentences(comparison.deciding, strategies, comparison.pairs, comparison.pairs_by_fact)
    return Block("Verdict", notes=[said], data={"verdict": said})


def sentences(
    metric: str, strategies: Blocks, pairs: Sequence[Pair], by_fact: Mapping[str, Sequence[Pair]]
) -> str:
    """Return which strategy is best by `metric`, by how much, how surely and at what cost.

    Args:
        metric: the one that decides.
        strategies: the report's block of each strategy.
        pairs: all pairs of strategies on all metrics.
        by_fact: the pairs on `metric` where the facts were `taught` and where they were `not taught`.
    """
    entries = _entries(metric, {name: block["metrics"] for name, block in strategies.items()})
    if not entries:
        return f"No strategy has a value of {metric}."
    best, *others = ranked = _ranked(entries)
    if not others:
        count, value = entries[best]["n"], entries[best]["value"]
        return f"{best}: {metric} {value:.2f}, n = {count}; nothing to compare it with."
    pair = _between(best, others[0], [one for one in pairs if one.metric == metric])
    said = [
        _overall(pair, entries)
        if pair
        else f"No question gives both {best} and {others[0]} a value of {metric}.",
        _by_fact(metric, strategies, by_fact, ranked),
        f"Cost: {'; '.join(_cost_of(name, strategies[name]) for name in (best, others[0]))}.",
    ]
    return " ".join(filter(None, said))


def _overall(pair: Pair, entries: Blocks) -> str:
    clause = _finding(pair, entries)
    if _says_nothing(pair):
        values = " and ".join(f"{entries[name]['value']:.2f} ({name})" for name in (pair.a, pair.b))
        return f"{clause}: {pair.metric} is {values}."
    return f"{clause.replace('no difference', 'No difference', 1)}."


def _by_fact(
    metric: str, strategies: Blocks, by_fact: Mapping[str, Sequence[Pair]], ranked: Sequence[str]
) -> str:
    """Return what holds where the facts were taught and where they were not.

    Nothing is said without both halves, or where no strategy was taught anything.
    Both halves compare the same two: the best of the one with the best of the other, or if that is the
    same strategy, with the next best over all questions. The best of too few questions is nobody.
    """
    is_taught = any(block["is_tuned"] for block in strategies.values())
    if not is_taught or not all(by_fact.get(half) for half in HALVES):
        return ""
    entries = {
        half: _entries(metric, {name: block["by_fact"][half] for name, block in strategies.items()})
        for half in HALVES
    }
    telling = [half for half in HALVES if not any(map(_says_nothing, by_fact[half]))]
    winners = dict.fromkeys(_ranked(entries[half])[0] for half in telling)
    first, second = list(dict.fromkeys([*winners, *ranked]))[:2]
    clauses = []
    for half, where in HALVES.items():
        pair = _between(first, second, by_fact[half])
        if pair is None:
            return ""
        clauses.append(f"{where}, {_finding(pair, entries[half])}")
    return f"{'; '.join(clauses)}."


def _finding(pair: Pair, entries: Blocks) -> str:
    """Return a clause: who is better, that nobody is, or that there are too few questions to say."""
    count = f"n = {pair.n}" if pair.clusters == pair.n else f"n = {pair.n} ({pair.clusters} clusters)"
    if _says_nothing(pair):
        return f"{count} is too few to say anything"
    sign = 1 if pair.difference >= 0 else -1
    better, worse = (pair.a, pair.b)[::sign]
    low, high = sorted((sign * pair.low, sign * pair.high))
    values = [entries[name]["value"] for name in (better, worse)]
    numbers = (
        f"{pair.metric} {values[0]:.2f} against {values[1]:.2f}, "
        f"difference {abs(pair.difference):.2f} [{low:.2f}, {high:.2f}], p = {pair.p_holm:.3f} (Holm), "
        f"{count}"
    )
    if max(entries[name]["n"] for name in (better, worse)) > pair.n:
        numbers += " that both have a value for"
    if pair.p_holm < ALPHA and low > 0:
        return f"{better} is better than {worse}: {numbers}"
    return f"no difference is shown between {better} and {worse}: {numbers}"


def _says_nothing(pair: Pair) -> bool:
    """Whether not even the clearest result could have been told from chance, Holm's correction included."""
    return smallest_p(pair.clusters) * pair.family >= ALPHA


def _entries(metric: str, blocks: Blocks) -> dict[str, Mapping[str, Any]]:
    """Return the metric's entry of each strategy that has a value."""
    found = {name: block.get(metric) for name, block in blocks.items()}
    return {name: entry for name, entry in found.items() if entry and entry["value"] is not None}


def _ranked(entries: Blocks) -> list[str]:
    return sorted(entries, key=lambda name: entries[name]["value"], reverse=True)


def _between(a: str, b: str, pairs: Sequence[Pair]) -> Pair | None:
    return next((one for one in pairs if {one.a, one.b} == {a, b}), None)


def _cost_of(name: str, block: Mapping[str, Any]) -> str:
    usage, latency = block["usage"], block["latency"]
    tokens = f"{name} reads {usage['prompt_tokens'] / max(block['n'], 1):,.0f} tokens a question"
    cached = f" ({usage['cached_tokens'] / max(block['n'], 1):,.0f} of them cached)"
    seconds = f", {latency['p50']:.1f} s (p50, n = {latency['n']})" if latency["n"] else ""
    return f"{tokens}{cached if usage['cached_tokens'] else ''}{seconds}"
