"""Ablation studies: the results of variants of a model that were trained with the same settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any, Final

from archdsl.study.learning import Run
from archdsl.study.speed import duration
from archdsl.study.statistics import Estimate, estimate
from archdsl.summary.figures import human
from archdsl.tabular import Cell, Column, Row, Table
from archdsl.tabular.json import document

SCHEMA: Final = "archdsl-ablation"
VERSION: Final = 1
_STEP: Final = 0.05


MEASURED: Final = "measured on"
"""The condition that names the images on which accuracy is measured."""


@dataclass(frozen=True)
class Subject:
    """A variant, and its run for each seed."""

    name: str
    params: int
    macs: int
    words: str
    """Its differences from the baseline."""
    runs: Mapping[int, Run]
    """The runs by seed."""

    @property
    def accuracies(self) -> Mapping[int, float]:
        """The accuracy after the last epoch, by seed."""
        return {seed: run.accuracy for seed, run in self.runs.items() if run.accuracy is not None}

    @property
    def ended(self) -> Sequence[Run]:
        """The runs that a search has pruned."""
        return [run for run in self.runs.values() if run.ended]

    @property
    def latency(self) -> float | None:
        """The mean over the runs of the median latency, in seconds."""
        known = [run.latency for run in self.runs.values() if run.latency is not None]
        return mean(known) if known else None


@dataclass(frozen=True)
class Ablation:
    """The results of a study, which may be unfinished: its subjects, the baseline first."""

    subjects: tuple[Subject, ...]
    data: str
    epochs: int
    trials: int
    """The number of planned trials."""
    conditions: Mapping[str, Any]
    """The training settings, which all subjects share."""
    reach: float | None = None
    """The target accuracy to which epochs are counted; chosen from the results if not given."""
    has_baseline: bool = True
    """Whether the others are compared with the first subject."""

    @property
    def baseline(self) -> Subject | None:
        return self.subjects[0] if self.has_baseline else None

    @property
    def done(self) -> int:
        """The number of trials that have ended."""
        return sum(run.is_done for subject in self.subjects for run in subject.runs.values())

    @property
    def goal(self) -> float | None:
        """The target accuracy: ``reach``, or the highest multiple of 5% that the mean of every variant reaches."""
        if self.reach is not None:
            return self.reach
        means = [mean(subject.accuracies.values()) for subject in self.subjects if subject.accuracies]
        return round(_STEP * int(min(means) / _STEP + 1e-9), 2) or None if means else None

    def difference(self, subject: Subject) -> Estimate | None:
        """The mean paired difference in accuracy from the baseline, over pairs of runs with the same seed.

        If a run of a pair is unfinished, both are compared after the last epoch that both have.
        """
        if self.baseline is None or subject is self.baseline:
            return None
        ours, theirs = subject.runs, self.baseline.runs
        both = [ends for seed in ours if seed in theirs and (ends := _together(ours[seed], theirs[seed]))]
        pairs = [our - their for our, their in both]
        return estimate(pairs) if pairs else None

    def reached(self, subject: Subject) -> tuple[float, float, int] | None:
        """The mean epochs and seconds to the target accuracy over the runs that reach it, and the number of these."""
        if self.goal is None:
            return None
        found = [point for run in subject.runs.values() if (point := run.reached(self.goal))]
        return (mean(e for e, _ in found), mean(s for _, s in found), len(found)) if found else None


def _together(run: Run, other: Run) -> tuple[float, float] | None:
    """The final accuracies of two runs; if one is unfinished, those after the last epoch that both have."""
    ends = [len(run.epochs), len(other.epochs)]
    if not (run.is_done and other.is_done):
        ends = [min(ends)] * 2
    if not all(ends):
        return None
    return run.epochs[ends[0] - 1].val_accuracy, other.epochs[ends[1] - 1].val_accuracy


def table(study: Ablation) -> Table:
    """A table with a row for each variant, and notes on the training settings and the confidence intervals."""
    goal = f"{study.goal:.0%}" if study.goal else "–"
    columns = (
        Column("variant", "variant", "words"),
        Column("seeds", "seeds"),
        Column("accuracy", "accuracy"),
        Column("interval", "95% interval"),
        Column("difference", "difference"),
        Column("epochs_to", f"epochs to {goal}"),
        Column("seconds_to", f"seconds to {goal}"),
        Column("params", "params"),
        Column("macs", "MACs"),
        Column("latency", "one image"),
        Column("change", "change", "words"),
    )
    rows = tuple(Row(tuple(_cells(study, subject))) for subject in study.subjects)
    name = study.baseline.name if study.baseline else "candidates"
    others = " and its variants" if study.baseline and len(study.subjects) > 1 else ""
    return Table(
        f"{name}{others} on {study.data}",
        columns,
        rows,
        tuple(_notes(study)),
        spare=("latency", "seconds_to", "interval", "macs"),
    )


def _cells(study: Ablation, subject: Subject) -> Iterator[Cell]:
    yield Cell.words(subject.name)
    working = sum(not run.is_done for run in subject.runs.values())
    yield Cell(f"{len(subject.runs)}{f' ({working} at work)' if working else ''}", len(subject.runs))
    if not subject.accuracies:
        yield from [Cell.unknown()] * 3
    else:
        found = estimate(list(subject.accuracies.values()))
        spread = f" ± {100 * found.deviation:.2f}" if found.deviation is not None else ""
        early = f" after {len(subject.ended[0].epochs)}, ended" if subject.ended else ""
        yield Cell(f"{100 * found.mean:.2f}%{spread}{early}", found.mean)
        yield _interval(found)
        yield _difference(study.difference(subject))
    reached = study.reached(subject)
    yield Cell(f"{reached[0]:.1f}{_some(reached[2], subject)}", reached[0]) if reached else Cell.unknown()
    yield Cell(f"{reached[1]:.1f}", reached[1]) if reached else Cell.unknown()
    yield Cell(human(subject.params), subject.params)
    yield Cell(human(subject.macs), subject.macs)
    yield Cell.unknown() if subject.latency is None else Cell(duration(subject.latency), subject.latency)
    yield Cell.words(subject.words)


def _interval(found: Estimate) -> Cell:
    ends = found.interval(0.0, 1.0)
    return Cell.unknown() if ends is None else Cell(f"{100 * ends[0]:.2f} to {100 * ends[1]:.2f}", found.margin)


def _difference(found: Estimate | None) -> Cell:
    if found is None:
        return Cell.unknown()
    margin = f" ± {100 * found.margin:.2f}" if found.margin is not None else ""
    mark = " *" if found.is_apart else ""
    return Cell(f"{100 * found.mean:+.2f}{margin}{mark}", found.mean)


def _some(count: int, subject: Subject) -> str:
    return f" ({count} of {len(subject.runs)})" if count < len(subject.runs) else ""


def _notes(study: Ablation) -> Iterator[str]:
    if study.done < study.trials:
        yield f"{study.done} of {study.trials} trials are done"
    if any(not run.is_done for subject in study.subjects for run in subject.runs.values()):
        yield "trials at work count with their last epoch so far, and in differences against as many epochs"
    yield f"{study.epochs} epochs; {', '.join(f'{name} {value}' for name, value in study.conditions.items())}"
    has_seeds = any(len(subject.accuracies) > 1 for subject in study.subjects)
    yield f"accuracy: {'mean and standard deviation over the seeds, ' if has_seeds else ''}after the last epoch"
    if early := sum(bool(subject.ended) for subject in study.subjects):
        yield f"{early} of {len(study.subjects)} were ended early, since others had more after as many epochs"
    if study.baseline and len(study.subjects) > 1:
        interval = ", seed by seed, with its 95% interval; * where that is apart from zero"
        yield f"difference: points of accuracy{interval if has_seeds else ' of one seed, which has no interval'}"
    if study.baseline and len(study.subjects) > 3 and has_seeds:
        yield f"of {len(study.subjects) - 1} differences, chance alone sets one in twenty apart"


def to_json(study: Ablation) -> str:
    """The results as JSON, with each epoch of each run."""
    return document(
        SCHEMA,
        VERSION,
        data=study.data,
        epochs=study.epochs,
        trials=study.trials,
        done=study.done,
        conditions=dict(study.conditions),
        reach=study.goal,
        variants=[_members(study, subject) for subject in study.subjects],
    )


def _members(study: Ablation, subject: Subject) -> dict[str, Any]:
    difference, reached = study.difference(subject), study.reached(subject)
    accuracies = list(subject.accuracies.values())
    return {
        "name": subject.name,
        "change": subject.words,
        "params": subject.params,
        "macs": subject.macs,
        "latency": subject.latency,
        "accuracy": _estimate(estimate(accuracies) if accuracies else None, 0.0),
        "difference": _estimate(difference, -1.0),
        "epochs_to": reached and reached[0],
        "seconds_to": reached and reached[1],
        "runs": [
            {
                "seed": seed,
                "epochs": [epoch._asdict() for epoch in run.epochs],
                "latency": run.latency,
                "ended": run.ended or None,
            }
            for seed, run in subject.runs.items()
        ],
    }


def _estimate(found: Estimate | None, least: float) -> dict[str, Any] | None:
    return {**found._asdict(), "interval": found.interval(least, 1.0)} if found else None


def curve(runs: Sequence[Run]) -> list[tuple[int, float, float, float]]:
    """The number of each epoch that all runs have, with the mean, minimum and maximum of their accuracies.

    >>> from archdsl.study.learning import Epoch
    >>> runs = [Run((Epoch(1, 2.0, 0.3, 2.0, share, 4.0),)) for share in (0.25, 0.75)]
    >>> curve(runs)
    [(1, 0.5, 0.25, 0.75)]
    """
    columns = zip(*(run.epochs for run in runs), strict=False)
    return [
        (column[0].number, mean(shares), min(shares), max(shares))
        for column in columns
        if (shares := [epoch.val_accuracy for epoch in column])
    ]
