"""The edges of a plan, and which of them are skip connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Literal, TypeAlias

from archdsl.diagram.options import Mark
from archdsl.graph.dims import Shape

Course: TypeAlias = Literal["down", "up", "across"]


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge from one box, fork or terminal to another."""

    tail: str
    head: str
    shape: Shape | None = None
    """Of what flows, where the box at the tail changed it or gives others, too."""
    within: int = 0
    """The innermost frame that is around both ends."""
    skip: bool = False
    """Whether there is a longer path from tail to head."""
    leaves: int | None = None
    """The outermost frame that the edge comes out of, where nothing else flows out of it."""
    enters: int | None = None
    """The outermost frame that the edge goes into, where nothing else flows into it."""
    course: Course = "down"
    """Along the direction, against it in an ascending limb, or across from one limb to the other."""
    mark: Mark | None = None


def with_skips(edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """The edges, with those marked as skips that a longer path runs parallel to."""
    after: dict[str, list[str]] = {}
    indegree: dict[str, int] = {}
    for edge in edges:
        after.setdefault(edge.tail, []).append(edge.head)
        indegree[edge.head] = indegree.get(edge.head, 0) + 1
    numbers, further = _further(after, indegree)
    beyond: dict[str, int] = {}
    """Of each box, what a way of more than one edge leads to."""
    for tail, heads in after.items():
        beyond[tail] = reduce(or_, (further[head] for head in heads), 0)
    return tuple(
        replace(edge, skip=True)
        if len(after[edge.tail]) > 1 and indegree[edge.head] > 1 and beyond[edge.tail] >> numbers[edge.head] & 1
        else edge
        for edge in edges
    )


def _further(after: dict[str, list[str]], indegree: dict[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """A number for each box, and the set of boxes reachable from each, as a bit set.

    Sets would take time and memory that grow with the square of the boxes; bits take a hundredth of that. Boxes on a
    cycle lead to their next ones alone.
    """
    order = _order(after, indegree)
    numbers = {box: number for number, box in enumerate(dict.fromkeys([*order, *after, *indegree]))}
    direct = {box: reduce(or_, (1 << numbers[head] for head in after.get(box, ())), 0) for box in numbers}
    found = dict(direct)
    for box in reversed(order):
        for head in after.get(box, ()):
            if head in order:
                found[box] |= found[head]
    return numbers, found


def _order(after: dict[str, list[str]], indegree: dict[str, int]) -> dict[str, int]:
    """A topological order of the boxes, without those on cycles."""
    missing = dict(indegree)
    ready = [box for box in after if box not in indegree]
    order: dict[str, int] = {}
    while ready:
        box = ready.pop()
        order[box] = len(order)
        for head in after.get(box, ()):
            missing[head] -= 1
            if not missing[head]:
                ready.append(head)
    return order
