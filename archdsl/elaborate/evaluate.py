"""Compile-time expressions: syntax and a scope in, a value out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue import names as name_codes
from archdsl.diagnostics.catalogue import values as codes
from archdsl.diagnostics.suggest import closest
from archdsl.elaborate import operators
from archdsl.elaborate.builtins import FUNCTIONS, Misuse, aliases
from archdsl.elaborate.scope import MISSING, Failure, Scope, Silence
from archdsl.elaborate.values import (
    POISON,
    BlockRef,
    Builtin,
    Bundle,
    FunctionRef,
    Given,
    InitRef,
    OpRef,
    Row,
    Tensor,
    Value,
    describe,
)
from archdsl.graph.dims import Sym
from archdsl.ops.init import KINDS, Init
from archdsl.source import Span
from archdsl.syntax import ast


def evaluate(node: ast.Expr, scope: Scope) -> Value:
    """The value of an expression. Raises ``Failure`` with the diagnostic of the first mistake in it."""
    scope.session.tick(node.span)
    return _EVALUATORS[node.__class__](node, scope)


def evaluate_or_poison(node: ast.Expr, scope: Scope) -> Value:
    """The value, or ``POISON`` after reporting why there is none, so that what follows is still checked."""
    try:
        return evaluate(node, scope)
    except Failure as failure:
        scope.session.report_failure(failure)
        return POISON


def _name(node: ast.Name, scope: Scope) -> Value:
    value = scope.find(node.id)
    if value is MISSING:
        raise Failure(unknown_name(node.id, node.span, scope))
    return value


def unknown_name(name: str, span: Span, scope: Scope, *, what: str = "name") -> Diagnostic:
    """The diagnostic for a name without a meaning, with what the writer may have meant."""
    candidates = closest(name, dict.fromkeys(scope.visible()), aliases())
    library = scope.session.library_home(name)
    help_: tuple[str, ...] = ()
    fix = None
    if library:
        help_ = (f"the library has it: `from {library} import {name}`",)
    elif candidates:
        help_ = (f"did you mean {' or '.join(f'`{c}`' for c in candidates)}?",)
        fix = Fix(span, candidates[0])
    elif name in ("none", "None", "null"):
        help_ = ("there is no none: leave the argument out",)
    elif name in ("True", "False"):
        help_ = (f"write `{name.lower()}`",)
        fix = Fix(span, name.lower())
    return name_codes.UnknownName(span=span, name=name, what=what, help=help_, fix=fix)


def _literal(node: ast.Literal, scope: Scope) -> Value:
    return node.value


def _spread(items: tuple[ast.Expr | ast.Spread, ...], scope: Scope) -> Iterator[Value]:
    for item in items:
        if not isinstance(item, ast.Spread):
            yield evaluate(item, scope)
            continue
        value = evaluate(item.value, scope)
        if isinstance(value, Bundle):
            value = tuple(value.tensors.values())
        if value is POISON:
            raise Silence()
        if not isinstance(value, tuple):
            raise Failure(
                codes.WrongType(span=item.span, what="what `...` spreads", wanted="a list", given=describe(value))
            )
        yield from value


def _list(node: ast.ListOf, scope: Scope) -> Value:
    return tuple(_spread(node.items, scope))


def iterate(value: Value, span: Span) -> tuple[Value, ...]:
    """The elements that a loop goes over."""
    if value is POISON:
        raise Silence()
    if not isinstance(value, tuple):
        hint = (f"write `range({describe(value).split()[-1]})`",) if isinstance(value, int) else ()
        raise Failure(
            codes.WrongType(span=span, what="what a loop goes over", wanted="a list", given=describe(value), help=hint)
        )
    return value


def bind_targets(targets: tuple[ast.Name, ...], value: Value, scope: Scope) -> None:
    """Gives the loop variables of one round their values."""
    if len(targets) == 1:
        scope.names[targets[0].id] = value
        return
    if not isinstance(value, tuple) or len(value) != len(targets):
        span = targets[0].span.to(targets[-1].span)
        raise Failure(
            codes.WrongType(span=span, what="each element", wanted=f"a list of {len(targets)}", given=describe(value))
        )
    scope.names.update((target.id, v) for target, v in zip(targets, value, strict=True))


def _comprehension(node: ast.Comprehension, scope: Scope) -> Value:
    found: list[Value] = []
    for element in iterate(evaluate(node.iterable, scope), node.iterable.span):
        inner = scope.inner()
        bind_targets(node.targets, element, inner)
        if node.condition is None or truth(evaluate(node.condition, inner), node.condition.span):
            found.append(evaluate(node.element, inner))
    return tuple(found)


def _table(node: ast.Table, scope: Scope) -> Value:
    header, *rows = node.rows
    names: list[str] = []
    for cell in header:
        if not isinstance(cell, ast.Name):
            raise Failure(codes.BadTable(span=cell.span, problem="the first row of a table names its columns"))
        if cell.id in names:
            raise Failure(codes.BadTable(span=cell.span, problem=f"column `{cell.id}` is named twice"))
        names.append(cell.id)
    found: list[Row] = []
    for row in rows:
        if len(row) != len(names):
            span = row[0].span.to(row[-1].span)
            problem = f"row has {len(row)} cells for {len(names)} columns"
            raise Failure(codes.BadTable(span=span, problem=problem))
        found.append(Row(dict(zip(names, (evaluate(cell, scope) for cell in row), strict=True))))
    return tuple(found)


def truth(value: Value, span: Span) -> bool:
    """A condition's value, which must be a bool: no number or list is taken for one."""
    if value is POISON:
        raise Silence()
    if isinstance(value, bool):
        return value
    raise Failure(codes.WrongType(span=span, what="the condition", wanted="a bool", given=describe(value)))


