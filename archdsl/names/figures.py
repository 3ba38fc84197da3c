"""Names of numbers, strings or truth values, which do not hide an op where a step is expected.

So ``dropout(dropout)`` is the op, given the parameter of that name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from archdsl.names.language import FUNCTIONS
from archdsl.names.model import Definition
from archdsl.syntax import ast

Meant: TypeAlias = Callable[[str], Definition | None]
"""What names mean where an expression stands."""

_FIGURES: Final = (ast.Literal, ast.Binary, ast.Unary, ast.Compare, ast.Logic, ast.Not)
_LISTS: Final = (ast.ListOf, ast.Comprehension, ast.Table)
_RANGES: Final = frozenset({"range", "linspace"})
_NUMBERS: Final = frozenset(FUNCTIONS) - _RANGES - {"enumerate", "zip", "reversed", "sorted", "unique", "split"}
_STEPS: Final = frozenset({"op", "tensor"})
"""Types of parameters that may be steps."""


def is_figure(found: Definition, meant: Meant) -> bool:
    """Whether a name stands for a number, string or truth value, as far as the text says."""
    node = found.node
    match found.kind:
        case "dimension":
            return True
        case "parameter" if isinstance(node, ast.Param):
            return bool(node.type.alternatives) and all(each.name not in _STEPS for each in node.type.alternatives)
        case "let" if isinstance(node, ast.Let):
            return _has_figure(node.value, meant)
        case "variable" if isinstance(node, ast.Each):
            return len(node.targets) == 1 and _has_figures(node.iterable, meant)
    return found.kind == "variable" and isinstance(node, ast.Repeat)


def holds_no_step(let: ast.Let, meant: Meant) -> bool:
    """Whether the value of a ``let`` is a number, string, truth value or list, as far as the text says."""
    return isinstance(let.value, _LISTS) or _has_figure(let.value, meant)


def _has_figure(node: ast.Expr | ast.Spread, meant: Meant) -> bool:
    while isinstance(node, ast.Conditional):
        node = node.then
    if isinstance(node, ast.Call):
        return isinstance(node.callee, ast.Name) and node.callee.id in _NUMBERS
    if not isinstance(node, ast.Name):
        return isinstance(node, _FIGURES)
    found = meant(node.id)
    if found is not None and isinstance(found.node, ast.Let):
        return isinstance(found.node.value, _FIGURES)
    return found is not None and found.kind in ("parameter", "dimension") and is_figure(found, meant)


def _has_figures(node: ast.Expr, meant: Meant) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.callee, ast.Name) and node.callee.id in _RANGES
    return isinstance(node, ast.ListOf) and all(_has_figure(item, meant) for item in node.items)
