"""Values of fields and items: `row.width`, `widths[0]`, `widths[1:]`."""

from __future__ import annotations

from functools import reduce
from typing import Any

from archdsl.diagnostics.catalogue import names as name_codes
from archdsl.diagnostics.catalogue import values as codes
from archdsl.diagnostics.suggest import closest, respelt
from archdsl.elaborate.expect import element_of
from archdsl.elaborate.expressions.evaluate import evaluate, evaluates
from archdsl.elaborate.failure import Failure, Silence
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.types import is_unknown, join, keep_quiet, type_of, unknown
from archdsl.elaborate.values import BlockRef, Bundle, Row, Tensor, Unknown, Value, describe
from archdsl.graph.symbols import Var
from archdsl.ops.types import Type
from archdsl.syntax import ast

_FLOAT, _SEQUENCE = Type.named("float"), Type.named("list", "str")


@evaluates(ast.Field)
def _field(node: ast.Field, scope: Scope) -> Value:
    value = evaluate(node.value, scope)
    fields: Any = value.fields if isinstance(value, Row | Bundle) else {}
    if node.name.id not in fields:
        keep_quiet(value, "row", "tensor")
        near = closest(node.name.id, fields, {})
        help_ = (f"did you mean `{near[0]}`?",) if near else (f"it has {', '.join(fields)}",) if fields else ()
        fix = respelt(node.name.span, node.name.id, near)
        what = f"`{node.value.span.text}`" if fields else describe(value)
        if isinstance(value, tuple) and value and isinstance(value[0], Row | Bundle):
            help_ = (f"`[x.{node.name.id} for x in {node.value.span.text}]` takes it of each",)
        elif isinstance(value, BlockRef):
            help_ = ("figures stand after the call: `check Net(), params <= 5M`",)
        raise Failure(name_codes.UnknownField(span=node.name.span, name=node.name.id, value=what, help=help_, fix=fix))
    return fields[node.name.id]


@evaluates(ast.Item)
def _item(node: ast.Item, scope: Scope) -> Value:
    if isinstance(node.index, ast.Broken):
        raise Silence()
    value = evaluate(node.value, scope)
    if isinstance(value, Unknown) and value.type.overlaps(_SEQUENCE):
        return _item_of(value, node.index, scope)
    if not isinstance(value, tuple | str):
        help_ = (
            ("`slice` takes a part of a tensor; a tap in a loop is a list after it",)
            if isinstance(value, Tensor)
            else ()
        )
        what = "what is indexed"
        raise Failure(
            codes.WrongType(span=node.value.span, what=what, wanted="a list", given=describe(value), help=help_)
        )
    if isinstance(node.index, ast.Slice):
        bounds = [
            _index(part, scope) if part is not None else None
            for part in (node.index.start, node.index.stop, node.index.step)
        ]
        if any(map(is_unknown, bounds)):
            return unknown(type_of(value))
        if bounds[2] == 0:
            raise Failure(codes.BadCall(span=node.index.span, function="a slice", reason="cannot step by 0"))
        return value[slice(*bounds)]
    index = _index(node.index, scope)
    if isinstance(index, Var):
        return reduce(join, value) if value and isinstance(value, tuple) else unknown(type_of(value))
    if not -len(value) <= index < len(value):
        help_ = (f"the last index is {len(value) - 1}",) if value else ()
        raise Failure(codes.IndexOutOfRange(span=node.index.span, index=index, length=len(value), help=help_))
    return value[index]


def _item_of(value: Unknown, index: ast.Expr | ast.Slice, scope: Scope) -> Value:
    """An unknown element, or part, of an unknown list."""
    parts = [index] if not isinstance(index, ast.Slice) else [index.start, index.stop, index.step]
    for part in parts:
        if part is not None:
            _index(part, scope)
    return value if isinstance(index, ast.Slice) else element_of(value)


def _index(node: ast.Expr, scope: Scope) -> Value:
    value = evaluate(node, scope)
    if isinstance(value, Var):
        return value
    keep_quiet(value, "int")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Failure(codes.WrongType(span=node.span, what="an index", wanted="an int", given=describe(value)))
    return value
