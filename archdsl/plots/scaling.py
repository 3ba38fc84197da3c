"""Scaling of a family: its figures over the values of a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from archdsl.comparison.entry import Entry
from archdsl.comparison.scaling import Argument, Member
from archdsl.measures import MEASURES
from archdsl.plots.style import Drawing, counts, label, logarithmic, look, sheet, styles
from archdsl.summary.forms import number

_FIGURES: Final = tuple(measure for measure in MEASURES if measure.grows)


def lines(model: str, family: Sequence[Member]) -> Drawing:
    """The growing measures over the values of the last parameter, with a colour for each combination of the others.

    Numbers lie where they are on the axis and are joined by lines. Other values, such as truth values, lie side by
    side, and nothing joins them, as there is nothing between them. Members with errors leave a gap.
    """
    *others, last = [argument.name for argument in family[0].arguments]
    over = list(dict.fromkeys(member.arguments[-1].text for member in family))
    places = _places([member.arguments[-1] for member in family])
    at = places or {text: float(index) for index, text in enumerate(over)}
    groups: dict[str, list[tuple[str, Entry | None]]] = {}
    for member in family:
        group = ", ".join(map(str, member.arguments[:-1]))
        groups.setdefault(group, []).append((member.arguments[-1].text, member.entry))
    title = f"{model} over {' and '.join([last, *others])}"
    look_of = styles(groups)
    with look():
        figure, axes = sheet(title, 7.5, 8.2, rows=len(_FIGURES))
        for plot, measure in zip(axes, _FIGURES, strict=True):
            heights: list[float] = []
            for group, members in groups.items():
                colour, marker = look_of[group]
                known = [
                    (at[where], y)
                    for where, e in members
                    if e and (y := number(e.figures[measure.name])) is not None and y > 0
                ]
                if known:
                    known.sort()
                    xs, ys = zip(*known, strict=True)
                    heights += ys
                    plot.plot(
                        xs,
                        ys,
                        color=colour,
                        marker=marker,
                        ms=5.5 if places else 8,
                        lw=1.5,
                        ls="-" if places else "none",
                        mec="white",
                        mew=0.6,
                        label=label(group),
                    )
            _scale(plot, heights)
            plot.set_ylabel(measure.words)
            if len(over) <= 16:
                plot.set_xticks(
                    [at[value] for value in over], [label(v) for v in over] if plot is axes[-1] else [""] * len(over)
                )
            if not places:
                plot.set_xlim(-0.5, len(over) - 0.5)
            plot.minorticks_off()
        axes[-1].set_xlabel(label(last))
        if others:
            axes[0].legend(fontsize=8.5, ncols=min(len(groups), 3))
    return Drawing(figure, title)


def _places(arguments: Sequence[Argument]) -> dict[str, float]:
    """The positions of values on the axis, by their texts; empty if not all are numbers."""
    values = {argument.text: argument.value for argument in arguments}
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values.values()):
        return {text: float(value) for text, value in values.items()}
    return {}


def _scale(plot: Axes, heights: Sequence[float]) -> None:
    """A linear scale from zero, or a logarithmic one if the figures range over orders of magnitude."""
    if heights and max(heights) > 8 * min(heights):
        logarithmic(plot, "y")
        return
    plot.yaxis.set_major_formatter(FuncFormatter(counts))
    if heights:
        plot.set_ylim(0, max(heights) * 1.08)
