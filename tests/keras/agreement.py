"""What a backend makes of a graph, beside what the NumPy definitions make of it: outputs, and which weights train."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

import keras
import numpy as np

from archdsl.backends.keras.build import build
from archdsl.backends.keras.weights import variables
from archdsl.compiler import Program
from archdsl.graph.model import Graph
from archdsl.graph.text import to_text as graph_text
from archdsl.ops.normalisation import LayerNorm
from archdsl.passes.sizes import least_sizes
from archdsl.source import SourceFile
from tests.fuzz.corpus import MemoryLoader
from tests.fuzz.programs import Writer
from tests.fuzz.wide import opened, several
from tests.reference.comparison import TOLERANCE as TOLERANCE
from tests.reference.comparison import difference as difference
from tests.reference.comparison import inputs_for as inputs_for
from tests.reference.definitions import Array
from tests.reference.run import Result, random_weights, run

ON_JAX: Final = keras.backend.backend() == "jax"
ONE_OP = 2e-5
"""What it leaves of one op."""
_ROUNDINGS: Final = 10.0
"""Where numbers cancel or overflow: how many times what the definitions lose by rounding the output of every node."""


def disagreements(
    graph: Graph,
    rng: np.random.Generator,
    *,
    batches: Sequence[int] = (2,),
    sizes: Mapping[str, int] | None = None,
    training: bool = False,
    tolerance: float = TOLERANCE,
    built: Graph | None = None,
) -> list[str]:
    """Where the backend's model of a graph, with random weights and inputs, is another function; empty if nowhere.

    ``sizes`` are those that the graph leaves open. A test of this comparison has another graph ``built``.
    """
    model = build(built or graph)
    weights = random_weights(graph, rng)
    assign(graph, model, weights)
    tolerance = precision(graph, tolerance)
    found = [*_trained(graph, model)]
    for batch in batches:
        inputs = inputs_for(graph, rng, batch, sizes)
        found += [f"batch {batch}: {line}" for line in _answers(graph, model, weights, inputs, tolerance)]
        if training:
            lines = _answers(graph, model, weights, inputs, tolerance, training=True)
            found += [f"batch {batch}, training: {line}" for line in lines]
            assign(graph, model, weights)  # as they were before the step
    return found


def precision(graph: Graph, tolerance: float = TOLERANCE) -> float:
    """``tolerance``, or more where a kernel of the backend is coarser than single precision.

    - TensorFlow reads the weights of a bicubic filter from a table of 1,024 places between two samples.
    - Keras's layer normalisation subtracts ``mean / sqrt(var + eps)`` from ``x / sqrt(var + eps)``; where
      few numbers have next to no variance, rounding leaves a few units in the last place of ``x / sqrt(eps)``.
    """
    for node in graph:
        if getattr(node.op, "method", "") == "bicubic" and keras.backend.backend() == "tensorflow":
            tolerance *= 50
        if isinstance(node.op, LayerNorm) and graph.input_shapes(node)[0][-1] < 8:
            tolerance = max(tolerance, 2**-22 / node.op.eps**0.5)
    return tolerance


def answers(model: keras.Model, inputs: Mapping[str, Any], training: bool = False) -> dict[str, Any]:
    """What a model says, by the names of its outputs."""
    given = list(inputs.values()) if len(inputs) > 1 else next(iter(inputs.values()))
    answer = _compiled(model, given, training) if ON_JAX else model(given, training=training)
    return answer if isinstance(answer, dict) else {"output": answer}


def _compiled(model: keras.Model, given: Any, training: bool) -> Any:
    """The same on JAX, which compiles one function sooner than each op of it."""
    import jax

    state = [[v.value for v in part] for part in (model.trainable_variables, model.non_trainable_variables)]
    answer, updates = jax.jit(lambda *state: model.stateless_call(*state, given, training=training))(*state)
    for variable, value in zip(model.non_trainable_variables, updates, strict=True):
        variable.assign(value)
    return answer


def _trained(graph: Graph, model: keras.Model) -> Iterator[str]:
    """The variables that an optimiser would change are those that the graph says."""
    expected = [
        f"{node.path}/{weight.name}"
        for node in graph
        if node.layer == node.path
        for weight in node.op.weights(*graph.input_shapes(node))
        if weight.trainable
    ]
    names = {id(variable): key for key, variable in variables(graph, model).items()}
    unknown = [variable.path for variable in model.weights if id(variable) not in names]
    if unknown:
        yield f"the graph does not know {unknown}"
    actual = [names.get(id(variable), variable.path) for variable in model.trainable_weights]
    if sorted(actual) != sorted(expected):
        yield f"trained are {sorted(actual)}, and should be {sorted(expected)}"


def _answers(
    graph: Graph,
    model: keras.Model,
    weights: dict[str, Array],
    inputs: Mapping[str, Any],
    tolerance: float,
    *,
    training: bool = False,
) -> Iterator[str]:
    outputs = answers(model, inputs, training)
    own = variables(graph, model)
    with np.errstate(over="ignore", invalid="ignore"):  # programs may multiply until no number holds it
        expected = run(graph, weights, inputs, training=training)
        rounded: Result | None = None
        for name, value in (expected.outputs | expected.updates).items():
            actual = keras.ops.convert_to_numpy(outputs[name] if name in expected.outputs else own[name])
            if any(difference(name, actual, value, tolerance)):
                rounded = rounded or run(graph, weights, inputs, training=training, single=True)
                lost = np.abs((rounded.outputs | rounded.updates)[name] - value).max()
                if np.isfinite(lost):
                    yield from difference(name, actual, value, tolerance, _ROUNDINGS * float(lost))


def assign(graph: Graph, model: keras.Model, weights: Mapping[str, Array]) -> None:
    """Gives every weight its value by ``path/name``."""
    for name, variable in variables(graph, model).items():
        variable.assign(weights[name].reshape(tuple(variable.shape)))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # which makes of its variables what it computes with, as loading a file does


def leaves_to_chance(graph: Graph) -> bool:
    """Whether training drops anything."""
    return any(getattr(node.op, rate, 0) for node in graph for rate in ("rate", "dropout"))


def program_differences(seed: int) -> list[str]:
    """Where the backend's models of the generated programs with this number are other functions."""
    if seed % 20 == 0:
        keras.utils.clear_session()  # which takes as long as a program
    random, rng = Random(seed), np.random.default_rng(seed)
    text = Writer(random, seed).program()
    written = Program(SourceFile("<text>", text), MemoryLoader({})).graph("Net", {"rate": 0.0})
    assert written is not None, text
    found = []
    for graph in (written, several(random)):
        batches = (1, random.choice([dim for port in graph.inputs for dim in port.shape if isinstance(dim, int)]))
        batches = batches[1:] if ON_JAX else batches  # each is compiled
        lines = disagreements(graph, rng, batches=batches, training=not leaves_to_chance(graph))
        found += [f"{line}\n{graph_text(graph)}" for line in lines]
    graph = opened(random)
    for more in (0, random.randint(1, 2)):
        sizes = {least.name: least.size + more * least.step for least in least_sizes(graph)}
        found += [f"{sizes}: {line}\n{graph_text(graph)}" for line in disagreements(graph, rng, sizes=sizes)]
    return found


if __name__ == "__main__":
    differing = 0
    for number in range(int(sys.argv[1]), int(sys.argv[2])):
        lines = program_differences(number)
        differing += bool(lines)
        for line in lines:
            print(f"{number}: {line}", flush=True)
    print(f"{keras.backend.backend()}: {differing} programs differ", flush=True)
