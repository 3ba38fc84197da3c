"""Compile-time expressions: syntax and a scope in, a value out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from archdsl.diagnostics import Fix, Label
from archdsl.diagnostics.catalogue import names as name_codes
from archdsl.diagnostics.catalogue import values as codes
from archdsl.diagnostics.suggest import closest
from archdsl.elaborate import operators
from archdsl.elaborate.builtins import FUNCTIONS, Made, Misuse
from archdsl.elaborate.scope import MISSING, Exhausted, Failure, Scope, Silence, too_deep
from archdsl.elaborate.unknown import unknown_name
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
from archdsl.elaborate.weight import COMPOSITE, PARTS
from archdsl.graph.dims import Sym
from archdsl.ops.init import KINDS, Init
from archdsl.source import Span
from archdsl.syntax import ast

if TYPE_CHECKING:
    from archdsl.elaborate.session import Session

_ADDITION: Final = 8
"""Steps of the addition of two run-time sizes, beside one for each of their terms."""


def evaluate(node: ast.Expr, scope: Scope) -> Value:
    """The value of an expression. Raises ``Failure`` with the diagnostic of the first mistake in it."""
    session = scope.session
    session.tick(node.span)
    value = _EVALUATORS[node.__class__](node, scope)
    if value.__class__ in COMPOSITE:
        session.weigh(value, node.span)
    return value


def evaluate_or_poison(node: ast.Expr, scope: Scope) -> Value:
    """The value, or ``POISON`` after reporting why there is none, so that what follows is still checked."""
    try:
        return evaluate(node, scope)
    except Failure as failure:
        scope.session.report_failure(failure)
        return POISON
    except RecursionError:
        raise Exhausted(too_deep(node.span)) from None


def _name(node: ast.Name, scope: Scope) -> Value:
    value = scope.find(node.id)
    if value is POISON:
        raise Silence()
    if value is MISSING:
        raise Failure(unknown_name(node.id, node.span, scope))
    return value


def _broken(_node: ast.Broken, _scope: Scope) -> Value:
    raise Silence()


def _literal(node: ast.Literal, _scope: Scope) -> Value:
    return node.value


def _list(node: ast.ListOf, scope: Scope) -> Value:
    found: list[Value] = []
    for item in node.items:
        if not isinstance(item, ast.Spread):
            found.append(evaluate(item, scope))
            continue
        value = evaluate(item.value, scope)
        if isinstance(value, Bundle):
            value = tuple(value.tensors.values())
        if not isinstance(value, tuple):
            raise Failure(
                codes.WrongType(span=item.span, what="what `...` spreads", wanted="a list", given=describe(value))
            )
        operators.long(len(found) + len(value), "the list", item.span, scope.session.limits)
        found += value
    return tuple(found)


def iterate(value: Value, span: Span) -> tuple[Value, ...]:
    """The elements that a loop goes over."""
    if not isinstance(value, tuple):
        hint = (f"write `range({span.text})`",) if isinstance(value, int) else ()
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
        wanted = f"a list of {len(targets)}"
        hint = ("`enumerate` and `zip` make pairs",) if len(targets) == 2 and not isinstance(value, tuple) else ()
        raise Failure(codes.WrongType(span=span, what="each element", wanted=wanted, given=describe(value), help=hint))
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
        found.append(Row(dict(zip(names, (evaluate(cell, scope) for cell in row), strict=True))))
    return tuple(found)


def truth(value: Value, span: Span) -> bool:
    """A condition's value, which must be a bool: no number or list is taken for one."""
    if isinstance(value, bool):
        return value
    whole = f"({span.text})" if " if " in span.text and not span.text.startswith("(") else span.text
    help_ = (f"compare it, as in `{whole} > 0`",) if isinstance(value, int | float) else ()
    raise Failure(codes.WrongType(span=span, what="the condition", wanted="a bool", given=describe(value), help=help_))


def _conditional(node: ast.Conditional, scope: Scope) -> Value:
    condition = truth(evaluate(node.condition, scope), node.condition.span)
    return evaluate(node.then if condition else node.otherwise, scope)


