"""Traversals of the syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from archdsl.syntax import ast

# Fields that define or label, where a name is not a use.
_DEFINING: Final[dict[type, str]] = {
    ast.Argument: "name",
    ast.Block: "name",
    ast.Branch: "label",
    ast.Clause: "targets",
    ast.Each: "targets",
    ast.Field: "name",
    ast.Function: "name",
    ast.Let: "name",
    ast.Param: "name",
    ast.Port: "name",
    ast.Repeat: "index",
    ast.Shared: "name",
    ast.Tap: "name",
    ast.Variant: "name",
}


def children(node: Any) -> Iterator[ast.Node]:
    """The direct child nodes, without defining names."""
    skip = _DEFINING.get(node.__class__)
    for field in node.fields:
        if field == skip or field == "span":
            continue
        value = getattr(node, field)
        if field == "rows":  # a table's first row names its columns
            value = value[1:]
        yield from _nodes(value)


def _nodes(value: Any) -> Iterator[ast.Node]:
    if isinstance(value, ast.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def walk(node: ast.Node) -> Iterator[ast.Node]:
    """A node and its descendants, in no particular order; iterative, as hostile files nest deeply."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(children(node))
