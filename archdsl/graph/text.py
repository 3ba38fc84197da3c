"""The graph as text for reading and comparing: one line a node, indented by the instances it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archdsl.diagnostics.display import visible
from archdsl.graph.dims import show
from archdsl.graph.model import Graph, Instance, Node, Port
from archdsl.graph.tree import Branch, tree, walk
from archdsl.ops.show import call


def to_text(graph: Graph) -> str:
    """A text in which the language's marks keep their meaning: ``:`` labels, ``->`` flows, ``::`` states a shape.

    A node reads ``path: inputs -> op :: shape``; a line without ``->`` opens an instance. Paths are whole, so that a
    line found by ``grep`` says all there is to say about its node.
    """
    return "".join(visible(line) + "\n" for line in _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    yield f"{graph.name} :: {signature(graph.inputs)} -> {signature(graph.outputs, nodes=True)}"
    for depth, item in walk(tree(graph)):
        if depth:
            yield "  " * depth + (_branch(item.instance) if isinstance(item, Branch) else _node(item))


def _branch(instance: Instance) -> str:
    return f"{instance.path}: {instance.call}" if instance.call else f"{instance.path}:"


def _node(node: Node) -> str:
    shared = f"  # weights of {node.layer}" if node.layer != node.path else ""
    return f"{node.path}: {', '.join(node.inputs)} -> {call(node.op)} :: {show(node.shape)}{shared}"


def signature(ports: Sequence[Port], *, nodes: bool = False) -> str:
    """Ports as a model's signature writes them: ``(image: [224, 224, 3], mask: [224, 224, 1])``.

    With ``nodes`` an output also says whose value it is: ``(logits: head = [1000])``.
    """
    items = (f"{port.name}: {port.node + ' = ' if nodes else ''}{show(port.shape)}" for port in ports)
    return f"({', '.join(items)})"
