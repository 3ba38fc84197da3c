"""The Pareto front of accuracy and cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from archdsl.study.ablation import Ablation, Subject
from archdsl.study.speed import duration
from archdsl.study.statistics import estimate
from archdsl.summary.figures import human
from archdsl.tabular import Cell, Column, Row, Table

_WORDS: Final = {"macs": "multiply-adds", "params": "parameters"}


def front(study: Ablation, cost: str = "macs") -> tuple[Subject, ...]:
    """The Pareto front: subjects that no other matches in mean accuracy at the same ``cost`` or less, cheapest first.

    Pruned subjects are left out.
    """
    known = [subject for subject in study.subjects if subject.accuracies and not subject.ended]
    best, found = -1.0, []
    for subject in sorted(known, key=lambda each: (getattr(each, cost), -_accuracy(each))):
        if _accuracy(subject) > best:
            best = _accuracy(subject)
            found.append(subject)
    return tuple(found)


def _accuracy(subject: Subject) -> float:
    return estimate(list(subject.accuracies.values())).mean


def table(study: Ablation, cost: str = "macs") -> Table:
    """The Pareto front as a table, with a row for each subject."""
    columns = (
        Column("candidate", "candidate", "words"),
        Column("accuracy", "accuracy"),
        Column("params", "params"),
        Column("macs", "MACs"),
        Column("latency", "one image"),
        *((Column("difference", f"to {study.baseline.name}"),) if study.baseline else ()),
    )
    rows = []
    for subject in front(study, cost):
        accuracy, latency = _accuracy(subject), subject.latency
        difference = study.difference(subject)
        beside = Cell.unknown() if difference is None else Cell(f"{100 * difference.mean:+.2f}", difference.mean)
        rows.append(
            Row(
                (
                    Cell.words(subject.name),
                    Cell(f"{100 * accuracy:.2f}%", accuracy),
                    Cell(human(subject.params), subject.params),
                    Cell(human(subject.macs), subject.macs),
                    Cell.unknown() if latency is None else Cell(duration(latency), latency),
                    *((beside,) if study.baseline else ()),
                )
            )
        )
    words = _WORDS[cost]
    notes = [f"none of {study.done} trained has as much accuracy with fewer {words}", *_beside(study, cost)]
    return Table(f"Pareto front of accuracy and {words}", columns, tuple(rows), tuple(notes))


def _beside(study: Ablation, cost: str) -> Iterator[str]:
    """A note that compares the front with the baseline, or says that the baseline is on it."""
    base, found = study.baseline, front(study, cost)
    if base is None or not base.accuracies:
        return
    if base in found:
        yield f"{base.name}, the baseline, is on the front"
        return
    ours, most = _accuracy(base), getattr(base, cost)
    cheaper = next(each for each in found if _accuracy(each) >= ours)
    better = [each for each in found if getattr(each, cost) <= most][-1]
    share, gain = getattr(cheaper, cost) / most, 100 * (_accuracy(better) - ours)
    yield (
        f"{base.name}, the baseline, has {100 * ours:.2f}% with {human(most)} {_WORDS[cost]}: "
        f"{cheaper.name} has as much with {share:.0%} of them, and {better.name} {gain:+.2f} points with no more"
    )
