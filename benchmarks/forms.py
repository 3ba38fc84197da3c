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
from importlib import import_module
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
from archdsl.runtimes.inputs import examples
from archdsl.runtimes.race import difference
from archdsl.runtimes.registry import RUNTIMES, Array, Model
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
_RUNTIMES: Final = ("openvino", "onnx")
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
    """Its name in ``RUNTIMES``."""
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
        write("forms", _COLUMNS, rows.values(), ("openvino", "onnxruntime"))
    return 0


def _row(name: str) -> str:
    settings = MODELS.get(name, {})
    graph = archdsl.load(name, **settings).graph
    arrays = initial(graph, 0)
    plain = [ready(runtime, graph, arrays, ()) for runtime in _RUNTIMES]
    rewritten = [ready(runtime, graph, arrays, REWRITES) for runtime in _RUNTIMES]
    latencies = cpu_times([*plain, *rewritten])
    best = min(range(4), key=latencies.__getitem__)
    form = [*plain, *rewritten][best]
    others = [ready(form.runtime, graph, arrays, REWRITES.keys() - {each}) for each in form.done]
    again = cpu_times([plain[0], plain[1], form, *others])
    shown = "; ".join(f"{each}: {duration(time)}" for each, time in zip(form.done, again[3:], strict=True))
    worst = max(difference(each.answers, plain[0].answers) for each in (*plain, *rewritten, *others))
    if worst > 1e-3:
        raise ValueError(f"{name}: answers are off by {worst:.1e}")
    cells = (
        graph.name + "".join(f", {key} {value}" for key, value in settings.items()),
        duration(again[0]),
        duration(again[1]),
        f"{duration(again[2])}, {RUNTIMES[form.runtime].title}",
        f"{again[2] / again[0]:.2f}",
        shown or "no rewrites",
        f"{worst:.0e}",
    )
    return f"| {' | '.join(cells)} |"


def ready(runtime: str, graph: Graph, arrays: Mapping[str, Array], names: Collection[str]) -> Form:
    """A model with these rewrites on a runtime, on one thread, which Keras is told by the environment."""
    found = optimised(graph, arrays, names)
    module: Any = import_module(RUNTIMES[runtime].module)
    with TemporaryDirectory() as folder:
        file = Path(folder) / RUNTIMES[runtime].file(1)
        module.export(Model(found.graph, dict(found.arrays), 1), file)
        loaded = module.load(file, found.graph, examples(found.graph, 1), 0 if runtime.startswith("keras") else 1)
    return Form(runtime, tuple(found.done), loaded.call, loaded.read(loaded.call()))


def cpu_times(forms: Sequence[Form]) -> list[float]:
    """The median CPU time of each, after a call that does not count; every other round goes in the opposite order."""
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


def write(part: str, columns: Sequence[str], rows: Collection[str], packages: Sequence[str]) -> None:
    """Puts rows into a table of the page, in place of those of the same models."""
    text = _PAGE.read_text(encoding="utf-8").split(f"<!-- {part} -->")[1].split(f"<!-- /{part} -->")[0]
    kept = [line for line in text.splitlines() if "| " in line]
    names = {row.split("|")[1].strip(): row for row in (*kept[1:], *rows)}
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    head = [f"{datetime.now(UTC).date()}, {versions}:", "", f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    pages.replace(_PAGE, part, "\n".join([*head, *names.values()]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
