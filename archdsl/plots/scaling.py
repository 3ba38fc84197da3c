"""How a family grows: its figures over the values of a parameter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from archdsl.comparison.entry import Entry
from archdsl.comparison.scaling import Member
from archdsl.graph.dims import Dim
from archdsl.plots.style import Drawing, counts, label, logarithmic, look, sheet, styles

_FIGURES: Final[tuple[tuple[str, Callable[[Entry], Dim]], ...]] = (
    ("parameters", lambda e: e.params),
    ("multiply-adds", lambda e: e.macs),
    ("bytes of activations", lambda e: e.memory),
)


def lines(model: str, family: Sequence[Member]) -> Drawing:
    """Parameters, multiply-adds and memory over the values of the last parameter, a line for each choice of the others.

    Numbers lie where they are on the axis, other values side by side. Members with errors leave a gap.
    """
    *others, last = [name for name, _ in family[0][0]]
    over = list(dict.fromkeys(values[-1][1] for values, _ in family))
    at = dict(zip(over, _places(over), strict=True))
    groups: dict[str, list[tuple[str, Entry | None]]] = {}
    for values, entry in family:
        groups.setdefault(", ".join(f"{name}={value}" for name, value in values[:-1]), []).append(
            (values[-1][1], entry)
        )
    title = f"{model} over {' and '.join([last, *others])}"
    look_of = styles(groups)
    with look():
        figure, axes = sheet(title, 7.5, 8.2, rows=len(_FIGURES))
        for plot, (name, value) in zip(axes, _FIGURES, strict=True):
            heights: list[int] = []
            for group, members in groups.items():
                colour, marker = look_of[group]
                known = [(at[where], y) for where, e in members if e and isinstance(y := value(e), int) and y > 0]
                if known:
                    xs, ys = zip(*known, strict=True)
                    heights += ys
                    plot.plot(
                        xs, ys, color=colour, marker=marker, ms=5.5, lw=1.5, mec="white", mew=0.6, label=label(group)
                    )
            _scale(plot, heights)
            plot.set_ylabel(name)
            if len(over) <= 16:
                plot.set_xticks(
                    [at[value] for value in over], [label(v) for v in over] if plot is axes[-1] else [""] * len(over)
                )
            plot.minorticks_off()
        axes[-1].set_xlabel(label(last))
        if others:
            axes[0].legend(fontsize=8.5, ncols=min(len(groups), 3))
    return Drawing(figure, title)


def _places(over: Sequence[str]) -> list[float]:
    """Where values lie on the axis: numbers where they are, others side by side."""
    try:
        return [float(text.replace("_", "")) for text in over]
    except ValueError:
        return [float(index) for index in range(len(over))]


def _scale(plot: Axes, heights: Sequence[int]) -> None:
    """From zero on, or in powers of ten where the figures spread so far that the small ones would lie on the axis."""
    if heights and max(heights) > 8 * min(heights):
        logarithmic(plot, "y")
        return
    plot.yaxis.set_major_formatter(FuncFormatter(counts))
    if heights:
        plot.set_ylim(0, max(heights) * 1.08)
