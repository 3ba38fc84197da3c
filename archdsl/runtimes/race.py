"""Times models on interleaved runtimes, so that a slow phase of the machine affects all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

import numpy as np

from archdsl.graph.json import to_json
from archdsl.graph.model import Graph
from archdsl.runtimes.registry import Array, Runtime
from archdsl.runtimes.worker import GRAPH, WEIGHTS
from archdsl.study.speed import Clock
from archdsl.weights import safetensors

_TURN: Final = 0.05
"""Seconds that a turn of a runtime lasts at least, if it takes no more than ``_CALLS``."""
_CALLS: Final = 20


class RuntimeFailed(Exception):
    """A runtime cannot export, load or run a model; says why."""


@dataclass(frozen=True)
class Entrant:
    """A model in one form on one runtime."""

    runtime: Runtime
    folder: Path
    """Where the graph, the weights and the exported files are."""
    name: str = ""
    """To tell it from others on the same runtime."""


@dataclass
class Result:
    """The measurement of an entrant for one batch size."""

    entrant: Entrant
    batch: int
    seconds: list[float] = field(default_factory=list)
    first: float = 0.0
    memory: int = 0
    imported: int = 0
    outputs: Sequence[Array] = ()
    """The answers to ``inputs.examples``."""
    failure: str | None = None


def prepare(folder: Path, graph: Graph, arrays: Mapping[str, Array]) -> None:
    """Writes a model into a folder for the workers."""
    (folder / GRAPH).write_text(to_json(graph), encoding="utf-8")
    safetensors.write(folder / WEIGHTS, {key: np.ascontiguousarray(array) for key, array in arrays.items()}, {})


def threads_here() -> int:
    """The number of processors available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def race(
    entrants: Sequence[Entrant],
    batches: Sequence[int],
    *,
    threads: int,
    rounds: int,
    clock: Clock = "wall",
    telling: Callable[[str], Any] = lambda _: None,
) -> Iterator[Result]:
    """The results for each batch, in the order of the entrants. Each has one process for all batches.

    Batches are taken from small to large, so that a process's peak of memory is that of its batch. ``telling`` is
    called with what is being done.
    """
    with ExitStack() as processes:
        workers: dict[int, _Worker] = {}
        for batch in sorted(set(batches)):
            results = [Result(entrant, batch) for entrant in entrants]
            for number, result in enumerate(results):
                telling(f"loading {result.entrant.runtime.title}, batch {batch}")
                try:
                    export(result.entrant, batch)
                    worker = workers.get(number)
                    if worker is None:
                        worker = workers[number] = processes.enter_context(_started(result.entrant, threads))
                    _load(worker, result, f"answers-{number}.npz")
                except RuntimeFailed as failed:
                    result.failure = str(failed)
            telling(f"timing batch {batch}")
            take_turns(
                [(workers[n], result) for n, result in enumerate(results) if result.failure is None], rounds, clock
            )
            yield from results


def _load(worker: _Worker, result: Result, answers: str) -> None:
    said = worker.ask(do="load", batch=result.batch, answers=answers)
    result.first, result.memory, result.imported = said["first"], said["memory"], said["imported"]
    with np.load(result.entrant.folder / answers) as found:
        result.outputs = [found[name] for name in found.files]


def take_turns(running: Sequence[tuple[_Worker, Result]], rounds: int, clock: Clock = "wall") -> None:
    """Round-robin, with the direction reversed in every other round."""
    calls = {}
    for worker, result in running:
        calls[id(result)] = 1
        with _failing(result):
            (once,) = worker.ask(do="time", calls=1, clock=clock)["times"]
            calls[id(result)] = max(1, min(_CALLS, int(_TURN / max(once, 1e-6))))
    for turn in range(rounds):
        for worker, result in running[:: 1 if turn % 2 else -1]:
            if result.failure is None:
                with _failing(result):
                    said = worker.ask(do="time", calls=calls[id(result)], clock=clock)
                    result.seconds += said["times"]
                    result.memory = said["memory"]


@contextmanager
def _failing(result: Result) -> Iterator[None]:
    try:
        yield
    except RuntimeFailed as failed:
        result.failure = str(failed)


def difference(outputs: Sequence[Array], reference: Sequence[Array]) -> float:
    """The largest absolute difference of outputs over the largest value of the reference; infinite for NaN.

    >>> difference([np.array([1.0, 2.0])], [np.array([1.0, 4.0])])
    0.5
    """
    worst = 0.0
    for one, other in zip(outputs, reference, strict=True):
        if one.shape != other.shape or not np.isfinite(one).all():
            return float("inf")
        scale = float(np.abs(other).max(initial=0.0))
        worst = max(worst, float(np.abs(one - other).max(initial=0.0)) / (scale or 1.0))
    return worst


# --- processes --------------------------------------------------------------------------------------------------------


def export(entrant: Entrant, batch: int) -> Path:
    """The runtime's file, written unless it exists.

    Raises:
        RuntimeFailed: it cannot be written.
    """
    file = entrant.folder / entrant.runtime.file(batch)
    if not file.exists():
        command = _command("export", entrant.runtime.name, entrant.folder, batch)
        done = subprocess.run(command, env=_environment(1), capture_output=True, text=True, check=False)
        if done.returncode or not file.exists():
            raise RuntimeFailed(_last_line(done.stderr) or f"export ended with {done.returncode}")
    return file


class _Worker:
    """A process that answers requests."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self._process = process
        self._errors = errors

    def ask(self, **request: Any) -> dict[str, Any]:
        """
        Raises:
            RuntimeFailed: the process has ended, or could not do it.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._errors.seek(0)
            raise RuntimeFailed(_last_line(self._errors.read()) or f"the process ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeFailed(answer["error"].partition("\n")[0])
        return answer


@contextmanager
def _started(entrant: Entrant, threads: int) -> Iterator[_Worker]:
    with TemporaryFile("w+", errors="replace") as errors:
        process = subprocess.Popen(
            _command("run", entrant.runtime.name, entrant.folder, threads),
            env=_environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield _Worker(process, errors)
        finally:
            process.kill()
            process.communicate()


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "archdsl.runtimes.worker", *map(str, arguments)]


def _environment(threads: int) -> dict[str, str]:
    """The environment of a worker: quiet, CPU only, with that number of threads."""
    root = str(Path(__file__).parent.parent.parent)
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
        "OMP_NUM_THREADS": str(threads),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTEROP_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
    }


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
