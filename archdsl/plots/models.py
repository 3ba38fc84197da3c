"""Plots of models: accuracy against cost, and bars of cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from matplotlib.ticker import FuncFormatter

from archdsl.comparison.entry import Entry
from archdsl.measures import MEASURES
from archdsl.plots.labels import Name, annotate, room
from archdsl.plots.style import Drawing, counts, label, logarithmic, look, sheet, styles
from archdsl.summary.figures import human
from archdsl.summary.forms import number

_COSTS: Final[Mapping[str, str]] = {measure.name: measure.words for measure in MEASURES}


def _cost(entry: Entry, x: str) -> float | None:
    value = number(entry.figures[x])
    return value if value is not None and value > 0 else None


def accuracy(entries: Sequence[Entry], x: str = "params") -> Drawing:
    """Top-1 against a measure, with the models of a file joined by a line. Those without top-1 are left out.

    Raises:
        ValueError: none of the models has a top-1 accuracy.
    """
    placed = [(e.family, cost, e.top1, e.name) for e in entries if (cost := _cost(e, x)) and e.top1 is not None]
    if not placed:
        raise ValueError("none of these models states an accuracy on ImageNet; bars need none")
    placed.sort()
    left_out = len(entries) - len(placed)
    title = f"Accuracy on ImageNet against {_COSTS[x]}"
    look_of = styles(family for family, *_ in placed)
    with look():
        figure, (axes,) = sheet(title, *room(len(placed)))
        for family, members in groupby(placed, key=lambda point: point[0]):
            colour, marker = look_of[family]
            points = [(cost, top1) for _, cost, top1, _ in members]
            xs, ys = zip(*points, strict=True)
            axes.plot(
                xs, ys, color=colour, marker=marker, ms=6.5, lw=1.3, mec="white", mew=0.7, gid=f"family-{label(family)}"
            )
        logarithmic(axes, "x")
        axes.margins(x=0.09, y=0.09)
        axes.set_xlabel(_COSTS[x] + _note(left_out, "a published accuracy"))
        axes.set_ylabel("top-1, percent")
        annotate(figure, axes, [Name(name, cost, top1, look_of[family][0]) for family, cost, top1, name in placed])
    return Drawing(figure, title)


def _note(left_out: int, lack: str) -> str:
    if not left_out:
        return ""
    return f"; {left_out} model{'s' * (left_out > 1)} without {lack} not shown"


def bars(entries: Sequence[Entry], x: str = "params") -> Drawing:
    """A bar for each model in the given order, labelled with its figure.

    Raises:
        ValueError: the cost of none of the models is a number.
    """
    drawn = [(e, cost) for e in entries if (cost := _cost(e, x))]
    if not drawn:
        raise ValueError("the cost of none of these models is a number")
    title = f"Models by {_COSTS[x]}"
    colours = styles(entry.family for entry, _ in drawn)
    with look():
        figure, (axes,) = sheet(title, 9, 1.5 + 0.27 * len(drawn))
        places = range(len(drawn))
        costs = [cost for _, cost in drawn]
        axes.barh(places, costs, color=[colours[entry.family][0] for entry, _ in drawn], height=0.72)
        for place, cost in zip(places, costs, strict=True):
            axes.annotate(
                human(round(cost)), (cost, place), (4, 0), textcoords="offset points", va="center", fontsize=8.5
            )
        axes.set_yticks(places, [label(entry.name) for entry, _ in drawn], fontsize=9)
        axes.set_ylim(len(drawn) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(_COSTS[x] + _note(len(entries) - len(drawn), "a number for it"))
        if max(costs) > 50 * min(costs):
            logarithmic(axes, "x")
            axes.set_xlim(min(costs) / 1.8, max(costs) * 2.2)
        else:
            axes.xaxis.set_major_formatter(FuncFormatter(counts))
            axes.set_xlim(0, max(costs) * 1.1)
    return Drawing(figure, title)
