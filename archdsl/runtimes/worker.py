"""One runtime in a process of its own, to isolate its memory, threads and crashes.

``python -m archdsl.runtimes.worker export NAME FOLDER BATCH`` writes the file that a runtime loads;
``… run NAME FOLDER THREADS`` takes requests, a line of JSON each, and answers each with a line. ``FOLDER`` has the
graph and its weights.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final, TextIO

from archdsl.graph.json import from_json
from archdsl.graph.model import Graph
from archdsl.runtimes.inputs import examples
from archdsl.runtimes.memory import peak
from archdsl.runtimes.registry import RUNTIMES, Load, Loaded, Model
from archdsl.weights import safetensors

if TYPE_CHECKING:
    from archdsl.study.speed import Clock

GRAPH: Final = "graph.json"
WEIGHTS: Final = "weights.safetensors"


def main(arguments: Sequence[str]) -> None:
    """Runs either command. Output of libraries goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    command, name, folder, number = arguments
    if command == "export":
        _export(name, Path(folder), int(number))
    else:
        _Worker(name, Path(folder), int(number)).serve(answers)
    answers.flush()
    sys.stderr.flush()
    os._exit(0)  # runtimes may take seconds to clean up


def read_graph(folder: Path) -> Graph:
    return from_json((folder / GRAPH).read_text(encoding="utf-8"))


def _export(name: str, folder: Path, batch: int) -> None:
    runtime = RUNTIMES[name]
    with safetensors.opened(str(folder / WEIGHTS)) as source:
        model = Model(read_graph(folder), {key: array.read() for key, array in source.arrays.items()}, batch)
    import_module(runtime.module).export(model, folder / runtime.file(batch))


class _Worker:
    def __init__(self, name: str, folder: Path, threads: int) -> None:
        self._runtime = RUNTIMES[name]
        self._folder = folder
        self._threads = threads
        self._graph = read_graph(folder)
        self._load: Load = import_module(self._runtime.module).load
        self._imported = peak()
        self._loaded: Loaded | None = None

    def serve(self, answers: TextIO) -> None:
        """Answers requests until there are no more, or one of them fails."""
        asked: Mapping[str, Any]
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                answer = getattr(self, asked["do"])(**{key: value for key, value in asked.items() if key != "do"})
            except Exception as error:  # noqa: BLE001  # of any class, as runtimes raise what they like; it is reported
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=answers, flush=True)

    def load(self, batch: int, answers: str) -> dict[str, Any]:
        """Loads the model, runs it once and saves the outputs."""
        import numpy as np

        self._loaded = None
        gc.collect()
        inputs = examples(self._graph, batch)
        start = perf_counter()
        loaded = self._load(self._folder / self._runtime.file(batch), self._graph, inputs, self._threads)
        found = loaded.call()
        outputs = loaded.read(found)
        first = perf_counter() - start
        np.savez(self._folder / answers, *outputs)
        self._loaded = loaded
        return {"first": first, "memory": peak(), "imported": self._imported}

    def time(self, calls: int, clock: Clock) -> dict[str, Any]:
        """The seconds of some calls, after a warm-up call."""
        assert self._loaded is not None
        now = process_time if clock == "cpu" else perf_counter
        call = self._loaded.call
        call()
        times = []
        for _ in range(calls):
            start = now()
            call()
            times.append(now() - start)
        return {"times": times, "memory": peak()}


if __name__ == "__main__":
    main(sys.argv[1:])
