"""The values that a text names first, so that the rest of the graph is series-parallel.

A value that is taken several times is no trouble where what takes it comes together again: that is a join of branches.
Where it does not, as the time in a denoising network, the maps of a pyramid or those that are exchanged between
resolutions, the value is a landmark: it is written as a step of its own, and all that takes it begins with its name.
"""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from typing import Final

from archdsl.intake.dominators import Cuts, Dominators, post_dominators
from archdsl.intake.flat import FlatGraph

_REGION: Final = 24
"""Nodes of a region up to which what is not in series or parallel in it is named when it is needed."""
_ROUNDS: Final = 12
"""The most iterations of the search for values, after others were cut off."""
_NESTED: Final = 3
"""The nesting depth of skips from which on they are named."""


def landmarks(graph: FlatGraph) -> Cuts:
    """The values to be named first, those that are taken most often before others, and the skips of a U-Net."""
    users = Counter(value for node in graph for value in {*node.inputs})
    users.update({*graph.outputs.values()})
    place = {name: place for place, name in enumerate(graph.nodes)}
    often = [name for name, count in users.items() if count > 1]
    named: frozenset[str] = frozenset()
    tree = Dominators(graph)
    for number in range(_ROUNDS + 1):
        after = post_dominators(graph, named)
        open_ = [v for v in often if v not in named | tree.loose and not _comes_together(v, after[v], tree, place)]
        if not open_:
            break
        most = max(users[name] for name in open_) if number < _ROUNDS else 0
        named |= {name for name in open_ if users[name] >= most}
        tree = Dominators(graph, Cuts(named))
    return Cuts(named, _nested_skips(graph, tree, place))


def _comes_together(value: str, after: str | None, tree: Dominators, place: dict[str, int]) -> bool:
    """Whether what takes a value is a join of branches from it, or in a region that is small."""
    if after is None:
        return False
    before = tree.above[after]
    return before == value or (before is not None and place[after] - place.get(before, -1) <= _REGION)


def _nested_skips(graph: FlatGraph, tree: Dominators, place: dict[str, int]) -> frozenset[tuple[str, str]]:
    """The skips of joins of one op that lie within one another: the value, and the join that takes it."""
    depth: dict[tuple[str, str], int] = {}
    inside: dict[tuple[str, str], list[tuple[str, str]]] = {}
    by_op: dict[str, list[tuple[str, str]]] = {}
    for node in graph:
        start = tree.above[node.name]
        if start is None or start not in node.inputs or len({*node.inputs}) < 2:
            continue
        skip = (start, node.name)
        others = by_op.setdefault(node.op.name, [])
        first = place.get(start, -1)
        within = takewhile(lambda each: place.get(each[0], -1) > first, reversed(others))  # noqa: B023
        inside[skip] = [each for each in within if tree.is_below(each[0], start)]
        depth[skip] = 1 + max((depth[each] for each in inside[skip]), default=0)
        others.append(skip)
    found: set[tuple[str, str]] = set()
    for skip in sorted(depth, key=depth.__getitem__, reverse=True):
        if depth[skip] >= _NESTED:
            found |= {skip, *inside[skip]}
    return frozenset(found)
