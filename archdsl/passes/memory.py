"""Memory of activations: of each node, and at the peak of a forward pass or a training step.

The nodes are run in their order on paper. A tensor lives from the node that makes it to the last one that reads it;
while training these are also the gradients, by the rules that ops state (``backprop_reads``). docs/measures.md has the
rules, and what they give beside measured runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from archdsl.graph.dims import Dim, Shape, elements
from archdsl.graph.model import Graph, Node
from archdsl.ops.base import Op
from archdsl.passes.constants import constants
from archdsl.passes.cost import Cost, NodeCost, cost

DType: TypeAlias = Literal["float32", "float16", "bfloat16", "mixed"]


class Widths(NamedTuple):
    """The sizes of numbers in bytes."""

    activation: int
    weight: int


DTYPES: Final[Mapping[str, Widths]] = {
    "float32": Widths(4, 4),
    "float16": Widths(2, 2),
    "bfloat16": Widths(2, 2),
    "mixed": Widths(2, 4),
}
"""``mixed`` computes in 16 bits and keeps weights, their gradients and the optimiser's state in 32, as Keras does."""
_FLOAT32: Final = DTYPES["float32"]
"""Of nodes that compute in float32 whatever the others do."""

_MOMENTS: Final = 2
"""Adam's moments for each trained weight."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory in bytes. With open dimensions (``?``) figures are expressions over them."""

    nodes: Mapping[str, Dim]
    """The output of each node, by its path, for one example."""
    activations: Dim
    """At the worst moment, of the whole batch: the input, the tensors that are still needed, and their gradients."""
    at: str
    """The node that is run at that moment, forwards or backwards; empty if the model has none."""
    weights: int
    gradients: int
    """Of the weights; 0 for inference."""
    optimizer: int
    """Adam's two numbers for each weight that is trained; 0 for inference."""

    @property
    def total(self) -> Dim:
        return self.activations + self.weights + self.gradients + self.optimizer


def memory(
    graph: Graph, *, batch: int = 1, dtype: DType = "float32", training: bool = False, costs: Cost | None = None
) -> Memory:
    """The memory for a batch in a forward pass or, with ``training``, in a training step.

    ``costs`` are those of the graph, where they are known already.

    >>> from archdsl.api import load
    >>> memory(load("lenet5").graph).activations  # the input, the first map, and its tanh
    41728
    """
    if dtype not in DTYPES:
        raise ValueError(f"dtype is one of {', '.join(DTYPES)}, not {dtype!r}")
    if type(batch) is not int or batch < 1:  # from callers whom no type checker looked at
        raise ValueError(f"batch is a positive integer, not {batch!r}")
    width = DTYPES[dtype]
    costs = cost(graph) if costs is None else costs
    wide = NodeCost.sum(costs.nodes[node.path] for node in graph if node.float32)
    wider = _FLOAT32.weight - width.weight
    trained = costs.trainable * width.weight + wide.trainable * wider if training else 0
    run = _Run(graph, costs, width.activation, batch)
    run.forward(training)
    if training:
        run.backward()
    return Memory(
        nodes={node.path: run.sizes[node.path] for node in graph.nodes},
        activations=run.peak,
        at=run.at,
        weights=costs.params * width.weight + wide.params * wider,
        gradients=trained,
        optimizer=trained * _MOMENTS,
    )


class _Buffer:
    """A buffer, and the number of values that it holds."""

    __slots__ = ("size", "values")

    def __init__(self, size: Dim) -> None:
        self.size = size
        self.values = 1


