"""Latency and memory of models on each runtime: the measurements as values and as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from archdsl.summary.figures import human, in_bytes
from archdsl.tabular import Cell, Column, Row, Table, render
from archdsl.tabular.html import fragment
from archdsl.tabular.json import document

if TYPE_CHECKING:
    from archdsl.comparison.entry import Entry

Clock: TypeAlias = Literal["wall", "cpu"]
SCHEMA: Final = "archdsl-bench"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Timing:
    """The measurement of one model on one runtime with one batch size."""

    model: str
    runtime: str
    title: str
    """The name of the runtime in tables."""
    batch: int
    seconds: tuple[float, ...]
    """The duration of each call."""
    first: float
    """Seconds from the start of loading the file to the first output."""
    memory: int
    """The peak memory of the process in bytes, including that of the runtime."""
    imported: int
    """The peak memory in bytes before the model was loaded."""
    error: float
    """The largest difference from the outputs of the first runtime, relative to the largest of these."""

    @property
    def latency(self) -> float:
        """The median of the calls, in seconds."""
        return median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and third quartile of the calls, in seconds."""
        if len(self.seconds) < 2:
            return self.latency, self.latency
        low, _, high = quantiles(self.seconds, n=4, method="inclusive")
        return low, high

    @property
    def throughput(self) -> float:
        """Examples per second."""
        return self.batch / self.latency