def _conditional(node: ast.Conditional, scope: Scope) -> Value:
    condition = truth(evaluate(node.condition, scope), node.condition.span)
    return evaluate(node.then if condition else node.otherwise, scope)


def _logic(node: ast.Logic, scope: Scope) -> Value:
    left = truth(evaluate(node.left, scope), node.left.span)
    if left == (node.operator == "or"):
        return left
    return truth(evaluate(node.right, scope), node.right.span)


def _not(node: ast.Not, scope: Scope) -> Value:
    return not truth(evaluate(node.value, scope), node.value.span)


def _compare(node: ast.Compare, scope: Scope) -> Value:
    left = evaluate(node.operands[0], scope)
    for operator, operand in zip(node.operators, node.operands[1:], strict=True):
        right = evaluate(operand, scope)
        if left is POISON or right is POISON:
            raise Silence()
        if not operators.compare(operator, left, right, node.span):
            return False
        left = right
    return True


def _binary(node: ast.Binary, scope: Scope) -> Value:
    # Long sums lean left, so the left spine is walked in a loop instead of by recursion.
    spine: list[ast.Binary] = []
    left_node: ast.Expr = node
    while isinstance(left_node, ast.Binary):
        spine.append(left_node)
        left_node = left_node.left
    value = evaluate(left_node, scope)
    for part in reversed(spine):
        right = evaluate(part.right, scope)
        if value is POISON or right is POISON:
            raise Silence()
        value = operators.binary(part, value, right)
    return value


def _unary(node: ast.Unary, scope: Scope) -> Value:
    value = evaluate(node.value, scope)
    if value is POISON:
        raise Silence()
    if isinstance(value, bool) or not isinstance(value, int | float | Sym):
        raise Failure(
            codes.WrongType(
                span=node.span, what=f"what `{node.operator}` is put before", wanted="a number", given=describe(value)
            )
        )
    return -value if node.operator == "-" else value


def _field(node: ast.Field, scope: Scope) -> Value:
    value = evaluate(node.value, scope)
    if value is POISON:
        raise Silence()
    fields: Any = value.fields if isinstance(value, Row) else value.tensors if isinstance(value, Bundle) else {}
    if node.name.id not in fields:
        near = closest(node.name.id, fields, {})
        help_ = (f"did you mean `{near[0]}`?",) if near else (f"it has {', '.join(fields)}",) if fields else ()
        raise Failure(
            name_codes.UnknownField(span=node.name.span, name=node.name.id, value=describe(value), help=help_)
        )
    return fields[node.name.id]


def _item(node: ast.Item, scope: Scope) -> Value:
    value = evaluate(node.value, scope)
    if value is POISON:
        raise Silence()
    if not isinstance(value, tuple | str):
        raise Failure(
            codes.WrongType(span=node.value.span, what="what is indexed", wanted="a list", given=describe(value))
        )
    if isinstance(node.index, ast.Slice):
        bounds = [
            _index(part, scope) if part is not None else None
            for part in (node.index.start, node.index.stop, node.index.step)
        ]
        if bounds[2] == 0:
            raise Failure(codes.BadCall(span=node.index.span, function="a slice", reason="cannot step by 0"))
        return value[slice(*bounds)]
    index = _index(node.index, scope)
    if not -len(value) <= index < len(value):
        raise Failure(codes.IndexOutOfRange(span=node.index.span, index=index, length=len(value)))
    return value[index]


