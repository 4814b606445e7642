"""Two figures: what a method gains and forgets, and what its quality costs. Knows nothing of runs.

Labels stand beside their points where no other label and no point is; far ones have a line to theirs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from core.colours import COLOURS
from finetune.comparison.scores import Mean, Row

if TYPE_CHECKING:
    from matplotlib.transforms import Bbox

_INCHES, _DPI = (8.0, 5.6), 120
_SMALLEST, _LARGEST = 30.0, 420.0  # areas of points
_AWAY = (8, 16, 28, 42, 58, 76, 96)  # pixels from a point to its label
_GAP = 6  # pixels between two labels
_DIRECTIONS = tuple(math.radians(angle) for angle in (0, 180, 90, 270, 45, 315, 135, 225, 20, 340, 160, 200))


class Point(NamedTuple):
    """A method: where it stands, how sure that is upwards, and how large it is drawn."""

    label: str
    x: float
    y: float
    low: float | None = None
    high: float | None = None
    area: float = 60.0


@dataclass(frozen=True, slots=True)
class Chart:
    """Points with what their axes say."""

    title: str
    x: str
    y: str
    points: tuple[Point, ...]
    x_is_log: bool = False
    level: float | None = None
    """Where the base stands: a line across."""
    has_origin: bool = False
    """Whether zero matters on both axes: lines through it."""


def gain_and_forgetting(rows: Sequence[Row], split: str) -> Chart:
    """Return the gain in `correct` to the base over the change in `correct` on general questions."""
    points = []
    for row in rows:
        if row.answered and row.kept and (gain := row.answered[split].gain) and row.kept.change:
            points.append(_point(row.label, row.kept.change.value, gain))
    return Chart(
        "Gained and forgotten, beside the bare base",
        "correct on general questions, minus the base's (left: forgotten)",
        f"correct on {split}, minus the base's (up: gained)",
        tuple(points),
        has_origin=True,
    )


def quality_and_cost(rows: Sequence[Row], split: str) -> Chart:
    """Return `correct` over seconds trained; the area of a point grows with its trained parameters."""
    trained = [row for row in rows if row.answered and row.training]
    areas = _areas([row.training.trained_parameters for row in trained if row.training])
    points = [
        _point(row.label, row.training.seconds, row.answered[split].correct)._replace(area=area)
        for row, area in zip(trained, areas, strict=True)
        if row.training and row.answered
    ]
    base = [row.answered[split].correct.value for row in rows if row.answered and not row.training]
    return Chart(
        "Quality and cost",
        "seconds trained (area: trained parameters, on a log scale)",
        f"correct on {split}" + (" (line: the bare base)" if base else ""),
        tuple(points),
        x_is_log=_is_wide([point.x for point in points]),
        level=base[0] if base else None,
    )


def draw(chart: Chart, path: Path) -> None:
    """Write a chart as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogFormatter

    figure = Figure(figsize=_INCHES, layout="constrained", dpi=_DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set(title=chart.title, xlabel=chart.x, ylabel=chart.y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(0.14)
    if chart.x_is_log:
        axes.set_xscale("log")
        for set_formatter in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
            set_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
    for place, point in enumerate(chart.points):
        colour = COLOURS[place % len(COLOURS)]
        if point.low is not None and point.high is not None:
            axes.vlines(point.x, point.low, point.high, color=colour, linewidth=1, alpha=0.35)
        axes.scatter(point.x, point.y, point.area, color=colour, alpha=0.8, edgecolors="white", zorder=3)
    if chart.level is not None:
        axes.axhline(chart.level, color="#999999", linewidth=1, linestyle="--", zorder=1)
    if chart.has_origin:
        axes.axhline(0, color="#bbbbbb", linewidth=1, zorder=1)
        axes.axvline(0, color="#bbbbbb", linewidth=1, zorder=1)
    figure.canvas.draw()
    figure.set_layout_engine("none")  # what follows counts in pixels
    label(figure, axes, chart.points)
    figure.savefig(path)


def label(figure: Any, axes: Any, points: Sequence[Point]) -> "list[Bbox]":
    """Write each label at the nearest place where it covers nothing; return where they stand, in pixels."""
    from matplotlib.transforms import Bbox

    renderer = figure.canvas.get_renderer()
    scale = figure.dpi / 72
    centres = [axes.transData.transform((point.x, point.y)) for point in points]
    radii = [math.sqrt(point.area / math.pi) * scale for point in points]
    taken = [
        Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)
        for (x, y), radius in zip(centres, radii, strict=True)
    ]
    room = axes.get_window_extent(renderer)
    for place, (point, centre, radius) in enumerate(zip(points, centres, radii, strict=True)):
        text = axes.annotate(
            point.label.replace("$", r"\$"), centre, xycoords="figure pixels", fontsize=9, zorder=4
        )
        size = text.get_window_extent(renderer)
        others = taken[:place] + taken[place + 1 :]
        box, away = _free_place((centre, radius), (size.width + _GAP, size.height), others, room)
        text.set_position((box.x0 + _GAP / 2, box.y0 - size.y0 + centre[1]))
        taken.append(box)
        if away > _AWAY[1]:
            end = (min(max(centre[0], box.x0), box.x1), min(max(centre[1], box.y0), box.y1))
            axes.annotate(
                "",
                end,
                centre,
                xycoords="figure pixels",
                textcoords="figure pixels",
                arrowprops={"arrowstyle": "-", "color": "#888888", "linewidth": 0.6},
                zorder=2,
            )
    return taken[len(points) :]


def _free_place(
    about: tuple[Any, float], size: tuple[float, float], taken: "Sequence[Bbox]", room: "Bbox"
) -> "tuple[Bbox, int]":
    """Return the nearest box that covers nothing, and how far away it is; else that which covers least."""
    from matplotlib.transforms import Bbox

    (x, y), radius = about
    width, height = size
    found: list[tuple[float, Bbox, int]] = []
    for away, angle in product(_AWAY, _DIRECTIONS):
        reach_x, reach_y = radius + away * 0.6 + width / 2, radius + away * 0.6 + height / 2
        middle = x + math.cos(angle) * reach_x, y + math.sin(angle) * reach_y
        box = Bbox.from_bounds(middle[0] - width / 2, middle[1] - height / 2, width, height)
        covered = sum(_common(box, other) for other in taken) + width * height - _common(box, room)
        if covered < 1:
            return box, away
        found.append((covered, box, away))
    return min(found, key=lambda one: one[0])[1:]


def _common(one: "Bbox", other: "Bbox") -> float:
    """Return the area that two boxes share, in pixels."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(max(0.0, wide) * max(0.0, high))


def _point(label: str, x: float, y: Mean) -> Point:
    return Point(label, x, y.value, y.low, y.high)


def _areas(counts: Sequence[int]) -> list[float]:
    """Return areas between the smallest and the largest, by the logarithm of the counts."""
    logs = [math.log(max(1, count)) for count in counts]
    low, high = min(logs, default=0), max(logs, default=0)
    if high - low < 1e-9:
        return [(_SMALLEST + _LARGEST) / 4] * len(logs)
    return [_SMALLEST + (_LARGEST - _SMALLEST) * (one - low) / (high - low) for one in logs]


def _is_wide(values: Sequence[float]) -> bool:
    return bool(values) and min(values) > 0 and max(values) > 4 * min(values)
