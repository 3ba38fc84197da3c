"""PyTorch for the code generator: each op is lowered in its axis order."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from archdsl.backends.code.dialect import Dialect
from archdsl.backends.code.values import Argument
from archdsl.backends.torch.code import Lowered
from archdsl.backends.torch.order import axis_orders
from archdsl.backends.torch.registry import Site, lower, stretches, turned
from archdsl.backends.torch.starting import with_starts
from archdsl.backends.torch.usual import usual
from archdsl.graph.model import Graph, Node
from archdsl.passes.constants import constants
from archdsl.weights.published import Stored


class Torch(Dialect):
    """A graph as modules of PyTorch."""

    reserved = frozenset({"Tensor", "F", "nn", "torch", "math"})
    taken = frozenset(
        {
            "training",
            "forward",
            "dump_patches",
            "half",
            "double",
            "float",
            "type",
            "to",
            "apply",
            "eval",
            "train",
            "cpu",
        }
    )
    neutral = frozenset({"DropPath", "nn.Dropout"})
    unlisted = frozenset({"nn.Parameter", "nn.Buffer"})
    undone = (
        (".permute(0, 3, 1, 2)", ".permute(0, 2, 3, 1)"),
        (".permute(0, 2, 3, 1)", ".permute(0, 3, 1, 2)"),
        (".transpose(1, 2)", ".transpose(1, 2)"),
    )
    keeps = True

    def __init__(self, graph: Graph, stored: Mapping[str, Mapping[str, Stored]] | None = None) -> None:
        """``stored`` is the layout of the nodes' arrays, where a published model determines it."""
        self.stored = stored or {}
        self.orders = axis_orders(graph)
        self._single = constants(graph)
        self._shapes = graph.shapes
        self.modules: Mapping[str, Lowered] = {node.path: self._lower(graph, node) for node in graph}
        """What each node is, with the entries of its state dict."""
        super().__init__(graph, self.modules)

    def _lower(self, graph: Graph, node: Node) -> Lowered:
        order = self.orders[node.path]
        single = tuple(name in self._single for name in node.inputs)
        site = Site(
            graph.input_shapes(node), node.shape, order.takes, order.gives, single, self.stored.get(node.path, {})
        )
        return with_starts(node.op, site, lower(node.op, site))

    def usual(self, callee: str, name: str, args: Mapping[str, Argument]) -> Argument:
        return usual(callee, name, args)

    def after(self, node: Node) -> tuple[str, ...]:
        """Conversions of the axis order, of the batch and of the dtype."""
        takes = self.orders[node.path].takes
        after = [self._changed(name, takes) for name in node.inputs]
        single = [name in self._single for name in node.inputs]
        if not stretches(node.op) and any(single) and not all(single):
            whole = single.index(False)
            for place, alone in enumerate(single):
                if alone:
                    rest = ", -1" * len(self._shapes[node.inputs[place]])
                    after[place] += f".expand({{{whole}}}.shape[0]{rest})"
        if node.float32:
            after = [f"{text}.float()" for text in after]
        return tuple(after)

    def _changed(self, name: str, takes: bool) -> str:
        """The expression that converts a value to an axis order."""
        rank, gives = len(self._shapes[name]), self.orders[name].gives
        if rank < 2 or gives == takes:
            return ""
        return turned(rank, takes)

    def whole(self, path: str) -> str:
        """The expression that expands a constant to the input's batch size."""
        if path not in self._single:
            return ""
        rest = ", -1" * len(self._shapes[path])
        return f".expand({{0}}.shape[0]{rest})"

    def placing(self, name: str) -> Hashable:
        return self.orders[name].gives, name in self._single

    def note(self, path: str) -> str:
        shape, first = self._shapes[path], self.orders[path].gives
        dims = (shape[-1], *shape[:-1]) if first and len(shape) > 1 else shape
        return f"[{', '.join(['N', *map(str, dims)])}]"
