"""Parts that call the modules of others: which these are, and where modules must be in reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archdsl.backends.torch.code import Lowered
from archdsl.backends.torch.order import Order
from archdsl.graph.model import Graph, Node
from archdsl.graph.tree import Branch, local_name, walk


class Sharing:
    """What the uses of shared weights mean for classes."""

    def __init__(
        self,
        graph: Graph,
        root: Branch,
        lowered: Mapping[str, Lowered],
        orders: Mapping[str, Order],
        single: frozenset[str],
    ) -> None:
        self._graph = graph
        self._lowered = lowered
        self._orders = orders
        self._single = single
        self._branches = {item.instance.path: item for _, item in walk(root) if isinstance(item, Branch)}
        self.owners: dict[int, str] = {}
        """For instances whose weights are all another's, the path of that one, whose module they call."""
        self.open = set[int]()
        """Instances that are no classes, since something outside of them calls a module inside."""
        self.called = set[str]()
        """Paths of what is called again."""
        self._share(root)

    def _share(self, branch: Branch) -> None:
        """Notes which parts call the modules of others, and in which these therefore must be in reach."""
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
        """No class may be between an owner and what has both it and its user."""
        self.called.add(owner)
        while index:
            path = self._graph.instances[index].path
            if user.startswith(f"{path}."):
                return
            self.open.add(index)
            index = self._graph.instances[index].parent

    def _owner(self, branch: Branch) -> str:
        """The path of the instance that a branch is another use of; empty if it is none."""
        nodes = [*branch.nodes()]
        path = branch.instance.path
        owners = set[str]()
        for node in nodes:
            if node.layer != node.path:
                below = local_name(node.path, path)
                owners.add(node.layer.removesuffix(f".{below}") if node.layer.endswith(f".{below}") else "")
        owner = owners.pop() if len(owners) == 1 else ""
        if owner not in self._branches or owner == path:
            return ""
        other = [*self._branches[owner].nodes()]
        alike = len(nodes) == len(other) and all(
            local_name(a.path, path) == local_name(b.path, owner)
            and self._lowered[a.path].code == self._lowered[b.path].code
            for a, b in zip(nodes, other, strict=True)
        )
        uses = all(node.layer != node.path or not self._owns(node) for node in nodes)
        return owner if alike and uses and self._same_wiring(nodes, other) else ""

    def _owns(self, node: Node) -> bool:
        return bool(self._lowered[node.path].entries)

    def _same_wiring(self, nodes: Sequence[Node], others: Sequence[Node]) -> bool:
        """Whether two parts take and pass on values in the same way, in the same orders of axes."""
        names = dict(zip((node.path for node in nodes), (node.path for node in others), strict=True))
        for a, b in zip(nodes, others, strict=True):
            if self._orders[a.path] != self._orders[b.path]:
                return False
            for x, y in zip(a.inputs, b.inputs, strict=True):
                if names.setdefault(x, y) != y or self._node_after(x) != self._node_after(y):
                    return False
        return True

    def _node_after(self, name: str) -> tuple[bool, bool]:
        return self._orders[name].gives, name in self._single
