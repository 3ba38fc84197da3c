"""Places labels next to points without overlaps with each other, points and, if possible, lines.

A greedy search over places around each point.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import cos, hypot, pi, sin
from typing import Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from archdsl.plots.style import label

_RADII: Final = (9.0, 15.0, 24.0, 36.0, 50.0, 70.0, 95.0, 125.0, 160.0)
_TURNS: Final = 16
_GAP: Final = 2.0
_MARK: Final = 6.0
_ALONG: Final = 4.0
"""The largest distance in pixels between sample points along a line."""
_CROSSED: Final = 12.0
_COVERED: Final = 30.0
"""The costs of covering a sample point of a line, or a square pixel of another label; that of a point is 1."""
_SHEET: Final = 50
"""The number of labels that a sheet of the default size has room for."""
_OUTSIDE: Final = 10_000.0


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: Box) -> float:
        """The area of the intersection."""
        across = min(self.right, other.right) - max(self.left, other.left)
        along = min(self.top, other.top) - max(self.bottom, other.bottom)
        return across * along if across > 0 and along > 0 else 0.0

    def holds(self, x: float, y: float) -> bool:
        return self.left < x < self.right and self.bottom < y < self.top


class Name(NamedTuple):
    """A label, and its point in data coordinates."""

    text: str
    x: float
    y: float
    colour: str


def room(names: int) -> tuple[float, float]:
    """The size in inches of a sheet on which this number of labels has room.

    >>> room(50), [round(side, 1) for side in room(200)]
    ((10.0, 6.4), [20.0, 12.8])
    """
    scale = max(1.0, (names / _SHEET) ** 0.5)
    return 10.0 * scale, 6.4 * scale


def annotate(figure: Figure, axes: Axes, names: Sequence[Name], size: float = 8.5) -> tuple[Box, ...]:
    """Draws the labels; moved ones get a thin line to their point. Returns their boxes.

    The axes must have their final limits.
    """
    figure.draw_without_rendering()  # sets the layout that pixels are counted in
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's, half typed
    points = [tuple(axes.transData.transform((name.x, name.y))) for name in names]
    marks = [Box(x - _MARK, y - _MARK, x + _MARK, y + _MARK) for x, y in points]
    frame = Box(*axes.bbox.extents)
    drawn = _lines(axes)
    taken: list[Box] = []
    for name, (x, y) in zip(names, points, strict=True):
        text = axes.text(0, 0, label(name.text), fontsize=size)
        extent = text.get_window_extent(renderer)
        text.remove()
        box = _best(x, y, extent.width, extent.height, taken, marks, drawn, frame)
        taken.append(box)
        centre = ((box.left + box.right) / 2 - x, (box.bottom + box.top) / 2 - y)
        far = hypot(max(abs(centre[0]) - extent.width / 2, 0), max(abs(centre[1]) - extent.height / 2, 0)) > 2 * _MARK
        axes.annotate(
            label(name.text),
            (name.x, name.y),
            xytext=tuple(offset * 72 / figure.dpi for offset in centre),
            textcoords="offset points",
            ha="center",
            va="center_baseline",
            fontsize=size,
            color=name.colour,
            arrowprops={"arrowstyle": "-", "color": name.colour, "lw": 0.6, "alpha": 0.7} if far else None,
            annotation_clip=False,
        )
    return tuple(taken)


def _lines(axes: Axes) -> list[tuple[float, float]]:
    """Sample points along the lines of the plot, in pixels."""
    places = []
    for line in axes.lines:
        corners = [tuple(map(float, corner)) for corner in axes.transData.transform(line.get_xydata())]
        for (x, y), (to_x, to_y) in pairwise(corners):
            steps = int(hypot(to_x - x, to_y - y) / _ALONG) + 1
            places += [(x + (to_x - x) * step / steps, y + (to_y - y) * step / steps) for step in range(1, steps)]
    return places


def _best(
    x: float,
    y: float,
    width: float,
    height: float,
    taken: Sequence[Box],
    marks: Sequence[Box],
    lines: Sequence[tuple[float, float]],
    frame: Box,
) -> Box:
    """The position around a point with the least overlap; of equal ones the nearest, then the right-hand one."""
    best, least = Box(x, y, x + width, y + height), float("inf")
    reach = max(_RADII) + max(width, height)
    near = [place for place in lines if hypot(place[0] - x, place[1] - y) < reach]
    for ring, radius in enumerate(_RADII):
        for turn in range(_TURNS):
            angle = _angle(turn)
            # The box touches the circle with the side or corner that faces the point.
            left = x + radius * cos(angle) - width / 2 + cos(angle) * width / 2
            bottom = y + radius * sin(angle) - height / 2 + sin(angle) * height / 2
            box = Box(left - _GAP, bottom - _GAP, left + width + _GAP, bottom + height + _GAP)
            cost = sum(_COVERED * box.overlap(other) for other in taken) + sum(map(box.overlap, marks))
            cost += ring * 20 + turn * 0.1
            cost += _CROSSED * sum(box.holds(*place) for place in near)
            if box.left < frame.left or box.right > frame.right or box.bottom < frame.bottom or box.top > frame.top:
                cost += _OUTSIDE
            if cost < least:
                best, least = box, cost
    return best


def _angle(turn: int) -> float:
    """Angles of candidate positions: to the right, then alternating up and down."""
    step = (turn + 1) // 2 * (1 if turn % 2 else -1)
    return step * 2 * pi / _TURNS
