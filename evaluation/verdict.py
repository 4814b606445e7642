"""What a comparison says, in sentences. Knows nothing of how its numbers came about."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.statistics import Pair

ALPHA = 0.05


def verdict(metric: str, strategies: Mapping[str, Mapping[str, Any]], pairs: Sequence[Pair]) -> str:
    """Return which strategy is best by `metric`, by how much, how surely and at what cost.

    Args:
        metric: the one that decides.
        strategies: the report's block of each strategy.
        pairs: all pairs of strategies on all metrics.
    """
    values = {
        name: block["metrics"][metric]["value"]
        for name, block in strategies.items()
        if metric in block["metrics"] and block["metrics"][metric]["value"] is not None
    }
    if not values:
        return f"No strategy has a value of {metric}."
    ranked = sorted(values, key=values.__getitem__, reverse=True)
    best = ranked[0]
    count = strategies[best]["metrics"][metric]["n"]
    if len(ranked) == 1:
        return f"{best}: {metric} {values[best]:.2f}, n = {count}; nothing to compare it with."
    second = ranked[1]
    pair = next(one for one in pairs if one.metric == metric and {one.a, one.b} == {best, second})
    return f"{_comparison(pair, best, second, values)}, n = {count}. {_cost(best, second, strategies)}"


def _comparison(pair: Pair, best: str, second: str, values: Mapping[str, float]) -> str:
    sign = 1 if pair.a == best else -1
    low, high = sorted((sign * pair.low, sign * pair.high))
    numbers = (
        f"{pair.metric} {values[best]:.2f} against {values[second]:.2f}, "
        f"difference {sign * pair.difference:.2f} [{low:.2f}, {high:.2f}], p = {pair.p_holm:.3f} (Holm)"
    )
    if pair.p_holm < ALPHA and low > 0:
        return f"{best} is better than {second}: {numbers}"
    return f"No difference shown between {best} and {second}: {numbers}"


def _cost(best: str, second: str, strategies: Mapping[str, Mapping[str, Any]]) -> str:
    return f"Cost: {'; '.join(_cost_of(name, strategies[name]) for name in (best, second))}."


def _cost_of(name: str, block: Mapping[str, Any]) -> str:
    usage, latency = block["usage"], block["latency"]
    tokens = f"{name} reads {usage['prompt_tokens'] / max(block['n'], 1):,.0f} tokens a question"
    cached = f" ({usage['cached_tokens'] / max(block['n'], 1):,.0f} of them cached)"
    seconds = f", {latency['p50']:.1f} s (p50, n = {latency['n']})" if latency["n"] else ""
    return f"{tokens}{cached if usage['cached_tokens'] else ''}{seconds}"
