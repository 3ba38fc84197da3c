"""The immediate dominator of each value, in a graph in which some values are cut off from their uses.

The immediate dominator is the nearest common ancestor of a node's inputs in the tree of dominators. Each value keeps a
jump to an ancestor further up (Myers 1983), so that finding one takes logarithmic time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from archdsl.intake.flat import FlatGraph


@dataclass(frozen=True, slots=True)
class Cuts:
    """The values and edges that dominators ignore, since the text refers to them by name."""

    values: frozenset[str] = frozenset()
    """Values that are named before all of their uses."""
    skips: frozenset[tuple[str, str]] = frozenset()
    """Single uses: a value, and the join that takes it."""

    def __bool__(self) -> bool:
        return bool(self.values or self.skips)


NOTHING = Cuts()


class Tree:
    """A growing tree: each name is added below the nearest common ancestor of others."""

    def __init__(self) -> None:
        self._above: dict[str, str | None] = {}
        self._depth: dict[str | None, int] = {None: 0}
        self._jump: dict[str | None, str | None] = {None: None}

    def __contains__(self, name: str) -> bool:
        return name in self._above

    def add(self, name: str, above: str | None) -> None:
        self._above[name] = above
        depth, jump = self._depth, self._jump
        depth[name] = depth[above] + 1
        far = jump[above]
        is_even = depth[above] - depth[far] == depth[far] - depth[jump[far]]
        jump[name] = jump[far] if is_even else above

    def above(self, name: str | None) -> str | None:
        return None if name is None else self._above[name]

    def nearest(self, names: Sequence[str]) -> str | None:
        """The last of the common ancestors of some names, which may be one of them."""
        found: str | None = names[0] if names else None
        for name in names[1:]:
            found = self._common(found, name)
        return found

    def is_below(self, name: str, other: str | None) -> bool:
        """Whether a name is another one or below it."""
        return other is None or self._common(name, other) == other

    def _common(self, one: str | None, other: str | None) -> str | None:
        depth, jump = self._depth, self._jump
        if depth[one] < depth[other]:
            one, other = other, one
        while depth[one] > depth[other]:
            far = jump[one]
            one = far if depth[far] >= depth[other] else self.above(one)
        while one != other:
            if jump[one] != jump[other]:
                one, other = jump[one], jump[other]
            else:
                one, other = self.above(one), self.above(other)
        return one


class Dominators:
    """The immediate dominators of a graph's values; ``None`` is the root.

    A value that is cut off is the root of a tree of its own: what comes from it alone is below it. Where that meets
    other values it has no part; where values of several roots meet and nothing else, all begins anew.
    """

    def __init__(self, graph: FlatGraph, cuts: Cuts = NOTHING) -> None:
        self.above: dict[str, str | None] = {}
        self.loose: set[str] = set()
        """Values that come from no input."""
        self.root: dict[str, str] = {}
        """The cut-off value on which a value depends, for values that depend on one alone."""
        self._cuts = cuts
        self._tree = Tree()
        for name in graph.inputs:
            self._add(name, None)
        for node in graph:
            if all(value in self.loose for value in node.inputs):
                self.loose.add(node.name)
            taken = self._taken([value for value in node.inputs if (value, node.name) not in cuts.skips])
            roots = {self.root.get(value) for value in taken}
            if len(roots) == 1 and (root := roots.pop()) is not None:
                self.root[node.name] = root
            self._add(node.name, self.nearest(taken))

    def nearest(self, values: Sequence[str]) -> str | None:
        """The nearest common dominator of some values."""
        taken = self._taken(values)
        return None if len({self.root.get(value) for value in taken}) > 1 else self._tree.nearest(taken)

    def is_below(self, value: str, other: str) -> bool:
        """Whether a value is dominated by another one, or equal to it."""
        return self._tree.is_below(value, other)

    def _taken(self, values: Sequence[str]) -> list[str]:
        tied = [value for value in values if value not in self.loose]
        return [value for value in tied if value not in self.root] or tied

    def _add(self, name: str, above: str | None) -> None:
        self.above[name] = above
        if name in self._cuts.values:
            self.root[name] = name
            self._tree.add(name, None)
        else:
            self._tree.add(name, above)


def post_dominators(graph: FlatGraph, named: Collection[str]) -> dict[str, str | None]:
    """The immediate post-dominator of each value; ``None`` if there is none.

    Outputs go on to nothing, and so do values that have names.
    """
    users: dict[str, list[str]] = {}
    for node in graph:
        for value in node.inputs:
            users.setdefault(value, []).append(node.name)
    outputs = {*graph.outputs.values()}
    tree = Tree()
    found: dict[str, str | None] = {}
    for name in [*reversed(graph.nodes), *graph.inputs]:
        after = users.get(name, [])
        found[name] = None if name in outputs else tree.nearest(after)
        tree.add(name, None if name in named else found[name])
    return found
