"""Learning curves of variants: accuracy over epochs, final accuracy, and accuracy against cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import mean
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from archdsl.plots.labels import Name, annotate
from archdsl.plots.style import Drawing, label, logarithmic, look, sheet, styles
from archdsl.study.ablation import MEASURED, Ablation, Subject, curve
from archdsl.study.pareto import front
from archdsl.study.statistics import estimate


class _Shown(NamedTuple):
    """A subject with results, and its style, which is the same in all plots of the study."""

    subject: Subject
    colour: str
    marker: str


@contextmanager
def _plot(study: Ablation, title: str, height: float, row: float = 0.0) -> Iterator[tuple[Drawing, Axes, list[_Shown]]]:
    """A figure with one pair of axes, ``row`` inches higher for each subject.

    Raises:
        ValueError: no epoch has finished.
    """
    looks = styles(subject.name for subject in study.subjects)
    shown = [_Shown(subject, *looks[subject.name]) for subject in study.subjects if subject.accuracies]
    if not shown:
        raise ValueError("no epoch is over yet")
    with look():
        figure, (axes,) = sheet(title, 9, height + row * len(shown))
        yield Drawing(figure, title), axes, shown


def _accuracy(study: Ablation) -> str:
    """The label of an axis of accuracy, with the images that it is measured on."""
    return f"accuracy on {study.conditions.get(MEASURED, 'test images')}"


def curves(study: Ablation) -> Drawing:
    """The mean accuracy of each variant after each epoch, with a band from the worst seed to the best.

    Raises:
        ValueError: no epoch has finished.
    """
    with _plot(study, f"Accuracy on {study.data} over the epochs", 5.4) as (drawing, axes, shown):
        for subject, colour, marker in shown:
            numbers, means, least, most = zip(*curve(list(subject.runs.values())), strict=True)
            every = max(1, len(numbers) // 12)
            axes.plot(
                numbers, means, marker, ls="-", color=colour, ms=4, lw=1.6, markevery=every, label=label(subject.name)
            )
            if len(subject.runs) > 1:
                axes.fill_between(numbers, least, most, color=colour, alpha=0.15, lw=0)
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("epoch")
        axes.set_ylabel(f"{_accuracy(study)}{': mean, worst and best seed' if _has_seeds(shown) else ''}")
        axes.legend(loc="best")
    return drawing


def bars(study: Ablation) -> Drawing:
    """The final accuracy of each variant with its 95% interval, and a point for each seed.

    Raises:
        ValueError: no epoch has finished.
    """
    with _plot(study, f"Accuracy on {study.data}", 1.6, row=0.45) as (drawing, axes, shown):
        for place, (subject, colour, _) in enumerate(shown):
            values = list(subject.accuracies.values())
            found = estimate(values)
            ends = found.interval(0.0, 1.0)
            error = [[found.mean - ends[0]], [ends[1] - found.mean]] if ends else None
            axes.barh(place, found.mean, color=colour, alpha=0.55, height=0.62, xerr=error)
            axes.plot(values, [place] * len(values), "o", color="#303030", ms=3.5)
        axes.set_yticks(range(len(shown)), [label(each.subject.name) for each in shown])
        axes.invert_yaxis()
        every = [value for each in shown for value in each.subject.accuracies.values()]
        room = max(max(every) - min(every), 0.01)
        axes.set_xlim(max(0.0, min(every) - room), min(1.0, max(every) + room))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        words = ": mean, 95% interval, and each seed" if _has_seeds(shown) else ""
        axes.set_xlabel(f"{_accuracy(study)}{words}; the axis does not start at zero")
    return drawing


def cost(study: Ablation, x: str = "macs") -> Drawing:
    """The accuracy of each variant against its ``macs`` or ``params``, with the Pareto front.

    Pruned variants have hollow markers.

    Raises:
        ValueError: no epoch has finished.
    """
    words = {"macs": "multiply-adds", "params": "parameters"}[x]
    with _plot(study, f"Accuracy on {study.data} against {words}", 5.4) as (drawing, axes, shown):
        logarithmic(axes, "x")
        best = [(getattr(each, x), mean(each.accuracies.values())) for each in front(study, x)]
        axes.step(*zip(*best, strict=True), where="post", color="#8a8a8a", lw=1, zorder=1)
        names = []
        for subject, colour, marker in shown:
            point = (getattr(subject, x), mean(subject.accuracies.values()))
            axes.plot(*point, marker, color=colour, ms=7, mfc="none" if subject.ended else colour)
            names.append(Name(subject.name, *point, colour))
        axes.margins(0.15)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel(words)
        axes.set_ylabel(f"{_accuracy(study)}{', mean over the seeds' if _has_seeds(shown) else ''}")
        annotate(drawing.figure, axes, names)
    return drawing


def _has_seeds(shown: list[_Shown]) -> bool:
    """Whether there are means: some subject was trained with several seeds."""
    return any(len(each.subject.accuracies) > 1 for each in shown)
