"""Compile-time expressions: syntax and a scope in, a value out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any, Final, TypeVar

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import names as name_codes
from archdsl.diagnostics.catalogue import values as codes
from archdsl.diagnostics.suggest import closest, respelt
from archdsl.elaborate import operators
from archdsl.elaborate.arguments import Arguments, give, give_block, give_op, missing_arguments
from archdsl.elaborate.builtin_calls import call_builtin, call_init
from archdsl.elaborate.builtins import CALLED
from archdsl.elaborate.domain import is_among, listed, no_list, outside
from archdsl.elaborate.expect import bind_targets, decide, element_of, iterate, some_of
from archdsl.elaborate.failure import Exhausted, Failure, Silence, too_deep
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.types import fit, is_known, is_unknown, join, keep_quiet, type_of, unknown, usual_cause, width
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
    Unknown,
    Value,
    describe,
    show_value,
)
from archdsl.elaborate.weight import COMPOSITE, PARTS
from archdsl.graph.dims import Sym
from archdsl.graph.symbols import Var
from archdsl.ops.types import NAMES, Type
from archdsl.source import Span
from archdsl.syntax import ast

_BOOL, _FLOAT = Type.named("bool"), Type.named("float")
_NUMBER, _SEQUENCE = Type.named("int", "float"), Type.named("list", "str")


def evaluate(node: ast.Expr, scope: Scope) -> Value:
    """The value of an expression. Raises ``Failure`` with the diagnostic of the first mistake in it."""
    session = scope.session
    session.budget.tick(node.span)
    value = _EVALUATORS[node.__class__](node, scope)
    if value.__class__ in COMPOSITE:
        session.budget.weigh(value, node.span)
    elif value is POISON:
        raise Silence()
    return value


def evaluate_or_poison(node: ast.Expr, scope: Scope) -> Value:
    """The value, or ``POISON`` after reporting why there is none, so that what follows is still checked."""
    try:
        return evaluate(node, scope)
    except Failure as failure:
        scope.session.reporter.report(*failure.diagnostics)
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
    are_known = [_add(item, scope, found) for item in node.items]
    return _made(found, all(are_known))


def _comprehension(node: ast.Comprehension, scope: Scope) -> Value:
    found: list[Value] = []
    return _made(found, _rounds(node, 0, scope, found))


def _rounds(node: ast.Comprehension, level: int, scope: Scope, found: list[Value]) -> bool:
    """Adds the elements that the clauses from one on make, and says whether these are all and no others."""
    if level == len(node.clauses):
        return _add(node.element, scope, found)
    clause = node.clauses[level]
    iterable = evaluate(clause.iterable, scope)
    elements = some_of(iterable) or iterate(iterable, clause.iterable.span)
    is_known = elements is iterable
    for element in elements:
        inner = scope.inner()
        bind_targets(clause.targets, element, inner)
        chosen = clause.condition is None or decide(evaluate(clause.condition, inner), clause.condition.span)
        is_known &= chosen is not None
        if chosen is not False:
            is_known &= _rounds(node, level + 1, inner, found)
    return is_known


def _add(item: ast.Expr | ast.Spread, scope: Scope, found: list[Value]) -> bool:
    """Adds an element, or those of the list that is spread: one for all, and it is false, if that is not known."""
    if isinstance(item, ast.Spread):
        value = evaluate(item.value, scope)
        some = some_of(value)
        added = some or _spread(value, item.span)
    else:
        some, added = None, (evaluate(item, scope),)
    operators.long(len(found) + len(added), "the list", item.span, scope.session.limits)
    found += added
    return some is None


def _spread(value: Value, span: Span) -> tuple[Value, ...]:
    """The elements that three dots give one by one."""
    if isinstance(value, Bundle):
        return tuple(value.tensors.values())
    if not isinstance(value, tuple):
        keep_quiet(value, "list", "tensor")
        raise Failure(codes.WrongType(span=span, what="what `...` spreads", wanted="a list", given=describe(value)))
    return value


def _made(found: list[Value], is_known: bool) -> Value:
    """A list of what was found; if more or less may be in it, some list of the same types."""
    if is_known:
        return tuple(found)
    is_open = any(value is POISON for value in found)
    return unknown(Type.list_of(None if is_open else reduce(or_, map(type_of, found), Type(()))))


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


def _cell(node: ast.Expr, scope: Scope) -> Span | None:
    """The cell of a table that is read by ``row.field``."""
    row = scope.find(node.value.id) if isinstance(node, ast.Field) and isinstance(node.value, ast.Name) else None
    return row.cells.get(node.name.id) if isinstance(row, Row) and isinstance(node, ast.Field) else None


def _conditional(node: ast.Conditional, scope: Scope) -> Value:
    condition = decide(evaluate(node.condition, scope), node.condition.span)
    if condition is None:
        return join(evaluate_or_poison(node.then, scope), evaluate_or_poison(node.otherwise, scope))
    return evaluate(node.then if condition else node.otherwise, scope)


def _logic(node: ast.Logic, scope: Scope) -> Value:
    spine, first = _spine(node)
    scope.session.budget.charge(len(spine) // PARTS, node.span)  # of which the rest may not be evaluated
    value = decide(evaluate(first, scope), first.span)
    for part in spine:
        if value is None or value != (part.operator == "or"):
            right = decide(evaluate(part.right, scope), part.right.span)
            value = right if value is not None or right is (part.operator == "or") else None
    return Unknown(_BOOL) if value is None else value


def _not(node: ast.Not, scope: Scope) -> Value:
    value = decide(evaluate(node.value, scope), node.value.span)
    return Unknown(_BOOL) if value is None else not value


def _compare(node: ast.Compare, scope: Scope) -> Value:
    left = evaluate(node.operands[0], scope)
    result: Value = True
    for operator, operand in zip(node.operators, node.operands[1:], strict=True):
        right = evaluate(operand, scope)
        holds = operators.compare(operator, left, right, node.span)
        if holds is False:
            return False
        left, result = right, holds if isinstance(holds, Unknown) else result
    return result


def _binary(node: ast.Binary, scope: Scope) -> Value:
    spine, first = _spine(node)
    value = evaluate(first, scope)
    for part in spine:
        right = evaluate(part.right, scope)
        if isinstance(value, Sym):
            scope.session.budget.charge(_products(part.operator, value, right, scope.session.limits.terms), part.span)
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
    if isinstance(value, Unknown) and value.type.overlaps(_FLOAT):
        return unknown(value.type.taken_for(_NUMBER), value)
    if isinstance(value, bool) or not isinstance(value, int | float | Sym):
        raise Failure(
            codes.WrongType(
                span=node.span, what=f"what `{node.operator}` is put before", wanted="a number", given=describe(value)
            )
        )
    return -value if node.operator == "-" else value


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
    """An element of a list that is not known, or a part of it."""
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


def _call(node: ast.Call, scope: Scope) -> Value:
    name = node.callee.id if isinstance(node.callee, ast.Name) else ""
    if name in CALLED and not scope.defines(name) and not any(argument.name for argument in node.arguments):
        scope.session.budget.tick(node.callee.span)
        return call(CALLED[name], node.arguments, node.span, scope)
    return call(evaluate_or_poison(node.callee, scope), node.arguments, node.span, scope)


def call(callee: Value, arguments: tuple[ast.Argument, ...], span: Span, scope: Scope) -> Value:
    """Calls a function, or gives an op or block some of its arguments."""
    given = evaluate_arguments(arguments, scope)
    if isinstance(callee, BlockRef | FunctionRef):
        scope.session.budget.charge(len(callee.decl.params) // 2, span)
    if callee is POISON or any(g.value is POISON for _, g in given):
        raise Silence()
    match callee:
        case OpRef():
            return give_op(callee, given)
        case BlockRef():
            return give_block(callee, given)
        case Builtin():
            return call_builtin(callee.name, given, span, scope.session)
        case InitRef():
            return call_init(callee.kind, given, span)
        case FunctionRef():
            return _call_function(callee, given, span, scope)
    keep_quiet(callee, "op", "init", "function")
    help_ = ("a value stands without brackets",) if isinstance(callee, int | float | str | tuple) else ()
    raise Failure(codes.NotCallable(span=span, value=describe(callee), help=help_))


def _call_function(function: FunctionRef, given: Arguments, span: Span, scope: Scope) -> Value:
    decl = function.decl
    inner = Scope(scope.session, function.module)
    bound = give(decl.name.id, tuple(p.name.id for p in decl.params), {}, given)
    bind_parameters(decl.name.id, decl.params, bound, inner, span)
    with inner.session.calls.calling(replace(function, arguments=bound), span):
        return evaluate_function(decl, inner)


def evaluate_function(decl: ast.Function, scope: Scope) -> Value:
    """The value of a function whose parameters are in the scope. Mistakes in its ``let`` lines are reported."""
    for statement in decl.statements:
        if isinstance(statement, ast.Broken):
            scope.names.update((name, POISON) for name in statement.names if scope.find(name) is MISSING)
            continue
        name, value = statement.name.id, evaluate_or_poison(statement.value, scope)
        scope.names[name] = POISON if name in scope.names else value
    return evaluate(decl.value, scope)


def evaluate_arguments(arguments: Sequence[ast.Argument], scope: Scope) -> Arguments:
    """The values in the order written; each mistake is reported and leaves a ``POISON``."""
    given: Arguments = []
    for argument in arguments:
        value = evaluate_or_poison(argument.value, scope)
        span = argument.value.span
        if not argument.spread or value is POISON:
            given.append((argument.name, Given(value, span, _cell(argument.value, scope))))
            continue
        value = _spread(value, span)
        operators.long(len(given) + len(value), "the list", span, scope.session.limits)
        scope.session.budget.charge(len(value), span)
        given.extend((None, Given(v, span)) for v in value)
    return given


def bind_parameters(
    callee: str, params: Sequence[ast.Param], bound: Mapping[str, Given], scope: Scope, span: Span
) -> None:
    """Puts the value of every parameter into a scope, checked against its type. Defaults see earlier parameters."""
    problems: list[Diagnostic] = []
    missing: list[ast.Param] = []
    is_silent = False
    scope.session.budget.charge(len(params), span)
    for param in params:
        name = param.name.id
        declared: tuple[Label, ...] = (Label(param.span, "declared here"),)
        if name in bound:
            value, at = bound[name].value, bound[name].span
            declared += bound[name].labels
        elif param.default is not None:
            value, at = evaluate_or_poison(param.default, scope), param.default.span
        else:
            missing.append(param)
            value, at = POISON, span
        wide = width(param.type)
        if isinstance(value, tuple):  # each element is looked at
            scope.session.budget.charge(len(value) * wide // 2, at)
        elif wide > 1:
            scope.session.budget.charge(wide, at)
        scope.names[name] = fitted = POISON if value is POISON else fit(value, param.type)
        is_silent |= fitted is POISON
        if fitted is POISON and value is not POISON and is_known(param.type):
            wanted = param.type.span.text
            help_, fix = usual_cause(value, wanted, at) if name in bound else _other_type(param, value)
            problems.append(
                codes.WrongType(
                    span=at,
                    what=f"`{name}` of `{callee}`",
                    wanted=wanted,
                    given=describe(value),
                    labels=declared,
                    help=help_,
                    fix=fix,
                )
            )
        elif fitted is not POISON:
            cell = bound[name].cell if name in bound else None
            if found := _misplaced(callee, param, Given(fitted, at, cell), scope):
                problems += found
                scope.names[name], is_silent = POISON, True
    if missing:
        problems.append(missing_arguments(callee, missing, span))
    if is_silent:
        raise Failure(*problems)


def _misplaced(callee: str, param: ast.Param, given: Given, scope: Scope) -> Sequence[Diagnostic]:
    """What is wrong with a value whose parameter may have some values only, or with the list of these."""
    try:
        values = domain(param, scope)
        if values is None or is_among(given.value, values, given.span):
            return ()
    except Failure as failure:
        return failure.diagnostics
    return (outside(callee, param, given, values),)


def domain(param: ast.Param, scope: Scope) -> tuple[Value, ...] | None:
    """The values that a parameter may have, if its definition lists them. They see the names of the file alone.

    ``None`` where all of its type will do, and where the list could not be read. Raises ``Failure`` if it is none.
    """
    if param.domain is None:
        return None
    value = evaluate_or_poison(param.domain, Scope(scope.session, scope.module))
    values = POISON if value is POISON else listed(value, param)
    if values is POISON and value is not POISON and is_known(param.type):
        raise Failure(no_list(value, param))
    return None if values is POISON else values


def _other_type(param: ast.Param, default: Value) -> tuple[tuple[str, ...], Fix | None]:
    """Help for a default that does not fit the type beside it: of the two, the type is the likelier slip."""
    right = str(type_of(default))
    if right not in NAMES:
        return (), None
    return (f"the type of `{show_value(default)}` is `{right}`",), Fix(param.type.span, right)


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
