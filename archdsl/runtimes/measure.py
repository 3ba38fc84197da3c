"""Benchmarks models on the installed runtimes."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from archdsl.comparison.entry import Entry
from archdsl.comparison.entry import measure as figures
from archdsl.fitted import fitted
from archdsl.graph.fingerprint import fingerprint
from archdsl.graph.model import Graph
from archdsl.runtimes.inputs import examples
from archdsl.runtimes.kept import Kept
from archdsl.runtimes.race import Entrant, difference, prepare, race, threads_here
from archdsl.runtimes.registry import RUNTIMES, Array, Runtime
from archdsl.study.speed import Absent, Clock, Failure, Speed, Timing

ROUNDS: Final = 10


class Subject(NamedTuple):
    """A model to be measured."""

    entry: Entry
    graph: Graph
    arrays: Mapping[str, Array] | None = None
    """Its weights; fresh ones if not given."""

    def weights(self) -> Mapping[str, Array]:
        """The given weights, or initial ones, which are deterministic."""
        from archdsl.backends.onnx.weights import initial

        return self.arrays if self.arrays is not None else initial(self.graph, 0)


def subject(graph: Graph, file: str, weights: str | PathLike[str] | None = None, *, changed: bool = False) -> Subject:
    """A model from ``file``, with the weights of another file or initial ones.

    ``changed`` is whether it was given other arguments than its spec's, so that its accuracy is not known.

    Raises:
        WeightsError: the weights do not fit.
        ValueError: the size of an input is left open.
        OSError: the weights cannot be read.
    """
    examples(graph, 1)
    entry = figures(graph, file, changed=changed)
    if weights is None:
        return Subject(entry, graph)
    with fitted(graph, weights) as arrays:
        return Subject(entry, graph, {key: array.read() for key, array in arrays.items()})


def installed(names: Sequence[str] | None = None) -> tuple[tuple[Runtime, ...], tuple[Absent, ...]]:
    """The requested runtimes, or else all: the installed ones, and those that are not.

    Raises:
        KeyError: there is no such runtime.
    """
    asked = [RUNTIMES[name] for name in names] if names is not None else [*RUNTIMES.values()]
    absent = tuple(Absent(each.name, each.title, each.install) for each in asked if each.missing)
    return tuple(each for each in asked if not each.missing), absent


def measure(
    subjects: Iterable[Subject],
    names: Sequence[str] | None = None,
    *,
    batches: Sequence[int] = (1,),
    threads: int | None = None,
    rounds: int = ROUNDS,
    clock: Clock = "wall",
    kept: Kept | None = None,
    telling: Callable[[str], Any] = lambda _: None,
) -> Speed:
    """Times of every model on every runtime, one model after the other; ``kept`` ones are not measured again.

    Raises:
        KeyError: there is no such runtime.
        OtherTimes: what is kept was measured otherwise.
        OSError: it cannot be written.
    """
    runtimes, absent = installed(names)
    conditions = Speed((), threads or threads_here(), rounds, absent=absent, machine=machine(runtimes), clock=clock)
    if kept is not None:
        kept.expect(conditions)
    places = [(runtime.name, batch) for batch in sorted(set(batches)) for runtime in runtimes]
    found: list[Timing | Failure] = []
    entries: dict[str, Entry] = {}
    for subject in subjects:
        name = subject.entry.name
        entries[name] = subject.entry
        graph = fingerprint(subject.graph)
        of_it = kept.of(name, graph, places) if kept is not None else ()
        if not of_it:
            of_it = [*_measured(subject, runtimes, batches, conditions, telling)]
            if kept is not None:
                kept.add(name, graph, of_it)
        found += of_it
    return replace(
        conditions,
        timings=tuple(each for each in found if isinstance(each, Timing)),
        failures=tuple(each for each in found if isinstance(each, Failure)),
        entries=entries,
    )


def _measured(
    subject: Subject,
    runtimes: Sequence[Runtime],
    batches: Sequence[int],
    how: Speed,
    telling: Callable[[str], Any],
) -> Iterator[Timing | Failure]:
    name = subject.entry.name
    with TemporaryDirectory(prefix="archdsl-") as folder:
        home = Path(folder)
        prepare(home, subject.graph, subject.weights())
        reference: dict[int, Sequence[Array]] = {}
        for result in race(
            [Entrant(runtime, home) for runtime in runtimes],
            batches,
            threads=how.threads,
            rounds=how.rounds,
            clock=how.clock,
            telling=lambda what: telling(f"{name}: {what}"),
        ):
            runtime, batch = result.entrant.runtime, result.batch
            if result.failure is not None:
                yield Failure(name, runtime.name, runtime.title, batch, result.failure)
                continue
            error = difference(result.outputs, reference.setdefault(batch, result.outputs))
            yield Timing(
                name,
                runtime.name,
                runtime.title,
                batch,
                tuple(result.seconds),
                result.first,
                result.memory,
                result.imported,
                error,
            )


_PACKAGES: Final = ("keras", "tensorflow", "torch", "onnx", "onnxruntime", "openvino", "ai-edge-litert")


def machine(runtimes: Sequence[Runtime]) -> dict[str, Any]:
    """The conditions of the measurement: the processor, and the versions of the runtimes."""
    found = {
        "processor": _processor(),
        "cores": threads_here(),
        "system": platform.system(),
        "python": platform.python_version(),
    }
    wanted = {name.replace("_", "-") for runtime in runtimes for name in runtime.packages}
    for package in _PACKAGES:
        if package in wanted:
            try:
                found[package] = version(package)
            except PackageNotFoundError:  # a build of it under another name
                found[package] = "unknown"
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