def _logic(node: ast.Logic, scope: Scope) -> Value:
    spine, first = _spine(node)
    scope.session.charge(len(spine) // PARTS, node.span)  # of which the rest may not be evaluated
    value = truth(evaluate(first, scope), first.span)
    for part in spine:
        if value != (part.operator == "or"):
            value = truth(evaluate(part.right, scope), part.right.span)
    return value


def _not(node: ast.Not, scope: Scope) -> Value:
    return not truth(evaluate(node.value, scope), node.value.span)


def _compare(node: ast.Compare, scope: Scope) -> Value:
    left = evaluate(node.operands[0], scope)
    for operator, operand in zip(node.operators, node.operands[1:], strict=True):
        right = evaluate(operand, scope)
        if not operators.compare(operator, left, right, node.span):
            return False
        left = right
    return True


def _binary(node: ast.Binary, scope: Scope) -> Value:
    spine, first = _spine(node)
    value = evaluate(first, scope)
    for part in spine:
        right = evaluate(part.right, scope)
        if isinstance(value, Sym):
            scope.session.charge(_products(part.operator, value, right, scope.session.limits.terms), part.span)
        value = operators.binary(part, value, right, scope.session.limits)
    return value


def _products(operator: str, left: Sym, right: Value, terms: int) -> int:
    """Steps of an operation on a run-time size: two for each product of two terms."""
    factors = right.size if isinstance(right, Sym) else 1
    if operator == "**" and isinstance(right, int) and right > 1:
        factors = min(left.size ** min(right - 1, operators.POWER), terms)  # larger powers are none
    return 2 * left.size * factors


Pair = TypeVar("Pair", ast.Binary, ast.Logic)


def _spine(node: Pair) -> tuple[list[Pair], ast.Expr]:
    """The pairs of a sum or a condition from the left, and its first operand.

    Long ones lean left: walking them in a loop instead of by recursion leaves their length open.
    """
    kind = type(node)
    spine: list[Pair] = []
    first: ast.Expr = node
    while isinstance(first, kind):
        spine.append(first)
        first = first.left
    return spine[::-1], first


def _unary(node: ast.Unary, scope: Scope) -> Value:
    value = evaluate(node.value, scope)
    if isinstance(value, bool) or not isinstance(value, int | float | Sym):
        raise Failure(
            codes.WrongType(
                span=node.span, what=f"what `{node.operator}` is put before", wanted="a number", given=describe(value)
            )
        )
    return -value if node.operator == "-" else value


def _field(node: ast.Field, scope: Scope) -> Value:
    value = evaluate(node.value, scope)
    fields: Any = value.fields if isinstance(value, Row) else value.tensors if isinstance(value, Bundle) else {}
    if node.name.id not in fields:
        near = closest(node.name.id, fields, {})
        help_ = (f"did you mean `{near[0]}`?",) if near else (f"it has {', '.join(fields)}",) if fields else ()
        fix = Fix(node.name.span, near[0]) if near else None
        what = f"`{node.value.span.text}`" if fields else describe(value)
        if isinstance(value, tuple) and value and isinstance(value[0], Row | Bundle):
            help_ = (f"`[x.{node.name.id} for x in {node.value.span.text}]` takes it of each",)
        elif isinstance(value, BlockRef):
            help_ = ("figures stand after the call: `check Net(), params <= 5M`",)
        raise Failure(name_codes.UnknownField(span=node.name.span, name=node.name.id, value=what, help=help_, fix=fix))
    return fields[node.name.id]


def _item(node: ast.Item, scope: Scope) -> Value:
    if isinstance(node.index, ast.Broken):
        raise Silence()
    value = evaluate(node.value, scope)
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
        if bounds[2] == 0:
            raise Failure(codes.BadCall(span=node.index.span, function="a slice", reason="cannot step by 0"))
        return value[slice(*bounds)]
    index = _index(node.index, scope)
    if not -len(value) <= index < len(value):
        help_ = (f"the last index is {len(value) - 1}",) if value else ()
        raise Failure(codes.IndexOutOfRange(span=node.index.span, index=index, length=len(value), help=help_))
    return value[index]


def _index(node: ast.Expr, scope: Scope) -> int:
    value = evaluate(node, scope)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Failure(codes.WrongType(span=node.span, what="an index", wanted="an int", given=describe(value)))
    return value


def _call(node: ast.Call, scope: Scope) -> Value:
    return call(evaluate_or_poison(node.callee, scope), node.arguments, node.span, scope)


def call(callee: Value, arguments: tuple[ast.Argument, ...], span: Span, scope: Scope) -> Value:
    """Calls a function, or gives an op or block some of its arguments."""
    from archdsl.elaborate import arguments as binding

    given = binding.evaluate_arguments(arguments, scope)
    if isinstance(callee, BlockRef | FunctionRef):
        scope.session.charge(len(callee.decl.params) // 2, span)
    if callee is POISON or any(g.value is POISON for _, g in given):
        raise Silence()
    match callee:
        case OpRef():
            return binding.give_op(callee, given)
        case BlockRef():
            return binding.give_block(callee, given)
        case Builtin():
            return _call_builtin(callee.name, given, span, scope.session)
        case InitRef():
            return _call_init(callee.kind, given, span)
        case FunctionRef():
            return _call_function(callee, given, span)
    raise Failure(codes.NotCallable(span=span, value=describe(callee)))


def _call_builtin(name: str, given: list[tuple[ast.Name | None, Given]], span: Span, session: Session) -> Value:
    positional = [g.value for key, g in given if key is None]
    if len(positional) != len(given):
        key = next(key for key, _ in given if key is not None)
        raise Failure(
            codes.UnexpectedArgument(span=key.span, callee=name, argument=key.id, help=("give it by position",))
        )
    if name == "sum" and len(positional) == 1 and isinstance(positional[0], tuple):
        _charge_sizes(positional[0], span, session)
    try:
        result = FUNCTIONS[name](*positional)
    except Misuse as misuse:
        at = next((g.span for _, g in given if g.value is misuse.value), span)
        raise Failure(codes.BadCall(span=at, function=name, reason=str(misuse))) from None
    except TypeError:
        count = f"{len(positional)} argument{'s' if len(positional) != 1 else ''}"
        raise Failure(codes.BadCall(span=span, function=name, reason=f"does not take {count}")) from None
    except (OverflowError, ValueError):
        raise Failure(
            codes.BadCall(span=span, function=name, reason="cannot compute with numbers of this size")
        ) from None
    if isinstance(result, Made):
        operators.long(result.length, "the list", span, session.limits)
        return tuple(operators.bounded(element, span, session.limits) for element in result.elements)
    return operators.bounded(result, span, session.limits)


def _charge_sizes(values: tuple[Value, ...], span: Span, session: Session) -> None:
    """Counts the work of adding run-time sizes up, and bounds it: every sum on the way is a polynomial of its own."""
    total: Value = 0
    for value in values:
        if isinstance(value, Sym):
            total = operators.bounded(total + value, span, session.limits)
            session.charge(_ADDITION + (total.size if isinstance(total, Sym) else 0), span)


def _call_init(kind: str, given: list[tuple[ast.Name | None, Given]], span: Span) -> Init:
    from archdsl.elaborate.arguments import give

    parameters = KINDS[kind].parameters
    bound = give(kind, [name for name, _ in parameters], {}, given)
    for name, value in bound.items():
        if isinstance(value.value, bool) or not isinstance(value.value, int | float):
            what = f"`{name}` of `{kind}`"
            raise Failure(codes.WrongType(span=value.span, what=what, wanted="a number", given=describe(value.value)))
    for name, default in parameters:
        if name not in bound and default is None:
            raise Failure(codes.MissingArgument(span=span, callee=kind, missing=f"`{name}`"))
    values = (bound[name].value if name in bound else default for name, default in parameters)
    try:
        return Init(kind=kind, values=tuple(float(value) for value in values if value is not None))
    except OverflowError:
        raise Failure(operators.float_too_large(span)) from None


def _call_function(function: FunctionRef, given: list[tuple[ast.Name | None, Given]], span: Span) -> Value:
    from archdsl.elaborate.arguments import bind_parameters, give

    decl = function.decl
    inner = Scope(function.module)
    bound = give(decl.name.id, tuple(p.name.id for p in decl.params), {}, given)
    bind_parameters(decl.name.id, decl.params, bound, inner, span)
    with inner.session.calling(replace(function, arguments=bound), span):
        return evaluate(decl.value, inner)


_EVALUATORS: Final[dict[type, Callable[[Any, Scope], Value]]] = {
    ast.Broken: _broken,
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
