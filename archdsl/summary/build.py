"""Makes the summary of a graph: figures summed over the tree of instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archdsl.graph.dims import Dim, total
from archdsl.graph.model import Graph, Node
from archdsl.graph.tree import Branch, local_name, tree
from archdsl.measures import MEASURES, Subject
from archdsl.ops.show import TRAINING, call
from archdsl.passes.cost import NodeCost
from archdsl.passes.memory import DType, memory
from archdsl.passes.receptive import Field
from archdsl.passes.sizes import least_sizes
from archdsl.summary.rows import Estimate, Row, Share
from archdsl.summary.tables import Summary


def summarise(graph: Graph, *, batch: int = 1, dtype: DType = "float32") -> Summary:
    """Sums the figures of the nodes over the tree of instances.

    ``batch`` and ``dtype`` are those of the peaks of memory; all else is for one example. Nesting is bounded, by the
    elaborator and where graphs are read, so that recursion over the tree is safe.
    """
    model = Subject(graph)
    costs, fields = model.cost, model.receptive
    owners = frozenset(path for path, part in costs.nodes.items() if part.params)
    is_one = batch == 1 and dtype == "float32"
    inference = model.memory if is_one else memory(graph, batch=batch, dtype=dtype, costs=costs)
    training = memory(graph, batch=batch, dtype=dtype, training=True, costs=costs)
    return Summary(
        model=graph.name,
        inputs=graph.inputs,
        outputs=graph.outputs,
        depth=costs.depth,
        root=_row(tree(graph), "", _Figures(costs.nodes, inference.nodes, fields.nodes, owners)),
        shares=_shares(graph, costs.nodes),
        estimate=Estimate(batch, dtype, inference, training),
        sizes=least_sizes(graph),
        field=fields.largest,
        opaque=sum(not node.op.computes for node in graph),
        figures={measure.name: measure.of(model) for measure in MEASURES},
    )


class _Figures(NamedTuple):
    """The figures of each node, by its path."""

    costs: Mapping[str, NodeCost]
    bytes: Mapping[str, Dim]
    fields: Mapping[str, Field]
    owners: frozenset[str]
    """The nodes with weights."""


def _row(item: Branch | Node, above: str, figures: _Figures) -> Row:
    if isinstance(item, Node):
        return Row(
            name=local_name(item.path, above),
            named=item.named,
            path=item.path,
            kind="op",
            call=call(item.op, hide=TRAINING),
            shape=item.shape,
            cost=figures.costs[item.path],
            memory=figures.bytes[item.path],
            nodes=1,
            field=figures.fields[item.path],
            weights_of=item.layer if item.layer != item.path and item.layer in figures.owners else "",
            float32=item.float32,
        )
    instance = item.instance
    children = tuple(_row(child, instance.path, figures) for child in item.children)
    return Row(
        name=local_name(instance.path, above),
        named=instance.named,
        path=instance.path,
        kind=instance.kind,
        call=instance.call,
        shape=children[-1].shape if children else (),
        cost=NodeCost.sum(child.cost for child in children),
        memory=total(child.memory for child in children),
        nodes=sum(child.nodes for child in children),
        field=children[-1].field if children else None,
        float32=bool(children) and all(child.float32 for child in children),
        children=children,
    )


def _shares(graph: Graph, costs: Mapping[str, NodeCost]) -> tuple[Share, ...]:
    parts: dict[str, list[NodeCost]] = {}
    for node in graph.nodes:
        parts.setdefault(node.op.kind or node.op.family, []).append(costs[node.path])
    shares = [Share(kind, NodeCost.sum(found), len(found)) for kind, found in parts.items()]
    return tuple(sorted(shares, key=lambda share: -share.cost.params))
