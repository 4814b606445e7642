"""Bars with intervals as SVG. Knows nothing of reports.

Text stays text, so that the reader's fonts show it in any language; nothing random or dated is
written, so equal data give equal bytes.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COLOURS = ("#3366aa", "#dd8833", "#449966", "#99669c", "#aa4455", "#777777")


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
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "report", "font.size": 9}):
        width = max(3.4, 0.9 + 0.26 * len(groups) * len(series))
        figure = Figure(figsize=(min(width, 10), 2.6), layout="constrained")
        axes = figure.add_subplot()
        for place, (name, bars) in enumerate(series.items()):
            _draw(axes, name, bars, (place, len(series)))
        axes.set_title(_plain(title), fontsize=10)
        axes.set_xticks(range(len(groups)), [_plain(group) for group in groups])
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylim(bottom=0)
        if len(series) > 1:
            figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


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
