"""Models of which none is better in everything than another."""

from __future__ import annotations

from archdsl.study.ablation import Ablation, Subject
from archdsl.study.speed import duration
from archdsl.study.statistics import estimate
from archdsl.summary.figures import human
from archdsl.tabular import Cell, Column, Row, Table


def front(study: Ablation, cost: str = "macs") -> tuple[Subject, ...]:
    """The subjects that no other one beats in mean accuracy at the same ``cost`` or less, the cheapest first.

    Of those that were trained to the end.
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
    """The front, a row for each subject."""
    columns = (
        Column("candidate", "candidate", "words"),
        Column("accuracy", "accuracy"),
        Column("params", "params"),
        Column("macs", "MACs"),
        Column("latency", "one image"),
    )
    rows = []
    for subject in front(study, cost):
        accuracy, latency = _accuracy(subject), subject.latency
        rows.append(
            Row(
                (
                    Cell.words(subject.name),
                    Cell(f"{100 * accuracy:.2f}%", accuracy),
                    Cell(human(subject.params), subject.params),
                    Cell(human(subject.macs), subject.macs),
                    Cell.unknown() if latency is None else Cell(duration(latency), latency),
                )
            )
        )
    words = {"macs": "multiply-adds", "params": "parameters"}[cost]
    note = f"none of {study.done} trained has as much accuracy with fewer {words}"
    return Table(f"Pareto front of accuracy and {words}", columns, tuple(rows), (note,))
