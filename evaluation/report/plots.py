"""Bars with intervals and waterfalls as SVG. Knows nothing of reports.

Text stays text, so that the reader's fonts show it in any language; nothing random or dated is
written, so equal data give equal bytes.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.colours import COLOURS


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its interval, if it has one."""

    value: float
    low: float | None = None
    high: float | None = None


def bar_chart(title: str, groups: Sequence[str], series: Mapping[str, Sequence[Bar | None]]) -> str:
    """Return an SVG with one group of bars per entry of `groups` and one colour per series.

    Args:
        title: stands above.
        groups: labels along the axis.
        series: for each label of the legend, one bar per group; None leaves a gap.
    """
    width = max(3.4, 0.9 + 0.26 * len(groups) * len(series))
    with _figure(min(width, 10), 2.6) as (figure, file):
        axes = figure.add_subplot()
        for place, (name, bars) in enumerate(series.items()):
            _draw(axes, name, bars, (place, len(series)))
        axes.set_title(_plain(title), fontsize=10)
        axes.set_xticks(range(len(groups)), [_plain(group) for group in groups])
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylim(bottom=0)
        if len(series) > 1:
            figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return file.getvalue()


def waterfalls(steps: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Return an SVG with a waterfall for each series, side by side, from 100 % down to what is left.

    Args:
        steps: labels of the losses, from above to below.
        series: for each title one share per step, 0 to 1.
    """
    width = min(1.8, 9.6 / len(series))
    with _figure(2.6 + width * len(series), 0.9 + 0.22 * len(steps)) as (figure, file):
        for axes, (name, losses) in zip(
            figure.subplots(1, len(series), sharey=True, squeeze=False)[0], series.items(), strict=True
        ):
            _fall(axes, losses)
            axes.set_title(_plain(name), fontsize=9)
            axes.set_yticks(range(len(steps) + 2), ["all", *map(_plain, steps), "correct"])
            axes.set_xticks([0, 0.5, 1], ["0", "50", "100 %"])
            axes.spines[["top", "right"]].set_visible(False)
        axes.invert_yaxis()  # of all, as they share it
    return file.getvalue()


@contextmanager
def _figure(width: float, height: float) -> Iterator[tuple[Any, io.StringIO]]:
    """Give an empty figure, inches in size, and where it is written to when it is drawn."""
    import matplotlib
    from matplotlib.figure import Figure

    file = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "report", "font.size": 9}):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, file
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _fall(axes: Any, losses: Sequence[float]) -> None:
    """Draw all, each loss from where the one before it ended, and what is left."""
    ends = [1.0, *(1.0 - sum(losses[: place + 1]) for place in range(len(losses)))]
    lefts, lengths = [0.0, *ends[1:], 0.0], [1.0, *losses, ends[-1]]
    colours = [COLOURS[5], *[COLOURS[4]] * len(losses), COLOURS[2]]
    axes.barh(range(len(lengths)), lengths, 0.75, left=lefts, color=colours)


def _draw(axes: Any, name: str, bars: Sequence[Bar | None], place: tuple[int, int]) -> None:
    index, count = place
    width = 0.8 / count
    for group, bar in enumerate(bars):
        if bar is None:
            continue
        at = group - 0.4 + (index + 0.5) * width
        colour = COLOURS[index % len(COLOURS)]
        axes.bar(at, bar.value, width * 0.92, color=colour)
        if bar.low is not None and bar.high is not None:
            axes.vlines(at, bar.low, bar.high, color="#222222", linewidth=1.1)
    axes.bar(0, 0, 0, color=COLOURS[index % len(COLOURS)], label=_plain(name))  # the legend's entry


def _plain(text: str) -> str:
    """Keep matplotlib from reading `$...$` as mathematics."""
    return text.replace("$", r"\$")
