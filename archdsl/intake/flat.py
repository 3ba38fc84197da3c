"""A model as a flat graph of nodes, without blocks: the output of readers and of rewrites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from archdsl.graph.dims import Shape
from archdsl.intake.errors import Unsupported
from archdsl.ops.base import Misfit, Op
from archdsl.passes.shapes import explain
from archdsl.weights import Array


@dataclass(frozen=True, slots=True)
class Flat:
    """One op applied to values, which go by the names of nodes and inputs."""

    name: str
    op: Op
    inputs: tuple[str, ...]
    shape: Shape
    layer: str
    """The node that owns its weights: itself, or the first use of the layer; without weights, itself."""


@dataclass(slots=True)
class FlatGraph:
    """Nodes in topological order. Names are those of the source's layers."""

    name: str
    inputs: dict[str, Shape]
    nodes: dict[str, Flat] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    """The name of each output and the value that it is; a single one without a name is ``output``."""
    held: dict[str, str] = field(default_factory=dict)
    """For nodes with weights, what their layer is called in a file of weights."""
    arrays: dict[str, dict[str, Array]] = field(default_factory=dict)
    """For nodes with weights, these by the names that the op has for them, where a reader has them."""

    turned: set[str] = field(default_factory=set)
    """Inputs, and labels of outputs, whose channels the source has first."""

    def shape(self, value: str) -> Shape:
        return self.inputs[value] if value in self.inputs else self.nodes[value].shape

    def add(self, name: str, op: Op, inputs: Sequence[str], layer: str | None = None) -> str:
        """Appends a node and gives its name, which is made unique.

        Raises:
            Unsupported: the op does not take inputs of these shapes.
        """
        shapes = [self.shape(value) for value in inputs]
        least, most = op.arity
        if len(inputs) < least or (most is not None and len(inputs) > most):
            raise Unsupported(f"`{op.name}` does not take {len(inputs)} inputs")
        try:
            shape = op.shape(*shapes)
            owns = bool(op.weights(*shapes))
        except Misfit as misfit:
            raise Unsupported(explain(misfit, op)) from None
        except ArithmeticError as error:
            raise Unsupported(f"`{op.name}`: {error}") from None
        free, number = name, 1
        while free in self.nodes or free in self.inputs:
            number += 1
            free = f"{name}#{number}"
        self.nodes[free] = Flat(free, op, tuple(inputs), shape, layer if owns and layer else free)
        return free

    def users(self) -> Counter[str]:
        """The number of uses of each value, including as outputs of the model."""
        found = Counter(value for node in self.nodes.values() for value in node.inputs)
        found.update(self.outputs.values())
        return found

    def live(self) -> FlatGraph:
        """The graph without nodes that no output depends on. The first node that uses a layer's weights owns them."""
        needed: set[str] = set()
        queue = [*self.outputs.values()]
        while queue:
            value = queue.pop()
            if value not in needed:
                needed.add(value)
                queue += self.nodes[value].inputs if value in self.nodes else ()
        owners: dict[str, str] = {}
        nodes: dict[str, Flat] = {}
        held, arrays = dict(self.held), dict(self.arrays)
        for name, node in self.nodes.items():
            if name in needed:
                owner = owners.setdefault(node.layer, name)
                nodes[name] = node if owner == node.layer else replace(node, layer=owner)
                if node.layer in held:
                    held.setdefault(owner, held[node.layer])
                if node.layer in arrays:
                    arrays.setdefault(owner, arrays[node.layer])
        return replace(self, nodes=nodes, held=held, arrays=arrays)

    def __iter__(self) -> Iterator[Flat]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)
