"""Skips: which edges of a plan go round what others pass through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archdsl.diagram.plan import Edge


def with_skips(edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """The same edges; those that a longer way goes beside are skips."""
    after: dict[str, list[str]] = {}
    indegree: dict[str, int] = {}
    for edge in edges:
        after.setdefault(edge.tail, []).append(edge.head)
        indegree[edge.head] = indegree.get(edge.head, 0) + 1
    order = _order(after, indegree)
    return tuple(
        replace(edge, skip=True)
        if len(after[edge.tail]) > 1 and indegree[edge.head] > 1 and _is_reached(edge, after, order)
        else edge
        for edge in edges
    )


def _order(after: dict[str, list[str]], indegree: dict[str, int]) -> dict[str, int]:
    """A topological order of the boxes. What lies on a cycle has none."""
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


def _is_reached(edge: Edge, after: dict[str, list[str]], order: dict[str, int]) -> bool:
    """Whether the head can be reached from the tail by way of something else."""
    last = order.get(edge.head, -1)
    waiting = [box for box in after[edge.tail] if box != edge.head]
    seen = set(waiting)
    while waiting:
        for head in after.get(waiting.pop(), ()):
            if head == edge.head:
                return True
            if head not in seen and order.get(head, last) < last:
                seen.add(head)
                waiting.append(head)
    return False
