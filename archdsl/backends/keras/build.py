"""Graph to functional ``keras.Model``: one layer a node, called by the node's path."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import keras

from archdsl.backends.keras import lowering as lowering  # registers every op
from archdsl.backends.keras.registry import Site, connect, layer_name, lower
from archdsl.backends.keras.weights import Choice, started
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Node
from archdsl.graph.view import order


def build(graph: Graph, choose: Choice | None = None) -> keras.Model:
    """The model of a graph, its weights initialised, or those of a file that ``choose`` gives for the model.

    Layers go by the paths of the nodes (see ``layer_name``); where Keras cannot pad by numbers, a layer
    ``<path>.pad`` comes before. Nodes that share weights are one layer that is called several times. One unnamed
    output is a tensor, named ones are a dictionary; inputs are in the order of the spec and may also be fed by name.
    """
    if choose is not None:
        return started(graph, partial(_model, graph), choose)
    # In a scope of its own, Keras makes all layers first and then all values of their variables, which are the same
    # and take less than half the time (docs/performance.md).
    with keras.StatelessScope():
        return _model(graph)


def _model(graph: Graph) -> keras.Model:
    inputs = {port.name: keras.Input(static(port.shape), name=port.name) for port in graph.inputs}
    tensors: dict[str, Any] = dict(inputs)
    layers: dict[str, tuple[keras.Layer, ...]] = {}
    uses = Counter(node.layer for node in graph)
    positive: set[str] = set()
    for node in order(graph):
        chain = layers.get(node.layer)
        if chain is None:
            # A layer that is used again must be right for inputs that are not known yet.
            nonnegative = node.inputs[0] in positive and uses[node.layer] == 1
            site = Site(layer_name(node.layer), graph.input_shapes(node), node.shape, nonnegative)
            chain = layers[node.layer] = lower(node.op, site)
        flow: list[Any] = [tensors[name] for name in node.inputs]
        for layer in chain:
            flow = [connect(layer, flow)]
        (tensors[node.path],) = flow
        if _is_nonnegative(node, positive):
            positive.add(node.path)
    outputs = {port.name: tensors[port.node] for port in graph.outputs}
    return keras.Model(
        inputs=list(inputs.values()) if len(inputs) > 1 else next(iter(inputs.values())),
        outputs=outputs["output"] if list(outputs) == ["output"] else outputs,
        name=graph.name,
    )


def static(shape: Shape) -> tuple[int | None, ...]:
    """The shape as Keras writes it: ``None`` for a dimension that is known only when the model runs."""
    return tuple(dim if isinstance(dim, int) else None for dim in shape)


def _is_nonnegative(node: Node, positive: set[str]) -> bool:
    """Whether a node's values are never below zero: by its own nature, or because none that it passes on is."""
    return node.op.nonnegative or (node.op.keeps_sign and all(name in positive for name in node.inputs))