@dataclass(frozen=True, slots=True)
class Failure:
    """A measurement that failed."""

    model: str
    runtime: str
    title: str
    batch: int
    reason: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A runtime that is not installed."""

    runtime: str
    title: str
    install: str
    """The argument of `pip install` that installs it."""


@dataclass(frozen=True, repr=False)
class Speed:
    """The measurements of one run. ``str()`` of it is a table, which notebooks show."""

    timings: tuple[Timing, ...]
    threads: int
    rounds: int
    failures: tuple[Failure, ...] = ()
    absent: tuple[Absent, ...] = ()
    entries: Mapping[str, Entry] = field(default_factory=dict)
    """The figures and facts of the models by their names in ``timings``."""
    machine: Mapping[str, Any] = field(default_factory=dict)
    """The properties of the machine, and the versions of the runtimes."""
    clock: Clock = "wall"
    """Whether times are wall-clock times, or CPU times: ``cpu``."""

    @property
    def terms(self) -> str:
        """The number of threads and the clock: ``1 thread``, ``2 threads, CPU time``."""
        return f"{self.threads} thread{'s' * (self.threads != 1)}" + ", CPU time" * (self.clock == "cpu")

    def __repr__(self) -> str:
        """``<Speed: 2 models, 8 timings>``."""
        return f"<Speed: {len(self.entries)} model{'s' * (len(self.entries) != 1)}, {len(self.timings)} timings>"

    def __str__(self) -> str:
        return render(self.table())

    def _repr_html_(self) -> str:
        return fragment([self.table()])

    def __iter__(self) -> Iterator[Timing]:
        return iter(self.timings)

    def table(self) -> Table:
        """A table with a row for each timing and its model, and notes on the method, missing runtimes and failures."""
        models = [self.entries.get(timing.model) for timing in self.timings]
        figures = [
            figure for figure in _FIGURES if any(entry is not None and figure.is_known(entry) for entry in models)
        ]
        rows = tuple(
            Row((*_cells(timing), *(figure.cell(entry) for figure in figures)))
            for timing, entry in zip(self.timings, models, strict=True)
        )
        columns = (*_COLUMNS, *(figure.column for figure in figures))
        return Table("Speed", columns, rows, tuple(self._notes()), spare=("spread", "first", "memory", "macs"))

    def _notes(self) -> Iterator[str]:
        yield f"{self.terms}; medians and quartiles of calls in {self.rounds} rounds, in which the runtimes took turns"
        if self.timings:
            yield (
                "first call: loading the file and one answer; memory: the peak of the process, the runtime included; "
                f"answers agree to {max(timing.error for timing in self.timings):.0e}"
            )
        for each in self.absent:
            yield f"{each.title} is not installed: `pip install {each.install}`"
        for failure in self.failures:
            yield f"{failure.model} on {failure.title}, batch {failure.batch}: {failure.reason}"


_COLUMNS: Final = (
    Column("model", "model", "words"),
    Column("runtime", "runtime", "words"),
    Column("batch", "batch"),
    Column("latency", "latency"),
    Column("spread", "quartiles"),
    Column("throughput", "images/s"),
    Column("first", "first call"),
    Column("memory", "memory"),
)


class _Figure(NamedTuple):
    """A column with a measure of the model itself."""

    column: Column
    value: Callable[[Entry], float | None]
    show: Callable[[Any], str]

    def is_known(self, entry: Entry) -> bool:
        return self.value(entry) is not None

    def cell(self, entry: Entry | None) -> Cell:
        value = None if entry is None else self.value(entry)
        return Cell.unknown() if value is None else Cell(self.show(value), value)


def _measure(name: str) -> Callable[[Entry], float | None]:
    def value(entry: Entry) -> float | None:
        found = entry.figures.get(name)
        return found if isinstance(found, int | float) else None

    return value


_FIGURES: Final = (
    _Figure(Column("params", "params"), _measure("params"), human),
    _Figure(Column("macs", "MACs"), _measure("macs"), human),
    _Figure(Column("top1", "top-1"), lambda entry: entry.top1, lambda value: f"{value:.1f}"),
)


def _cells(timing: Timing) -> Iterator[Cell]:
    low, high = timing.quartiles
    yield Cell.words(timing.model)
    yield Cell(timing.title, timing.runtime)
    yield Cell(str(timing.batch), timing.batch)
    yield Cell(duration(timing.latency), timing.latency)
    yield Cell(f"{duration(low)}–{duration(high)}", f"{low:.6f}-{high:.6f}")
    yield Cell(f"{timing.throughput:.3g}" if timing.throughput < 100 else f"{timing.throughput:.0f}", timing.throughput)
    yield Cell(duration(timing.first), timing.first)
    yield Cell(in_bytes(timing.memory), timing.memory)


def duration(seconds: float) -> str:
    """A duration in milliseconds or seconds, with up to three significant digits.

    >>> [duration(s) for s in (0.0000421, 0.00421, 0.0999, 0.1234, 12.3456)]
    ['0.042 ms', '4.21 ms', '99.9 ms', '123 ms', '12.3 s']
    """
    ms = seconds * 1000
    if ms >= 9_999.5:
        return f"{seconds:.1f} s"
    digits = 0 if ms >= 99.95 else 1 if ms >= 9.995 else 2 if ms >= 0.1 else 3
    return f"{ms:.{digits}f} ms"


def to_json(speed: Speed, kept: Mapping[str, str] | None = None) -> str:
    """The measurements as JSON, with times in seconds and sizes in bytes.

    With ``kept``, the fingerprints of the graphs by model name, it has everything that is needed to resume.
    """
    if kept is None:
        more: dict[str, Any] = {"models": [_of_model(name, entry) for name, entry in speed.entries.items()]}
    else:
        more = {"graphs": dict(sorted(kept.items()))}
    return document(
        SCHEMA,
        VERSION,
        threads=speed.threads,
        rounds=speed.rounds,
        clock=speed.clock,
        machine=dict(speed.machine),
        timings=[_members(timing, kept is not None) for timing in speed.timings],
        failures=[
            {"model": f.model, "runtime": f.runtime, "title": f.title, "batch": f.batch, "reason": f.reason}
            for f in speed.failures
        ],
        absent=[{"runtime": each.runtime, "install": each.install} for each in speed.absent],
        **more,
    )


def _of_model(name: str, entry: Entry) -> dict[str, Any]:
    return {"model": name, **{figure.column.name: figure.value(entry) for figure in _FIGURES}}


def _members(timing: Timing, has_calls: bool) -> dict[str, Any]:
    low, high = timing.quartiles
    return {
        "model": timing.model,
        "runtime": timing.runtime,
        "title": timing.title,
        "batch": timing.batch,
        "latency": timing.latency,
        "quartiles": [low, high],
        "calls": len(timing.seconds),
        "throughput": timing.throughput,
        "first_call": timing.first,
        "memory": timing.memory,
        "memory_before": timing.imported,
        "error": timing.error,
        **({"seconds": [round(seconds, 7) for seconds in timing.seconds]} if has_calls else {}),
    }


def best(timings: Sequence[Timing]) -> dict[str, Timing]:
    """The fastest timing of each model."""
    found: dict[str, Timing] = {}
    for timing in timings:
        if timing.model not in found or timing.latency < found[timing.model].latency:
            found[timing.model] = timing
    return found
