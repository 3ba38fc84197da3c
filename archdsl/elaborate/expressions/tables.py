"""Values of tables: tuples of rows."""

from __future__ import annotations

from dataclasses import replace

from archdsl.diagnostics import Label
from archdsl.diagnostics.catalogue import values as codes
from archdsl.elaborate.expressions.evaluate import evaluate, evaluates
from archdsl.elaborate.failure import Failure, Silence
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.unknown import unknown_name
from archdsl.elaborate.values import Row, Value
from archdsl.source import Span
from archdsl.syntax import ast


@evaluates(ast.Table)
def _table(node: ast.Table, scope: Scope) -> Value:
    header, *rows = node.rows
    if any(isinstance(cell, ast.Broken) for row in node.rows for cell in row):
        raise Silence()  # nobody knows how many cells it stands for
    names: dict[str, None] = {}
    for cell in header:
        if not isinstance(cell, ast.Name):
            raise Failure(codes.BadTable(span=cell.span, problem="the first row of a table names its columns"))
        if cell.id in names:
            raise Failure(codes.BadTable(span=cell.span, problem=f"column `{cell.id}` is named twice"))
        names[cell.id] = None
    found: list[Row] = []
    for row in rows:
        if len(row) != len(names):
            span = row[0].span.to(row[-1].span)
            problem = f"row has {len(row)} cells for {len(names)} columns"
            columns = Label(header[0].span.to(header[-1].span), "the columns")
            raise Failure(codes.BadTable(span=span, problem=problem, labels=(columns,)))
        fields = dict(zip(names, (_in_table(cell, scope) for cell in row), strict=True))
        found.append(Row(fields, dict(zip(names, (cell.span for cell in row), strict=True))))
    return tuple(found)


def _in_table(cell: ast.Expr, scope: Scope) -> Value:
    if isinstance(cell, ast.Name) and scope.find(cell.id) is MISSING:
        unknown = unknown_name(cell.id, cell.span, scope)
        raise Failure(replace(unknown, help=(f'a string stands in quotes: `"{cell.id}"`', *unknown.help), fix=None))
    return evaluate(cell, scope)


def cell_of(node: ast.Expr, scope: Scope) -> Span | None:
    """The table cell that ``row.field`` reads."""
    row = scope.find(node.value.id) if isinstance(node, ast.Field) and isinstance(node.value, ast.Name) else None
    return row.cells.get(node.name.id) if isinstance(row, Row) and isinstance(node, ast.Field) else None
