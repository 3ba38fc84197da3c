"""Dense layers that are fused in a published model."""

from __future__ import annotations

from typing import Any

from archdsl.backends.code.values import code, make
from archdsl.backends.torch.code import Entry, Lowered, rows
from archdsl.backends.torch.registry import LAST, Orders, Site, lowers
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Node
from archdsl.ops.base import Op
from archdsl.ops.linear import Dense
from archdsl.weights.published import NameMap


class Fused(Dense):
    """Several dense layers of one input, fused. It is in no registry: no spec can express it."""

    parts: int


class Part(Op):
    """The output of one of the fused layers."""

    parts: int
    part: int

    def shape(self, *inputs: Shape) -> Shape:
        *sizes, units = inputs[0]
        return (*sizes, units // self.parts)


@lowers(Fused, orders=Orders(takes=LAST, gives=LAST))
def _fused(op: Fused, site: Site) -> Lowered:
    bias: dict[str, Any] = {} if op.bias else {"bias": False}
    made = make("nn.Linear", ("in_features", site.channels), ("out_features", op.units), **bias)
    entries = [Entry("weight", ("kernel",) * op.parts, lambda arrays: rows([array.T for array in arrays]))]
    if op.bias:
        entries.append(Entry("bias", ("bias",) * op.parts, rows))
    return Lowered(code("{self}({0})"), made, tuple(entries))


@lowers(Part)
def _part(op: Part, site: Site) -> Lowered:
    dim = site.dim(-1)
    return Lowered(code("{0}.chunk({parts}, dim={dim})[{part}]", parts=op.parts, dim=dim, part=op.part))


def fused(graph: Graph, names: NameMap) -> tuple[Graph, dict[str, tuple[str, ...]]]:
    """The graph with layers fused where a source fuses them, and the original paths by those of the fused layers."""
    whole: dict[tuple[str, tuple[str, ...]], dict[int, Node]] = {}
    for node in graph:
        if isinstance(node.op, Dense) and node.layer == node.path and (share := names(node.path).partition("[")[2]):
            module = names(node.path).partition("[")[0]
            whole.setdefault((module, node.inputs), {})[int(share.partition("/")[0])] = node
    nodes: dict[str, list[Node]] = {node.path: [node] for node in graph}
    parts: dict[str, tuple[str, ...]] = {}
    for members in whole.values():
        ordered = [members[place] for place in sorted(members)]
        first, count = ordered[0].op, len(ordered)
        assert isinstance(first, Dense)
        path = f"{ordered[0].path}.whole"
        op = Fused(units=count * first.units, bias=first.bias, parts=count)
        earliest = next(iter(members.values()))
        shape = (*earliest.shape[:-1], op.units)
        one = earliest.model_copy(update={"path": path, "layer": path, "op": op, "shape": shape})
        for place, node in enumerate(ordered):
            made = node.model_copy(update={"op": Part(parts=count, part=place), "inputs": (path,)})
            nodes[node.path] = [one, made] if node is earliest else [made]
        parts[path] = tuple(node.path for node in ordered)
    if not parts:
        return graph, {}
    return graph.model_copy(update={"nodes": tuple(node for each in nodes.values() for node in each)}), parts
