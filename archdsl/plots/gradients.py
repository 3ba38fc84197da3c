"""Gradient norms over depth, with and without skip connections."""

from __future__ import annotations

from collections import defaultdict
from math import exp, isfinite, log, log10
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from archdsl.plots.style import COLOURS, MARKERS, Drawing, label, look, sheet
from archdsl.study.gradient_flow import Flow, GradientFlow

_APART: Final = 0.045
"""The least distance between the names of two stages, as a share of the greatest depth."""
_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def curves(study: GradientFlow) -> Drawing:
    """The gradient norm at each layer's output over the layer's depth, on a logarithmic axis.

    The curve is the geometric mean of layers at the same depth. Stages are named where they begin.
    """
    title = f"Gradients of {study.model} at initialisation"
    with look():
        figure, (axes,) = sheet(title, 9, 5)
        axes.set_yscale("log")
        for (name, flow), colour, marker in zip(study.flows, (COLOURS[0], COLOURS[1]), MARKERS, strict=False):
            points = [(layer.depth, layer.signal) for layer in flow.layers if layer.signal]
            if not points:
                continue
            xs, ys = zip(*points, strict=True)
            axes.plot(xs, ys, marker, color=colour, ms=3.5, alpha=0.45, mew=0)
            depths, means = zip(*_means(flow).items(), strict=True)
            gain = f": first layer {flow.gain:.3g} × the last" if isfinite(flow.gain) else ""
            axes.plot(depths, means, color=colour, lw=1.8, label=name + gain)
        axes.yaxis.set_major_locator(LogLocator(numticks=12))
        axes.yaxis.set_major_formatter(FuncFormatter(_power))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
        axes.set_xlabel("depth: layers with weights from the input")
        axes.set_ylabel("norm of the gradient at the layer's output")
        axes.legend(loc="best")
        _name_stages(axes, study.residual)
    return Drawing(figure, title)


def _means(flow: Flow) -> dict[int, float]:
    logs: dict[int, list[float]] = defaultdict(list)
    for layer in flow.layers:
        if layer.signal:
            logs[layer.depth].append(log(layer.signal))
    return {depth: exp(sum(found) / len(found)) for depth, found in sorted(logs.items())}


def _name_stages(axes: Axes, flow: Flow) -> None:
    """Names above the plot, at the depth where each stage begins; those too close are merged."""
    starts: dict[str, int] = {}
    for layer in flow.layers:
        starts[layer.stage] = min(layer.depth, starts.get(layer.stage, layer.depth))
    apart = max(layer.depth for layer in flow.layers) * _APART
    named: dict[int, list[str]] = {}
    for name, depth in sorted(starts.items(), key=lambda item: item[1]):
        near = next((place for place in reversed(named) if depth - place < apart), depth)
        named.setdefault(near, []).append(name)
    above = axes.secondary_xaxis("top")
    above.xaxis.set_major_locator(FixedLocator(list(named)))
    above.set_xticklabels([label(", ".join(names)) for names in named.values()], rotation=30, ha="left", fontsize=8)
    above.spines["top"].set_visible(False)


def _power(value: float, _position: int | None = None) -> str:
    """The text of an axis tick: the nearest power of ten.

    >>> _power(1e-12)
    '10⁻¹²'
    """
    return f"10{str(round(log10(value))).translate(_RAISED)}"
