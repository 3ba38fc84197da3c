"""A graph, computed node by node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from archdsl.graph.dims import Shape, Sym
from archdsl.graph.model import Graph
from archdsl.ops.base import Op
from tests.computed import COMPUTED
from tests.reference import (  # noqa: F401 -- registers them all
    activation,
    convolution,
    elementwise,
    joining,
    layout,
    learned,
    linear,
    normalisation,
    pooling,
    reduction,
    regularisation,
    resize,
    source,
)
from tests.reference.definitions import DEFINITIONS, Array, Call, size


class Result(NamedTuple):
    """``outputs`` by the names of the ports; ``updates`` are weights that a step of training changed by itself."""

    outputs: dict[str, Array]
    updates: dict[str, Array]


def compute(op: Op, call: Call) -> Array:
    """One op."""
    return DEFINITIONS[type(op)](op, call)


def run(
    graph: Graph,
    weights: dict[str, Array],
    inputs: Mapping[str, Array],
    *,
    training: bool = False,
    single: bool = False,
) -> Result:
    """What a graph makes of its inputs, which have the batch first. Weights go by ``path/name``.

    Every array has the shape that the graph states of it. With ``single`` what each node computes is rounded to single
    precision.
    """
    values: dict[str, Array] = {name: np.asarray(array, float) for name, array in inputs.items()}
    sizes = open_sizes(graph, inputs)
    updates: dict[str, Array] = {}
    for node in graph:
        own = {
            weight.name: np.asarray((weights | updates)[f"{node.layer}/{weight.name}"], float)
            for weight in node.op.weights(*graph.input_shapes(node))
        }
        call = Call(tuple(values[name] for name in node.inputs), own, training, sizes)
        value = compute(node.op, call)
        if not node.inputs:
            value = np.broadcast_to(value, (len(next(iter(inputs.values()))), *value.shape[1:]))
        values[node.path] = value = _rounded(value) if single else value
        stated = tuple(size(dim, sizes) for dim in node.shape)
        assert value.shape[1:] == stated, f"{node.path} is {value.shape[1:]} and was proved to be {stated}"
        for name, array in call.updates.items():
            updates[f"{node.layer}/{name}"] = _rounded(array) if single else array
    return Result({port.name: values[port.node] for port in graph.outputs}, updates)


def _rounded(array: Array) -> Array:
    return array.astype("float32").astype(float)


def open_sizes(graph: Graph, inputs: Mapping[str, Array]) -> dict[str, int]:
    """What the sizes that the graph's inputs leave open are, by name."""
    return {
        str(dim): inputs[port.name].shape[axis]
        for port in graph.inputs
        for axis, dim in enumerate(port.shape, 1)
        if isinstance(dim, Sym)
    }


def random_weights(graph: Graph, rng: np.random.Generator) -> dict[str, Array]:
    """A value for every weight by ``path/name``: of a size that keeps what flows near 1, and positive for variances."""
    found: dict[str, Array] = {}
    for node in graph:
        if node.layer == node.path:
            for weight in node.op.weights(*graph.input_shapes(node)):
                found[f"{node.path}/{weight.name}"] = _random(weight.name, weight.shape, rng)
    return found


def _random(name: str, shape: Shape, rng: np.random.Generator) -> Array:
    sizes = tuple(dim for dim in shape if isinstance(dim, int))
    fan = max(1, int(np.prod(sizes[:-1]))) if name.endswith("kernel") else 4
    value = np.asarray(rng.normal(size=sizes) / np.sqrt(fan))
    if "variance" in name:
        return np.abs(value) + 0.5
    return value + 1 if name in ("gamma", "scale") else value


def undefined() -> list[str]:
    """The ops that have no reference."""
    return [name for name, op in COMPUTED.items() if op not in DEFINITIONS]
