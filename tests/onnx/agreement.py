"""What ONNX Runtime makes of a file, beside what the NumPy definitions make of the graph that it was written from."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime

from archdsl.backends.onnx.write import save
from archdsl.compiler import Program
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph
from archdsl.graph.text import to_text as graph_text
from archdsl.ops.activation import Sigmoid
from archdsl.ops.normalisation import GroupNorm, InstanceNorm, LayerNorm
from archdsl.passes.sizes import least_sizes
from archdsl.source import SourceFile
from archdsl.weights import Array as Stored
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import Writer
from tests.fuzz.wide import opened, several
from tests.reference.comparison import TOLERANCE, difference, inputs_for
from tests.reference.definitions import DEFINITIONS, Array
from tests.reference.run import Result, random_weights, run

ONE_OP: Final = 2e-5
"""Of the largest number of an output: what single precision leaves of one op."""
_ROUNDINGS: Final = 10.0
"""Where numbers cancel or overflow: how many times what the definitions lose by rounding the output of every node."""


def stored(weights: Mapping[str, Array]) -> dict[str, Stored]:
    """Arrays as a file of weights has them."""
    return {key: _stored(value.astype("float32")) for key, value in weights.items()}


def _stored(array: Any) -> Stored:
    return Stored(array.shape, array.dtype.name, lambda: array)


def session(file: Path) -> onnxruntime.InferenceSession:
    """What runs a file, on one thread, as quickly as ONNX Runtime can."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def answers(file: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a file computes, by the names of its outputs."""
    running = session(file)
    names = [port.name for port in running.get_outputs()]
    needed = {port.name for port in running.get_inputs()}
    given = {name: value for name, value in inputs.items() if name in needed}
    return dict(zip(names, running.run(names, given), strict=True))


def disagreements(
    graph: Graph,
    rng: np.random.Generator,
    *,
    batches: Sequence[int] = (2,),
    sizes: Mapping[str, int] | None = None,
    tolerance: float = TOLERANCE,
    inline: bool = False,
    built: Graph | None = None,
) -> list[str]:
    """Where the file of a graph, with random weights and inputs, is another function; empty if nowhere.

    ``sizes`` are those that the graph leaves open. A test of this comparison has another graph ``built``.
    """
    weights = random_weights(graph, rng)
    tolerance = precision(graph, tolerance)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "net.onnx"
        save(built or graph, file, stored(weights), inline=inline)
        onnx.checker.check_model(file, full_check=True)
        found = []
        for batch in batches:
            inputs = inputs_for(graph, rng, batch, sizes)
            found += [f"batch {batch}: {line}" for line in _answers(graph, file, weights, inputs, tolerance)]
    return found


def precision(graph: Graph, tolerance: float) -> float:
    """``tolerance``, or more for norms of few numbers, which may have next to no variance to divide roundings by."""
    for node in graph:
        if (
            isinstance(node.op, LayerNorm | InstanceNorm | GroupNorm)
            and _normed(node.op, graph.input_shapes(node)[0]) < 8
        ):
            tolerance = max(tolerance, 2**-22 / node.op.eps**0.5)
    return tolerance


def _normed(op: LayerNorm | InstanceNorm | GroupNorm, x: Shape) -> int:
    """How many numbers have one mean and one variance, where sizes are known."""
    *places, channels = (dim if isinstance(dim, int) else 8 for dim in x)
    if isinstance(op, LayerNorm):
        return channels
    return prod(places) * (channels // op.groups if isinstance(op, GroupNorm) else 1)


def _answers(
    graph: Graph, file: Path, weights: dict[str, Array], inputs: Mapping[str, Any], tolerance: float
) -> Iterator[str]:
    outputs = answers(file, inputs)
    with np.errstate(over="ignore", invalid="ignore"):  # programs may multiply until no number holds it
        expected = run(graph, weights, inputs)
        rounded: Result | None = None
        for name, value in expected.outputs.items():
            if any(difference(name, outputs[name], value, tolerance)):
                rounded = rounded or _rounded(graph, weights, inputs)
                lost = np.abs(rounded.outputs[name] - value).max()
                if np.isfinite(lost):
                    yield from difference(name, outputs[name], value, tolerance, _ROUNDINGS * float(lost))


def _rounded(graph: Graph, weights: dict[str, Array], inputs: Mapping[str, Any]) -> Result:
    """What the definitions say in single precision, with sigmoids as coarse as ONNX Runtime's.

    Its logistic function is exact to some 2**-24 of 1 and not of itself: 0 where it is less.
    """
    exact = DEFINITIONS[Sigmoid]
    DEFINITIONS[Sigmoid] = lambda op, call: np.round(exact(op, call) * 2**24) / 2**24
    try:
        return run(graph, weights, inputs, single=True)
    finally:
        DEFINITIONS[Sigmoid] = exact


def program_differences(seed: int) -> list[str]:
    """Where the files of the generated programs with this number are other functions."""
    random, rng = Random(seed), np.random.default_rng(seed)
    text = Writer(random, seed).program()
    written = Program(SourceFile("<text>", text), MemoryLoader({})).graph("Net", {"rate": 0.0})
    assert written is not None, text
    found = []
    for graph in (written, several(random)):
        batches = (1, random.choice([dim for port in graph.inputs for dim in port.shape if isinstance(dim, int)]))
        lines = disagreements(graph, rng, batches=batches, inline=bool(seed % 2))
        found += [f"{line}\n{graph_text(graph)}" for line in lines]
    graph = opened(random)
    for more in (0, random.randint(1, 2)):
        sizes = {least.name: least.size + more * least.step for least in least_sizes(graph)}
        lines = disagreements(graph, rng, sizes=sizes, inline=bool(seed % 2))
        found += [f"{sizes}: {line}\n{graph_text(graph)}" for line in lines]
    return found


if __name__ == "__main__":
    differing = 0
    for number in range(int(sys.argv[1]), int(sys.argv[2])):
        lines = program_differences(number)
        differing += bool(lines)
        for line in lines:
            print(f"{number}: {line}", flush=True)
    print(f"ONNX Runtime: {differing} programs differ", flush=True)
