"""What ``archdsl compile --for cpu`` chooses: ``python -m benchmarks.fastest [--write] [MODEL…]``.

For each model at batch 1, on one thread: the command's own choice among all forms on all runtimes that are installed.
Then the form that was chosen, the same without each of its rewrites and without any, plain OpenVINO and
``model.predict``, in turns in this process and in CPU time, which a busy machine changes little. Exits with 1 if a
choice is slower than plain OpenVINO by more than the noise, or MobileNetV2's no five times as fast as
``model.predict``. ``--write`` puts the rows into docs/performance.md, in place of those of the same models.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, NamedTuple

from archdsl.runtimes.registry import RUNTIMES
from archdsl.study.speed import duration
from benchmarks.forms import MODELS, cpu_times, ready, write

NOISE: Final = 1.05
"""How many times another's time a form may take that is as fast."""
GAIN: Final = 1.1
"""The same of one that is slower for want of a rewrite that shows."""
_PREDICT: Final = {"mobilenet_v2": 5.0}
"""How many times as fast as ``model.predict`` a choice must be."""
_PACKAGES: Final = ("openvino", "onnxruntime", "ai-edge-litert", "tensorflow")
_COLUMNS: Final = (
    "model",
    "chosen",
    "chosen in",
    "takes",
    "plain OpenVINO",
    "ratio",
    "`model.predict`",
    "ratio",
    "without its rewrites",
    "without one of them",
)


class Found(NamedTuple):
    """What was measured of a model, times in seconds of CPU."""

    name: str
    runtime: str
    rewrites: tuple[str, ...]
    took: float
    """Wall time that the choice took."""
    chosen: float
    openvino: float
    predict: float
    plain: float
    """The chosen runtime's without rewrites."""
    without: tuple[float, ...]
    """The chosen form's without each of its rewrites."""

    @property
    def gains(self) -> Iterator[str]:
        """Rewrites without which the form takes at least a tenth longer."""
        yield from (name for name, time in zip(self.rewrites, self.without, strict=True) if time > GAIN * self.chosen)

    @property
    def misses(self) -> Iterator[str]:
        """What a choice promises, and this one does not hold."""
        if self.chosen > NOISE * self.openvino:
            yield f"{self.name}: slower than plain OpenVINO, {self.chosen / self.openvino:.2f}"
        if self.predict < (factor := _PREDICT.get(self.name, 0.0)) * self.chosen:
            yield f"{self.name}: {self.predict / self.chosen:.1f} times as fast as model.predict, not {factor}"

    def row(self) -> str:
        settings = "".join(f", {key} {value}" for key, value in MODELS.get(self.name, {}).items())
        without = "; ".join(f"{name}: {duration(time)}" for name, time in zip(self.rewrites, self.without, strict=True))
        cells = (
            f"`{self.name}`{settings}",
            f"{RUNTIMES[self.runtime].title}, {', '.join(self.rewrites) or 'plain'}",
            f"{self.took:.0f} s",
            duration(self.chosen),
            duration(self.openvino),
            f"{self.chosen / self.openvino:.2f}",
            duration(self.predict),
            f"{self.chosen / self.predict:.2f}",
            duration(self.plain) if self.rewrites else "",
            without,
        )
        return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Prints a row as soon as it is measured."""
    os.environ.update(KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3")
    os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    rows, misses = [], list[str]()
    for name in [each for each in arguments if not each.startswith("--")] or MODELS:
        found = measure(name)
        rows.append(found.row())
        misses += found.misses
        print(found.row(), f"gained a tenth by: {', '.join(found.gains) or 'none'}", sep="\n", flush=True)
        if "--write" in arguments:
            write("fastest", _COLUMNS, rows, _PACKAGES)
    print(*misses, sep="\n", file=sys.stderr)
    return 1 if misses else 0


def measure(name: str) -> Found:
    """Chooses a form as the command does, and compares it."""
    import archdsl
    from archdsl.backends.onnx.weights import initial
    from archdsl.rewrites import REWRITES
    from archdsl.runtimes.fastest import DOUBTFUL, fastest

    architecture = archdsl.load(name, **MODELS.get(name, {}))
    start = perf_counter()
    with TemporaryDirectory() as folder:
        best = fastest(architecture, Path(folder), threads=1, telling=lambda what: print(what, file=sys.stderr))[0]
        runtime, rewrites = best.runtime.name, best.rewrites
    took = perf_counter() - start
    graph = architecture.graph
    arrays = initial(graph, 0)
    names = REWRITES.keys() - ({*DOUBTFUL} - {*rewrites}) if rewrites else {*rewrites}
    forms = [
        ready(runtime, graph, arrays, names),
        ready("openvino", graph, arrays, ()),
        ready("keras", graph, arrays, ()),
        ready(runtime, graph, arrays, ()),
        *(ready(runtime, graph, arrays, names - {each}) for each in rewrites),
    ]
    chosen, openvino, predict, plain, *without = cpu_times(forms)
    return Found(name, runtime, rewrites, took, chosen, openvino, predict, plain, tuple(without))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
