"""The tree of instances with the nodes attached: diagrams fold by it, tables sum by it, text indents by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archdsl.graph.model import Graph, Instance, Node


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """An instance with its nodes and children, in the order of the nodes. Instances without nodes are left out."""

    index: int
    """In ``Graph.instances``."""
    instance: Instance
    children: tuple[Branch | Node, ...]

    def nodes(self) -> Iterator[Node]:
        """Every node below, depth first."""
        return (item for _, item in walk(self) if isinstance(item, Node))


def tree(graph: Graph) -> Branch:
    """The tree, whose root is the model itself, ``graph.instances[0]``."""
    held: list[list[int | Node]] = [[] for _ in graph.instances]
    attached = {0}
    for node in graph.nodes:
        held[node.instance].append(node)
        child = node.instance
        while child not in attached:
            attached.add(child)
            parent = graph.instances[child].parent
            assert parent is not None, "only the first instance is a root"
            # The node that brought the child here is already in it, so the child goes where the node would have.
            held[parent].append(child)
            child = parent
    branches: dict[int, Branch] = {}
    for index in reversed(range(len(held))):  # children come after their parents
        children = tuple(branches[item] if isinstance(item, int) else item for item in held[index])
        branches[index] = Branch(index, graph.instances[index], children)
    return branches[0]


def walk(root: Branch) -> Iterator[tuple[int, Branch | Node]]:
    """The root and its descendants with their depth, in preorder."""
    stack: list[tuple[int, Branch | Node]] = [(0, root)]
    while stack:
        depth, item = stack.pop()
        yield depth, item
        if isinstance(item, Branch):
            stack.extend((depth + 1, child) for child in reversed(item.children))


def local_name(path: str, parent: str) -> str:
    """A path relative to that of its parent.

    >>> local_name("c2.0.main", "c2.0"), local_name("stem", "")
    ('main', 'stem')
    """
    prefix = parent + "."
    return path[len(prefix) :] if parent and path.startswith(prefix) else path
