"""Plots of speed: bars of size and latency, and accuracy against latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from archdsl.plots.labels import Name, annotate, room
from archdsl.plots.style import Drawing, counts, label, logarithmic, look, sheet, styles
from archdsl.study.speed import Speed, Timing, best, duration
from archdsl.summary.figures import human


def bars(speed: Speed) -> Drawing:
    """Two plots: each model's parameters, and its latency on each runtime, with quartiles as whiskers.

    The latency is that of the smallest batch.

    Raises:
        ValueError: nothing was measured.
    """
    timings = _of_smallest_batch(speed)
    names = list(dict.fromkeys(timing.model for timing in timings))
    look_of = styles(timing.title for timing in timings)
    by_model = {name: [timing for timing in timings if timing.model == name] for name in names}
    params = [speed.entries[name].params for name in names]
    with look():
        height = 2.4 + 0.3 * len(names) + 0.24 * len(timings) + 0.25 * len(names)
        figure, (above, below) = sheet("Parameters", 9, height, rows=2)
        shares = [len(names) * 0.55 + 0.8, len(timings) * 0.24 + len(names) * 0.25 + 0.8]
        above.get_gridspec().set_height_ratios(shares)  # type: ignore[union-attr]  # subplots have one
        above.barh(range(len(names)), params, color="#5C5C5C", height=0.6)
        for place, count in enumerate(params):
            _end(above, count, place, human(count))
        _rows(above, dict(enumerate(names)), max(params))
        above.xaxis.set_major_formatter(FuncFormatter(counts))
        _latencies(below, by_model, look_of)
        batch = timings[0].batch
        below.set_title(f"Latency, batch {batch}")
        below.set_xlabel(f"milliseconds a batch of {batch}, {speed.terms}: median and quartiles")
    return Drawing(figure, "Size and speed of models")


def _latencies(axes: Axes, by_model: Mapping[str, Sequence[Timing]], look_of: Mapping[str, tuple[str, str]]) -> None:
    place, middles, longest, shortest = 0.0, {}, 0.0, float("inf")
    named = set()
    for name, timings in by_model.items():
        begin = place
        for timing in timings:
            low, high = (ms * 1000 for ms in timing.quartiles)
            latency = timing.latency * 1000
            longest, shortest = max(longest, high), min(shortest, latency)
            title = timing.title if timing.title not in named else None
            named.add(timing.title)
            axes.barh(
                place,
                latency,
                color=look_of[timing.title][0],
                height=0.86,
                xerr=[[latency - min(low, latency)], [max(high, latency) - latency]],
                error_kw={"ecolor": "#222222", "elinewidth": 1.1, "capsize": 2.2},
                label=title and label(title),
            )
            _end(axes, max(high, latency), place, duration(timing.latency))
            place += 1
        middles[(begin + place - 1) / 2] = name
        place += 0.9
    _rows(axes, middles, longest)
    if longest > 30 * shortest:
        logarithmic(axes, "x")
        axes.set_xlim(shortest / 1.8, longest * 3)
    axes.legend(loc="best", fontsize=8.5)


def _end(axes: Axes, x: float, y: float, text: str) -> None:
    axes.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center", fontsize=8.5)


def _rows(axes: Axes, names: Mapping[float, str], longest: float) -> None:
    axes.set_yticks(list(names), [label(name) for name in names.values()], fontsize=9)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0, longest * 1.18)


def _of_smallest_batch(speed: Speed) -> list[Timing]:
    if not speed.timings:
        raise ValueError("nothing was measured")
    smallest = min(timing.batch for timing in speed.timings)
    return [timing for timing in speed.timings if timing.batch == smallest]


def accuracy(speed: Speed) -> Drawing:
    """Top-1 against the latency on the fastest runtime, the models of a file joined by a line.

    Raises:
        ValueError: none of the models states an accuracy.
    """
    found = best(_of_smallest_batch(speed))
    entries = [(speed.entries[name], timing) for name, timing in found.items()]
    points = sorted((e.family, t.latency * 1000, e.top1, e.name) for e, t in entries if e.top1 is not None)
    if not points:
        raise ValueError("none of these models states an accuracy on ImageNet; bars need none")
    batch = next(iter(found.values())).batch
    title = "Accuracy on ImageNet against latency"
    look_of = styles(family for family, *_ in points)
    with look():
        figure, (axes,) = sheet(title, *room(len(points)))
        for family, members in groupby(points, key=lambda point: point[0]):
            colour, marker = look_of[family]
            xs, ys = zip(*((latency, top1) for _, latency, top1, _ in members), strict=True)
            axes.plot(xs, ys, color=colour, marker=marker, ms=6.5, lw=1.3, mec="white", mew=0.7)
        logarithmic(axes, "x")
        axes.margins(x=0.09, y=0.09)
        runtimes = ", ".join(dict.fromkeys(timing.title for timing in found.values()))
        axes.set_xlabel(f"milliseconds, batch {batch}, {speed.terms}, {runtimes}")
        axes.set_ylabel("top-1, percent")
        annotate(figure, axes, [Name(name, ms, top1, look_of[family][0]) for family, ms, top1, name in points])
    return Drawing(figure, title)
