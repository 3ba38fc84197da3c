"""Graph to DOT: ops as boxes, blocks as nested clusters, tensors as edges with their shapes."""

from __future__ import annotations

from typing import Any

from archdsl.backends.graphviz import style
from archdsl.backends.graphviz.plan import Cluster, Edge, Folded, Plan, plan
from archdsl.graph.model import Graph, Instance, Node, Port
from archdsl.graph.tree import is_derived, local_name
from archdsl.ops.show import TRAINING, call
from archdsl.passes.cost import Cost, NodeCost, cost
from archdsl.summary.figures import exact, human


def to_dot(graph: Graph, *, levels: int | None = None) -> str:
    """The same graph gives the same text.

    ``levels`` is how many blocks deep to look: 1 draws what the model itself is written of, each block as one box;
    ``None`` draws every op. All text from the spec is data: none of it can become DOT or HTML.
    """
    import graphviz  # type: ignore[import-untyped]

    costs, drawn = cost(graph), plan(graph, levels)
    picture = graphviz.Digraph(
        name=style.label([graph.name]),
        graph_attr=style.GRAPH | {"label": _title(graph, costs), "tooltip": style.label([graph.doc])},
        node_attr=style.NODE,
        edge_attr=style.EDGE,
    )
    _ports(picture, drawn.inputs, graph.inputs)
    _fill(picture, drawn.root, drawn, costs)
    _ports(picture, drawn.outputs, graph.outputs)
    for edge in drawn.edges:
        _edge(picture, edge)
    source: str = picture.source
    return source


def _title(graph: Graph, costs: Cost) -> str:
    figures = f"{human(costs.params)} parameters, {human(costs.macs)} MACs, depth {costs.depth}"
    return style.label([graph.name, figures, ""])


def _ports(picture: Any, boxes: tuple[str, ...], ports: tuple[Port, ...]) -> None:
    for box, port in zip(boxes, ports, strict=True):
        picture.node(box, style.label([port.name, style.size(port.shape)]), **style.PORT)


def _fill(picture: Any, cluster: Cluster, drawn: Plan, costs: Cost) -> None:
    """Everything inside of a cluster."""
    for fork in drawn.forks.get(cluster.index, ()):
        picture.node(fork, **style.FORK)
    above = cluster.instance.path
    for child in cluster.children:
        if isinstance(child, Cluster):
            _frame(picture, child, above, drawn, costs)
        elif isinstance(child, Folded):
            lines = [*_name(child.instance, above), *style.wrap(child.instance.call)]
            picture.node(child.box, style.label(lines), tooltip=_about(child.instance), **style.FOLDED)
        else:
            lines, looks = _op(child.node, above), style.family(child.node.op.family)
            picture.node(
                child.box, style.label(lines), tooltip=_details(child.node, costs.nodes[child.node.path]), **looks
            )


def _frame(picture: Any, cluster: Cluster, above: str, drawn: Plan, costs: Cost) -> None:
    instance = cluster.instance
    title = ": ".join([*_name(instance, above), *filter(None, [instance.call])])
    with picture.subgraph(name=f"cluster_{cluster.index}") as frame:
        looks = style.GROUP if instance.kind == "group" else style.BLOCK
        frame.attr(label=style.label(style.wrap(title), left=True), tooltip=_about(instance), **looks)
        _fill(frame, cluster, drawn, costs)


def _name(instance: Instance, above: str) -> list[str]:
    """The name of an instance, if the call does not say it anyway."""
    name = local_name(instance.path, above)
    return [] if instance.kind != "group" and is_derived(name, instance.block) else [name]


def _op(node: Node, above: str) -> list[str]:
    name = local_name(node.path, above)
    return [*([] if is_derived(name, node.op.name) else [name]), *style.wrap(call(node.op, hide=TRAINING))]


def _about(instance: Instance) -> str:
    return style.label([instance.path, *instance.doc.splitlines()])


def _details(node: Node, share: NodeCost) -> str:
    lines = [node.path, call(node.op)]
    if share.params:
        lines.append(f"{exact(share.params)} parameters")
    if share.macs:
        lines.append(f"{human(share.macs)} MACs")
    if node.layer != node.path:
        lines.append(f"weights of {node.layer}")
    return style.label(lines)


def _edge(picture: Any, edge: Edge) -> None:
    looks = style.INTO_FORK if edge.head.startswith("fork/") else {}
    # Spaces keep the label off the line, which Graphviz lets it touch.
    label = style.label(["\N{NO-BREAK SPACE}" * 2 + style.size(edge.shape)]) if edge.shape else None
    picture.edge(edge.tail, edge.head, label, **looks)
