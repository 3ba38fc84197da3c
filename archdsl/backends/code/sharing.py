"""Parts that call modules owned by others, and where these modules must be accessible."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.backends.code.dialect import Dialect
from archdsl.graph.model import Node
from archdsl.graph.tree import Branch, local_name, walk
from archdsl.graph.uses import Uses


class Sharing:
    """The constraints that shared weights impose on classes."""

    def __init__(self, dialect: Dialect, root: Branch) -> None:
        self._dialect = dialect
        self._graph = dialect.graph
        self._uses = Uses(dialect.graph)
        self._branches = {item.instance.path: item for _, item in walk(root) if isinstance(item, Branch)}
        self.owners: dict[int, str] = {}
        """For instances whose weights are all another's, the path of that one, whose module they call."""
        self.open = set[int]()
        """Instances that are no classes, since something outside of them calls a module inside."""
        self.called = set[str]()
        """Paths of what is called again."""
        self._share(root)

    def _share(self, branch: Branch) -> None:
        """Notes which parts call modules of others, and where these must be accessible."""
        for child in branch.children:
            if isinstance(child, Node):
                if child.layer != child.path:
                    self._reach(child.layer, self._graph[child.layer].instance, child.path)
                continue
            owner = self._owner(child)
            if owner:
                self.owners[child.index] = owner
                index = self._graph.instances[self._branches[owner].index].parent
                self._reach(owner, index, child.instance.path)
            else:
                self._share(child)

    def _reach(self, owner: str, index: int | None, user: str) -> None:
        """Rules out classes for the ancestors of an owner that do not contain its user."""
        self.called.add(owner)
        while index:
            path = self._graph.instances[index].path
            if user.startswith(f"{path}."):
                return
            self.open.add(index)
            index = self._graph.instances[index].parent

    def _owner(self, branch: Branch) -> str:
        """The path of the instance whose weights a branch reuses; empty if there is none."""
        if not self._dialect.calls_again:
            return ""
        nodes = [*branch.nodes()]
        path = branch.instance.path
        owner = self._uses.first(path, nodes)
        if owner not in self._branches:
            return ""
        other = [*self._branches[owner].nodes()]
        alike = len(nodes) == len(other) and all(
            local_name(a.path, path) == local_name(b.path, owner)
            and self._dialect.lowered[a.path].code == self._dialect.lowered[b.path].code
            for a, b in zip(nodes, other, strict=True)
        )
        uses = all(node.layer != node.path or not self._owns(node) for node in nodes)
        return owner if alike and uses and self._same_wiring(nodes, other) else ""

    def _owns(self, node: Node) -> bool:
        return bool(node.op.weights(*self._graph.input_shapes(node)))

    def _same_wiring(self, nodes: Sequence[Node], others: Sequence[Node]) -> bool:
        """Whether two parts take and return values with the same layouts in the same way."""
        names = dict(zip((node.path for node in nodes), (node.path for node in others), strict=True))
        placing = self._dialect.placing
        for a, b in zip(nodes, others, strict=True):
            if placing(a.path) != placing(b.path):
                return False
            for x, y in zip(a.inputs, b.inputs, strict=True):
                if names.setdefault(x, y) != y or placing(x) != placing(y):
                    return False
        return True