class _Run:
    """A simulated run of the model that computes sizes alone."""

    def __init__(self, graph: Graph, costs: Cost, width: int, batch: int) -> None:
        self.graph = graph
        self.costs = costs
        self.width = width
        self.batch = batch
        self.constant = constants(graph)
        self.live: Dim = 0
        self.peak: Dim = 0
        self.at = ""
        known: dict[Shape, Dim] = {}
        self.sizes = {
            name: known[shape] if shape in known else known.setdefault(shape, elements(shape) * width)
            for name, shape in graph.shapes.items()
        }
        self.sizes |= {n.path: elements(n.shape) * _FLOAT32.activation for n in graph if n.float32}
        """For one example."""
        self._buffers: dict[str, _Buffer] = {}
        self._inside: dict[str, _Buffer] = {}
        self._reads: Counter[str] = Counter()
        self._learning: set[str] = set()

    def _size(self, name: str) -> Dim:
        """The size of a value for the whole batch; one that depends on no input is computed once."""
        return self.sizes[name] if name in self.constant else self.sizes[name] * self.batch

    def forward(self, training: bool) -> None:
        graph = self.graph
        self._reads.update(name for node in graph.nodes for name in node.inputs)
        # Whoever runs the model holds its inputs, and gets its outputs.
        self._reads.update(port.name for port in graph.inputs)
        self._reads.update(port.node for port in graph.outputs)
        if training:
            self._learning = _learning(graph, self.costs)
            self._reads.update(name for node in graph.nodes if node.path in self._learning for name in _kept(node))
        for port in graph.inputs:
            self._buffers[port.name] = self._new(self._size(port.name))
        self._look("")
        for node in graph.nodes:
            self._step(node, training)

    def _step(self, node: Node, training: bool) -> None:
        op = node.op
        dropped = op.family == "regularisation" and not training
        if op.view and not node.inputs:  # the weights as they lie
            buffer = self._new(0)
        elif op.view or dropped:
            buffer = self._buffers[node.inputs[0]]
            buffer.values += 1
        else:
            buffer = self._new(self._size(node.path))
        self._buffers[node.path] = buffer
        inside = self._between(node, training)
        if inside != 0:
            self._inside[node.path] = self._new(inside)
        self._look(node.path)
        if not (training and node.path in self._learning):
            self._free(self._inside.pop(node.path, None))
        self._read(node.inputs)
        if not self._reads[node.path]:  # nothing needs it: a branch that ends
            self._free(self._buffers.pop(node.path))

    def _between(self, node: Node, training: bool) -> Dim:
        op: Op = node.op
        inside = op.between(self.graph.input_shapes(node), node.shape) * (
            _FLOAT32.activation if node.float32 else self.width
        )
        mask = elements(node.shape) if op.masks and training else 0  # a byte for each element
        return inside + mask if node.path in self.constant else (inside + mask) * self.batch

    def backward(self) -> None:
        """The backward pass: from the gradients of the outputs to the first trained weights."""
        gradients: dict[str, _Buffer] = {}
        for port in self.graph.outputs:
            if port.node in self._learning and port.node not in gradients:
                gradients[port.node] = self._new(self._size(port.node))
        for node in reversed(self.graph.nodes):
            gradient = gradients.pop(node.path, None)
            if gradient is not None:
                self._back(node, gradient, gradients)
                self._free(gradient)
            self._free(self._inside.pop(node.path, None))
            if node.path in self._learning:
                self._read(_kept(node))

    def _back(self, node: Node, gradient: _Buffer, gradients: dict[str, _Buffer]) -> None:
        op = node.op
        wanted = [name for name in dict.fromkeys(node.inputs) if name in self._learning]
        for index, name in enumerate(wanted):
            size = self._size(name)
            over = op.elementwise and index == len(wanted) - 1 and gradient.values == 1
            if (op.view or op.shares_gradient or over) and gradient.size == size:
                share = gradient
                share.values += 1
            else:
                share = self._new(size)
            self._look(node.path)
            known = gradients.get(name)
            if known is None:
                gradients[name] = share
                continue
            # The sum goes where one of the two lies alone.
            if known.values > 1 and share.values > 1:
                gradients[name] = self._new(size)
                self._look(node.path)
                self._free(share)
                self._free(known)
            else:
                kept, gone = (known, share) if known.values == 1 else (share, known)
                gradients[name] = kept
                self._free(gone)

    def _new(self, size: Dim) -> _Buffer:
        self.live = self.live + size
        return _Buffer(size)

    def _free(self, buffer: _Buffer | None) -> None:
        if buffer is not None:
            buffer.values -= 1
            if not buffer.values:
                self.live = self.live - buffer.size

    def _read(self, names: Iterable[str]) -> None:
        for name in names:
            self._reads[name] -= 1
            if not self._reads[name]:
                self._free(self._buffers.pop(name))

    def _look(self, path: str) -> None:
        if self.live > self.peak:
            self.peak, self.at = self.live, path


def _kept(node: Node) -> list[str]:
    """The values that the node's gradient needs."""
    reads = node.op.backprop_reads
    return [*(node.inputs if "input" in reads else ()), *([node.path] if "output" in reads else ())]


def _learning(graph: Graph, costs: Cost) -> set[str]:
    """The nodes with trained weights in them or before them: gradients must reach these."""
    owners = {path for path, share in costs.nodes.items() if share.trainable}
    found: set[str] = set()
    for node in graph.nodes:
        if node.layer in owners or not found.isdisjoint(node.inputs):
            found.add(node.path)
    return found
