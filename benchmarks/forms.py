"""What rewrites gain on a processor: ``python -m benchmarks.forms [--write] [MODEL…]``.

For each model at batch 1, on one thread: the plain and the rewritten form on OpenVINO and ONNX Runtime, in turns in
this process, in CPU time, which a busy machine changes little; then the fastest of them without each of its rewrites.
All answers are compared. ``--write`` puts the rows into docs/performance.md, in place of those of the same models.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Final, NamedTuple

import archdsl
from archdsl.backends.onnx.weights import initial
from archdsl.graph.model import Graph
from archdsl.rewrites import REWRITES, optimised
from archdsl.runtimes import onnx, openvino
from archdsl.runtimes.inputs import examples
from archdsl.runtimes.race import difference
from archdsl.runtimes.registry import Array, Model
from archdsl.study.speed import duration
from benchmarks import pages

MODELS: Final[Mapping[str, Mapping[str, int]]] = {
    "mobilenet_v2": {},
    "efficientnet_b0": {},
    "repvgg_a0": {},
    "inception_v3": {},
    "densenet121": {},
    "vit_ti16": {},
    "convnext_tiny": {},
    "segformer_b0": {"size": 256},
}
_RUNTIMES: Final[Mapping[str, Any]] = {"OpenVINO": openvino, "ONNX Runtime": onnx}
_SECONDS: Final = 2.5
"""That all calls of a race take together, at most, but for the least number of rounds."""
_ROUNDS: Final = (5, 25)
_COLUMNS: Final = (
    "model",
    "plain OpenVINO",
    "plain ONNX Runtime",
    "fastest form",
    "ratio",
    "without one rewrite",
    "off by",
)
_PAGE: Final = Path(__file__).parent.parent / "docs" / "performance.md"


class Form(NamedTuple):
    """A form that is ready to run, and its answers."""

    runtime: str
    done: tuple[str, ...]
    call: Callable[[], Any]
    answers: Sequence[Array]


def main(arguments: Sequence[str]) -> int:
    """Prints a row as soon as it is measured."""
    rows = {}
    for name in [each for each in arguments if not each.startswith("--")] or MODELS:
        rows[name] = _row(name)
        print(rows[name], flush=True)
    if "--write" in arguments:
        _write(rows)
    return 0


def _row(name: str) -> str:
    settings = MODELS.get(name, {})
    graph = archdsl.load(name, **settings).graph
    arrays = initial(graph, 0)
    plain = [_form(runtime, graph, arrays, ()) for runtime in _RUNTIMES]
    rewritten = [_form(runtime, graph, arrays, REWRITES) for runtime in _RUNTIMES]
    latencies = _race([*plain, *rewritten])
    best = min(range(4), key=latencies.__getitem__)
    form = [*plain, *rewritten][best]
    others = [_form(form.runtime, graph, arrays, REWRITES.keys() - {each}) for each in form.done]
    again = _race([plain[0], plain[1], form, *others])
    shown = "; ".join(f"{each}: {duration(time)}" for each, time in zip(form.done, again[3:], strict=True))
    worst = max(difference(each.answers, plain[0].answers) for each in (*plain, *rewritten, *others))
    if worst > 1e-3:
        raise ValueError(f"{name}: answers are off by {worst:.1e}")
    cells = (
        graph.name + "".join(f", {key} {value}" for key, value in settings.items()),
        duration(again[0]),
        duration(again[1]),
        f"{duration(again[2])}, {form.runtime}",
        f"{again[2] / again[0]:.2f}",
        shown or "no rewrites",
        f"{worst:.0e}",
    )
    return f"| {' | '.join(cells)} |"


def _form(runtime: str, graph: Graph, arrays: Mapping[str, Array], names: Collection[str]) -> Form:
    found = optimised(graph, arrays, names)
    module = _RUNTIMES[runtime]
    with TemporaryDirectory() as folder:
        file = Path(folder) / ("net.xml" if runtime == "OpenVINO" else "net.onnx")
        module.export(Model(found.graph, dict(found.arrays), 1), file)
        loaded = module.load(file, found.graph, examples(found.graph, 1), 1)
    return Form(runtime, tuple(found.done), loaded.call, loaded.read(loaded.call()))


def _race(forms: Sequence[Form]) -> list[float]:
    """The median of each, after a call that does not count; every other round goes in the opposite order."""
    gc.collect()
    rounds, taken = 1, [list[float]() for _ in forms]
    turn = 0
    while turn < rounds:
        for number, form in list(enumerate(forms))[:: 1 if turn % 2 else -1]:
            form.call()
            start = process_time()
            form.call()
            taken[number].append(process_time() - start)
        if turn == 0:
            once = 2 * sum(times[0] for times in taken)
            rounds = max(_ROUNDS[0], min(_ROUNDS[1], int(_SECONDS / once)))
        turn += 1
    return [median(times) for times in taken]


def _write(rows: Mapping[str, str]) -> None:
    """Keeps the rows of other models."""
    kept = [line for line in _PAGE.read_text(encoding="utf-8").split("<!-- forms -->")[1].splitlines() if "| " in line]
    names = {row.split("|")[1].strip(): row for row in kept[1:]}
    names |= {row.split("|")[1].strip(): row for row in rows.values()}
    packages = ", ".join(f"{name} {version(name)}" for name in ("openvino", "onnxruntime"))
    head = [f"{datetime.now(UTC).date()}, {packages}:", "", f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    pages.replace(_PAGE, "forms", "\n".join([*head, *names.values()]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
