"""Fields after a dot: columns of tables, and named tensors."""

from __future__ import annotations

from collections.abc import Iterator

from archdsl.names import Definition, Names
from archdsl.names.references import owner_of
from archdsl.service.analysis import Analysis
from archdsl.syntax import ast

_LINKS = 20
"""Definitions by other definitions that are followed."""


def columns(analysis: Analysis, names: Names | None, value: ast.Expr) -> tuple[str, ...]:
    """The fields of a value, as far as the text says."""
    return tuple(dict.fromkeys(place.id for place in fields(analysis, names, value)))


def fields(analysis: Analysis, names: Names | None, value: ast.Expr) -> tuple[ast.Name, ...]:
    """The definitions of a value's fields: the cells of a table's first row, labels, ports."""
    return tuple(_fields(analysis, names, value, _LINKS))


def outputs(decl: ast.Node | None) -> tuple[str, ...]:
    """The names of a block's outputs."""
    signature = decl.signature if isinstance(decl, ast.Block) else None
    ports = signature.outputs if signature is not None else ()
    return tuple(dict.fromkeys(port.name.id for port in ports if port.name is not None))


def _fields(analysis: Analysis, names: Names | None, value: ast.Expr | ast.Spread, left: int) -> Iterator[ast.Name]:
    if left == 0:
        return
    match value:
        case ast.Item():
            yield from _fields(analysis, names, value.value, left - 1)
        case ast.Table():
            yield from (cell for cell in value.rows[0] if isinstance(cell, ast.Name))
        case ast.ListOf():
            for item in value.items:
                yield from _fields(analysis, names, item, left - 1)
        case ast.Spread():
            yield from _fields(analysis, names, value.value, left - 1)
        case ast.Comprehension():
            yield from _fields(analysis, names, value.element, left - 1)
        case ast.Binary():
            yield from _fields(analysis, names, value.left, left - 1)
            yield from _fields(analysis, names, value.right, left - 1)
        case ast.Conditional():
            yield from _fields(analysis, names, value.then, left - 1)
            yield from _fields(analysis, names, value.otherwise, left - 1)
        case ast.Call():
            for argument in value.arguments:
                yield from _fields(analysis, names, argument.value, left - 1)
        case ast.Name():
            found = (names.meant(value) if names else None) or analysis.index.of_file(value.id)
            if found is not None:
                yield from _of(analysis, names, found, left - 1)


def _of(analysis: Analysis, names: Names | None, found: Definition, left: int) -> Iterator[ast.Name]:
    """The fields of a definition's value."""
    node = found.origin.node
    match node:
        case ast.Let():
            index = next((i for i in analysis.indices if i.module.source is node.span.source), analysis.index)
            own = names if node.span.source is not index.module.source else index.around(node.span) or names
            yield from _fields(analysis, own, node.value, left)
        case ast.Each():
            yield from _fields(analysis, names, node.iterable, left)
        case ast.Comprehension():
            for clause in node.clauses:
                if any(target.id == found.name for target in clause.targets):
                    yield from _fields(analysis, names, clause.iterable, left)
        case ast.Tap():
            yield from _tapped(analysis, names, node)
        case ast.Param() if node.default is not None:
            yield from _fields(analysis, names, node.default, left)


def _tapped(analysis: Analysis, names: Names | None, tap: ast.Tap) -> Iterator[ast.Name]:
    """The output tensors of a tapped step."""
    step: ast.Step = tap.step
    while True:
        match step:
            case ast.Tap() | ast.Claim():
                step = step.step
            case ast.Nest() | ast.Repeat() | ast.Each():
                if step.body.flow is None:
                    return
                step = step.body.flow.steps[-1]
            case ast.Choose():
                if step.then.flow is None:
                    return
                step = step.then.flow.steps[-1]
            case ast.Send():
                yield from (branch.label for branch in step.branches if branch.label is not None)
                return
            case ast.Apply():
                files = {index.module.source: index for index in analysis.indices}
                block = owner_of(step.target, names, analysis.index, files)
                if isinstance(block, ast.Block) and block.signature is not None:
                    yield from (port.name for port in block.signature.outputs if port.name is not None)
                return
            case _:
                return
