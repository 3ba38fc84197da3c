"""How variants learned: accuracy over the epochs, at the end, and against what a model costs."""

from __future__ import annotations

from statistics import mean

from matplotlib.ticker import MaxNLocator, PercentFormatter

from archdsl.plots.labels import Name, annotate
from archdsl.plots.style import Drawing, label, logarithmic, look, sheet, styles
from archdsl.study.ablation import Ablation, Subject, curve
from archdsl.study.pareto import front
from archdsl.study.statistics import estimate


def curves(study: Ablation) -> Drawing:
    """The mean accuracy of each variant after each epoch, in a band from the worst seed to the best.

    Raises:
        ValueError: no epoch is over.
    """
    title = f"Accuracy on {study.data} over the epochs"
    subjects = _known(study)
    look_of = styles(subject.name for subject in study.subjects)
    with look():
        figure, (axes,) = sheet(title, 9, 5.4)
        for subject in subjects:
            numbers, means, least, most = zip(*curve(list(subject.runs.values())), strict=True)
            colour, marker = look_of[subject.name]
            every = max(1, len(numbers) // 12)
            axes.plot(
                numbers, means, marker, ls="-", color=colour, ms=4, lw=1.6, markevery=every, label=label(subject.name)
            )
            if len(subject.runs) > 1:
                axes.fill_between(numbers, least, most, color=colour, alpha=0.15, lw=0)
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("epoch")
        axes.set_ylabel("test accuracy: mean, worst and best seed")
        axes.legend(loc="lower right")
    return Drawing(figure, title)


def bars(study: Ablation) -> Drawing:
    """The accuracy of each variant at the end, with its 95% interval, and a point for each seed.

    Raises:
        ValueError: no epoch is over.
    """
    title = f"Accuracy on {study.data}"
    subjects = _known(study)
    look_of = styles(subject.name for subject in study.subjects)
    with look():
        figure, (axes,) = sheet(title, 9, 1.6 + 0.45 * len(subjects))
        for place, subject in enumerate(subjects):
            values = list(subject.accuracies.values())
            found = estimate(values)
            axes.barh(place, found.mean, color=look_of[subject.name][0], alpha=0.55, height=0.62, xerr=found.margin)
            axes.plot(values, [place] * len(values), "o", color="#303030", ms=3.5)
        axes.set_yticks(range(len(subjects)), [label(subject.name) for subject in subjects])
        axes.invert_yaxis()
        lowest = min(min(subject.accuracies.values()) for subject in subjects)
        highest = max(max(subject.accuracies.values()) for subject in subjects)
        room = max(highest - lowest, 0.01)
        axes.set_xlim(max(0.0, lowest - room), min(1.0, highest + room))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("test accuracy: mean, 95% interval, and each seed; the axis does not start at zero")
    return Drawing(figure, title)


def cost(study: Ablation, x: str = "macs") -> Drawing:
    """The accuracy of each variant against its ``macs`` or ``params``, and a line over those that no other one beats.

    Raises:
        ValueError: no epoch is over.
    """
    words = {"macs": "multiply-adds", "params": "parameters"}[x]
    title = f"Accuracy on {study.data} against {words}"
    subjects = _known(study)
    with look():
        figure, (axes,) = sheet(title, 9, 5.4)
        logarithmic(axes, "x")
        best = [(getattr(each, x), mean(each.accuracies.values())) for each in front(study, x)]
        axes.step(*zip(*best, strict=True), where="post", color="#8a8a8a", lw=1, zorder=1)
        names = []
        for subject, (colour, marker) in zip(subjects, styles(s.name for s in subjects).values(), strict=True):
            point = (getattr(subject, x), mean(subject.accuracies.values()))
            axes.plot(*point, marker, color=colour, ms=7)
            names.append(Name(subject.name, *point, colour))
        axes.margins(0.15)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel(words)
        axes.set_ylabel("test accuracy, mean over the seeds")
        annotate(figure, axes, names)
    return Drawing(figure, title)


def _known(study: Ablation) -> list[Subject]:
    subjects = [subject for subject in study.subjects if subject.accuracies]
    if not subjects:
        raise ValueError("no epoch is over yet")
    return subjects
