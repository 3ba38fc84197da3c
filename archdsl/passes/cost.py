"""The cost of a model: parameters, multiply-adds, activations and depth, per node and in total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from archdsl.graph.dims import Dim, Shape, total
from archdsl.graph.model import Graph
from archdsl.ops.base import Op
from archdsl.passes.depth import depths


@dataclass(frozen=True, slots=True)
class NodeCost:
    """The cost of a node, or the sum of several. With open dimensions (``?``) counts are expressions over them."""

    trainable: int = 0
    """Weights that training changes, which is what papers count."""
    non_trainable: int = 0
    """Moving statistics and frozen weights."""
    macs: Dim = 0
    """Multiply-adds for one example, of convolution, dense, attention and matmul."""
    activations: Dim = 0
    """Output elements of the layers that ``macs`` counts, for one example."""

    @property
    def params(self) -> int:
        """All weights, as Keras counts them."""
        return self.trainable + self.non_trainable

    @classmethod
    def sum(cls, parts: Iterable[NodeCost]) -> NodeCost:
        every = tuple(parts)
        return cls(
            sum(part.trainable for part in every),
            sum(part.non_trainable for part in every),
            total(part.macs for part in every),
            total(part.activations for part in every),
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a whole model. ``nodes`` has the cost of each node by its path."""

    nodes: Mapping[str, NodeCost]
    total: NodeCost
    depth: int
    """Layers with weights on the longest path from an input to an output: 50 for ResNet-50."""

    @property
    def params(self) -> int:
        return self.total.params

    @property
    def trainable(self) -> int:
        return self.total.trainable

    @property
    def non_trainable(self) -> int:
        return self.total.non_trainable

    @property
    def macs(self) -> Dim:
        return self.total.macs

    @property
    def activations(self) -> Dim:
        return self.total.activations


def cost(graph: Graph) -> Cost:
    """Sums over the nodes; each distinct op is evaluated once per input shape.

    Weights that are shared count where they are owned (``node.layer == node.path``); work counts at every use.
    """
    known: dict[tuple[int, tuple[Shape, ...], bool], NodeCost] = {}
    nodes: dict[str, NodeCost] = {}
    shapes = graph.shapes
    for node in graph.nodes:
        op, inputs, owns = node.op, tuple(shapes[name] for name in node.inputs), node.layer == node.path
        key = (id(op), inputs, owns)  # equal ops of an elaborated graph are one object, and ids are quick to hash
        share = known.get(key)
        if share is None:
            share = known[key] = share_of(op, inputs, node.shape, owns=owns)
        nodes[node.path] = share
    deep = depths(graph)
    depth = max((deep[port.node] for port in graph.outputs), default=0)
    return Cost(nodes, NodeCost.sum(nodes.values()), depth)


def share_of(op: Op, inputs: tuple[Shape, ...], output: Shape, *, owns: bool = True) -> NodeCost:
    """The cost of one op; without its weights if another node ``owns`` them."""
    weights = op.weights(*inputs) if owns else ()
    return NodeCost(
        trainable=sum(prod(weight.shape) for weight in weights if weight.trainable),
        non_trainable=sum(prod(weight.shape) for weight in weights if not weight.trainable),
        macs=op.macs(inputs, output),
        activations=op.activations(inputs, output),
    )
