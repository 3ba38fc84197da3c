"""Graph to functional ``keras.Model``: each node becomes layers and operations that are named by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras

from archdsl.backends.keras import lowering as lowering  # registers every op
from archdsl.backends.keras.held import uses
from archdsl.backends.keras.layers import Repeat
from archdsl.backends.keras.registry import Owner, Site, layer_name, lower, static, stretches
from archdsl.backends.keras.weights import Choice, started
from archdsl.backends.known import need_known
from archdsl.graph.model import Graph, Node
from archdsl.graph.view import order
from archdsl.passes.constants import constants
from archdsl.passes.signs import nonnegative
from archdsl.passes.tokens import tokens


def build(graph: Graph, choose: Choice | None = None) -> keras.Model:
    """The model of a graph, with initial weights, or those of a file that ``choose`` returns for the model.

    Layers go by the paths of the nodes (see ``layer_name``); what Keras needs beside them, such as padding by numbers,
    is called ``<path>.pad`` and the like. Nodes that share weights call one layer, which has the path of the first. One
    unnamed output is a tensor, named ones are a dictionary; inputs are in the order of the spec and may also be fed by
    name.

    Raises ``ArchError`` where what a step computes is not known.
    """
    need_known(graph, "a Keras model")
    if choose is not None:
        return started(graph, partial(_model, graph), choose)
    # In a scope of its own, Keras makes all layers first and then all values of their variables, which are the same
    # and take less than half the time (docs/performance.md).
    with keras.StatelessScope():
        return _model(graph)


def _model(graph: Graph) -> keras.Model:
    whole = tokens(graph)
    inputs = {
        port.name: keras.Input(static(port.shape), name=port.name, dtype="int32" if port.name in whole else None)
        for port in graph.inputs
    }
    tensors: dict[str, Any] = dict(inputs)
    owners = {path: Owner(layer_name(path), shapes) for path, shapes in uses(graph).items()}
    positive = nonnegative(graph)
    precise = frozenset(node.path for node in graph if node.float32)
    batches = _Batches(tensors, next(iter(inputs.values())), constants(graph), precise)
    for node in order(graph):
        path, shapes = layer_name(node.path), graph.input_shapes(node)
        site = Site(path, shapes, node.shape, bool(node.inputs) and node.inputs[0] in positive, owners[node.layer])
        taken = batches.taken(node)
        with _precision(node.float32) as dtype:
            casts = [dtype if (name in precise) != node.float32 else None for name in node.inputs]
            tensors[node.path] = lower(node.op, site, taken, casts)
    outputs = {port.name: batches.whole(port.node) for port in graph.outputs}
    return keras.Model(
        inputs=list(inputs.values()) if len(inputs) > 1 else next(iter(inputs.values())),
        outputs=outputs["output"] if list(outputs) == ["output"] else outputs,
        name=graph.name,
    )


class _Batches:
    """The tensors that nodes are applied to. Constants of batch size 1 are repeated for nodes that do not broadcast."""

    def __init__(
        self, tensors: Mapping[str, Any], anchor: Any, constant: frozenset[str], precise: frozenset[str]
    ) -> None:
        self._tensors = tensors
        self._anchor = anchor
        self._constant = constant
        self._precise = precise
        self._repeated: dict[str, Any] = {}

    def taken(self, node: Node) -> list[Any]:
        if not node.inputs:
            return [self._anchor]
        if node.path in self._constant or stretches(node.op):
            return [self._tensors[name] for name in node.inputs]
        return [self.whole(name) for name in node.inputs]

    def whole(self, name: str) -> Any:
        """The tensor of a name, with the batch size of the model's inputs."""
        if name not in self._constant:
            return self._tensors[name]
        if name not in self._repeated:
            with _precision(name in self._precise):
                repeat = Repeat(name=layer_name(f"{name}.repeat"))
            self._repeated[name] = repeat([self._tensors[name], self._anchor])
        return self._repeated[name]


@contextmanager
def _precision(is_float32: bool) -> Iterator[str]:
    """Layers made inside have the policy float32, or Keras's default. Returns the compute type."""
    outer = keras.config.dtype_policy()
    policy = keras.DTypePolicy("float32") if is_float32 else outer
    keras.config.set_dtype_policy(policy)
    try:
        yield policy.compute_dtype
    finally:
        keras.config.set_dtype_policy(outer)