def _index(node: ast.Expr, scope: Scope) -> int:
    value = evaluate(node, scope)
    if value is POISON:
        raise Silence()
    if isinstance(value, bool) or not isinstance(value, int):
        raise Failure(codes.WrongType(span=node.span, what="an index", wanted="an int", given=describe(value)))
    return value


def _call(node: ast.Call, scope: Scope) -> Value:
    return call(evaluate(node.callee, scope), node.arguments, node.span, scope)


def call(callee: Value, arguments: tuple[ast.Argument, ...], span: Span, scope: Scope) -> Value:
    """Calls a function, or gives an op or block some of its arguments."""
    from archdsl.elaborate import arguments as binding

    if callee is POISON:
        for argument in arguments:
            evaluate_or_poison(argument.value, scope)
        raise Silence()
    given = binding.evaluate_arguments(arguments, scope)
    if any(g.value is POISON for _, g in given):
        raise Silence()
    match callee:
        case OpRef():
            return binding.give_op(callee, given)
        case BlockRef():
            return binding.give_block(callee, given)
        case Builtin():
            return _call_builtin(callee.name, given, span)
        case InitRef():
            return _call_init(callee.kind, given, span)
        case FunctionRef():
            return _call_function(callee, given, span, scope)
    raise Failure(codes.NotCallable(span=span, value=describe(callee)))


def _call_builtin(name: str, given: list[tuple[ast.Name | None, Given]], span: Span) -> Value:
    positional = [g.value for key, g in given if key is None]
    if len(positional) != len(given):
        key = next(key for key, _ in given if key is not None)
        raise Failure(
            codes.UnexpectedArgument(span=key.span, callee=name, argument=key.id, help=("its arguments have no names",))
        )
    try:
        result = FUNCTIONS[name](*positional)
    except Misuse as misuse:
        raise Failure(codes.BadCall(span=span, function=name, reason=str(misuse))) from None
    except TypeError:
        count = f"{len(positional)} argument{'s' if len(positional) != 1 else ''}"
        raise Failure(codes.BadCall(span=span, function=name, reason=f"does not take {count}")) from None
    except (OverflowError, ValueError):
        raise Failure(
            codes.BadCall(span=span, function=name, reason="cannot compute with numbers of this size")
        ) from None
    return operators.bounded(result, span)


def _call_init(kind: str, given: list[tuple[ast.Name | None, Given]], span: Span) -> Init:
    parameters = KINDS[kind].parameters
    values: dict[str, float] = {}
    for index, (key, value) in enumerate(given):
        if key is None and index >= len(parameters):
            raise Failure(codes.TooManyArguments(span=value.span, callee=kind, wanted=f"{len(parameters)} arguments"))
        name = key.id if key else parameters[index][0]
        if name not in dict(parameters):
            raise Failure(codes.UnexpectedArgument(span=value.span, callee=kind, argument=name))
        if isinstance(value.value, bool) or not isinstance(value.value, int | float):
            what = f"`{name}` of `{kind}`"
            raise Failure(codes.WrongType(span=value.span, what=what, wanted="a number", given=describe(value.value)))
        values[name] = float(value.value)
    full: list[float] = []
    for name, default in parameters:
        if name not in values and default is None:
            raise Failure(codes.MissingArgument(span=span, callee=kind, argument=name))
        full.append(values.get(name, default or 0.0))
    return Init(kind=kind, values=tuple(full))


def _call_function(
    function: FunctionRef, given: list[tuple[ast.Name | None, Given]], span: Span, scope: Scope
) -> Value:
    from archdsl.elaborate.arguments import bind_parameters, give

    decl = function.decl
    inner = Scope(function.module)
    with scope.session.entering(decl, decl.name.id, span):
        bound = give(decl.name.id, tuple(p.name.id for p in decl.params), {}, given)
        bind_parameters(decl.name.id, decl.params, bound, inner, span)
        return evaluate(decl.value, inner)


_EVALUATORS: Final[dict[type, Callable[[Any, Scope], Value]]] = {
    ast.Name: _name,
    ast.Literal: _literal,
    ast.ListOf: _list,
    ast.Comprehension: _comprehension,
    ast.Table: _table,
    ast.Conditional: _conditional,
    ast.Logic: _logic,
    ast.Not: _not,
    ast.Compare: _compare,
    ast.Binary: _binary,
    ast.Unary: _unary,
    ast.Field: _field,
    ast.Item: _item,
    ast.Call: _call,
}


def is_tensor_like(value: Value) -> bool:
    """Whether a value is a tensor, or a list or bundle of them."""
    return isinstance(value, Tensor | Bundle) or (
        isinstance(value, tuple) and bool(value) and all(map(is_tensor_like, value))
    )
