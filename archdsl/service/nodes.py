"""AST nodes at a place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from archdsl.syntax import ast

T = TypeVar("T", bound=ast.Node)


def children(node: ast.Node) -> Iterator[ast.Node]:
    """The direct child nodes, including defining names."""
    for field in node.fields:
        if field != "span":
            yield from _nodes(getattr(node, field))


def _nodes(value: Any) -> Iterator[ast.Node]:
    if isinstance(value, ast.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def path(root: ast.Node, offset: int) -> list[ast.Node]:
    """The nodes that contain a place or end there, from ``root`` inwards; of two that meet there, the second."""
    found = [root]
    while True:
        holding = [n for n in children(found[-1]) if n.span.start <= offset <= n.span.end]
        if not holding:
            return found
        found.append(max(holding, key=lambda node: node.span.start))


def innermost(nodes: list[ast.Node], *kinds: type[T]) -> T | None:
    """The last node of a path that is of some kinds."""
    return next((node for node in reversed(nodes) if isinstance(node, kinds)), None)


def below(root: ast.Node) -> Iterator[ast.Node]:
    """A node and its descendants; iterative, as hostile files nest deeply."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed([*children(node)]))


def holds(node: ast.Node | None, offset: int) -> bool:
    """Whether a node contains a place, or ends there."""
    return node is not None and node.span.start <= offset <= node.span.end


def core(step: ast.Step) -> ast.Step:
    """A step without its taps and claims."""
    while isinstance(step, ast.Tap | ast.Claim):
        step = step.step
    return step
