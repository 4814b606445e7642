"""What an answer costs: seconds of one who waits alone, tokens."""

from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block, Plot, Table
from evaluation.report.numbers import NOT_APPLICABLE
from evaluation.report.plots import Bar, bar_chart
from evaluation.types import Run

_SECONDS = {"first token, s": "first_token_p50", "answer, s": "p50", "p95, s": "p95"}
_TOKENS = {
    "prompt tokens, mean": "prompt_tokens",
    "cached tokens, mean": "cached_tokens",
    "answer tokens, mean": "completion_tokens",
}


def cost(comparison: Comparison) -> Block:
    """Return medians of seconds, and tokens a question."""
    runs = comparison.runs
    counts = "/".join(dict.fromkeys(str(run.latency["n"]) for run in runs))
    rows = [
        [f"{told} (n = {counts})", *(_seconds(run, key) for run in runs)] for told, key in _SECONDS.items()
    ]
    rows += [[told, *(_tokens(run, key) for run in runs)] for told, key in _TOKENS.items()]
    if any(run.usage["calls"] > len(run.samples) for run in runs):
        rows.append(["calls, mean", *(f"{_each(run, 'calls'):.2f}" for run in runs)])
    return Block(
        "Cost",
        "summary",
        Table(["", *comparison.strategies], rows),
        plots=[_seconds_plot(comparison), _tokens_plot(comparison)],
        data={"strategies": {run.strategy: {"usage": run.usage, "latency": run.latency} for run in runs}},
    )


def _seconds(run: Run, key: str) -> str:
    value = run.latency[key]
    return NOT_APPLICABLE if value is None else f"{value:.1f}"


def _tokens(run: Run, key: str) -> str:
    return f"{'~' if run.usage['estimated'] else ''}{_each(run, key):,.0f}"


def _each(run: Run, key: str) -> float:
    return run.usage[key] / max(len(run.samples), 1)


def _seconds_plot(comparison: Comparison) -> Plot:
    title = "Seconds, asked alone"
    series = {
        run.strategy: [_length(run.latency[key]) for key in _SECONDS.values()] for run in comparison.runs
    }
    return Plot(title, bar_chart(title, ["first token", "p50", "p95"], series))


def _tokens_plot(comparison: Comparison) -> Plot:
    title = "Tokens a question"
    series = {run.strategy: [Bar(_each(run, key)) for key in _TOKENS.values()] for run in comparison.runs}
    return Plot(title, bar_chart(title, ["prompt", "cached", "answer"], series))


def _length(value: float | None) -> Bar | None:
    return None if value is None else Bar(value)
