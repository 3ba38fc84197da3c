"""Signatures: binds the names in input shapes, and evaluates and compares output shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TypeAlias

from archdsl.diagnostics import Diagnostic, Label
from archdsl.diagnostics.catalogue import contracts as codes
from archdsl.diagnostics.catalogue import shapes as shape_codes
from archdsl.diagnostics.catalogue.values import InexactDivision
from archdsl.elaborate.expressions import evaluate
from archdsl.elaborate.failure import Failure, Silence
from archdsl.elaborate.module import MISSING
from archdsl.elaborate.operators import roundings_of_size
from archdsl.elaborate.ports import check_length, element_scope, stated
from archdsl.elaborate.scope import Scope
from archdsl.elaborate.types import keep_quiet
from archdsl.elaborate.values import POISON, Tensor, Value, describe, group_of
from archdsl.graph.dims import Dim, Shape, Sym, show
from archdsl.graph.symbols import never_equal
from archdsl.names import Definition
from archdsl.source import Span
from archdsl.syntax import ast
from archdsl.syntax.walk import walk

REST = "..."
"""The name under which a scope keeps the dimensions that `...` stood for; no spec can write it."""


def bind_inputs(block: str, ports: Sequence[ast.Port], tensors: Sequence[Tensor], scope: Scope, span: Span) -> None:
    """Binds the names of input dimensions to the sizes of the tensors, and checks those bound before."""
    later: list[tuple[ast.Port, ast.Expr, Dim, Shape]] = []
    for _, members in groupby(zip(ports, tensors, strict=True), key=lambda member: group_of(member[0].key)):
        bound: dict[str, tuple[Value, ...]] = {}
        given = list(members)
        check_length(given[0][0], len(given), scope, span)
        for port, tensor in given:
            assert tensor.shape is not None
            inner = element_scope(port, scope)
            known = set(inner.names)
            for dim, size in _aligned(block, port.shape, tensor.shape, inner, span):
                if not isinstance(dim, ast.Name):
                    later.append((port, dim, size, tensor.shape))
                elif dim.id != "_":
                    _bind(block, port, dim, size, tensor.shape, inner, span)
            if inner is not scope:
                bound |= {n: (*bound.get(n, ()), v) for n, v in inner.names.items() if n not in known and n != REST}
        scope.names.update(bound)
    for port, dim, size, shape in later:
        wanted = dimension(dim, element_scope(port, scope))
        if differ(wanted, size):
            is_plain = dim.span.text == str(wanted)
            reason = f"{size} is not {wanted}" if is_plain else f"`{dim.span.text}` is {wanted}"
            raise Failure(_mismatch(block, port, shape, span, reason))


def _bind(block: str, port: ast.Port, name: ast.Name, size: Dim, shape: Shape, scope: Scope, span: Span) -> None:
    value = scope.local(name.id)
    if value is MISSING:
        value = scope.module.constant(name.id)
    if value is POISON:
        raise Silence()
    if value is MISSING:
        scope.names[name.id] = size
    elif isinstance(value, bool) or not isinstance(value, int | Sym):
        keep_quiet(value, "int")
        raise Failure(codes.BadDimension(span=name.span, value=describe(value)))
    elif differ(value, size):
        raise Failure(_mismatch(block, port, shape, span, f"`{name.id}` is {value}"))


def _mismatch(block: str, port: ast.Port, shape: Shape, span: Span, reason: str) -> codes.InputMismatch:
    label = Label(port.span, "the signature")
    return codes.InputMismatch(
        span=span, block=block, wanted=port.shape.span.text, given=show(shape), reason=reason, labels=(label,)
    )


def _aligned(block: str, pattern: ast.ShapeOf, shape: Shape, scope: Scope, span: Span) -> list[tuple[ast.Expr, Dim]]:
    """Pairs the dimensions of a pattern with sizes; `...` is bound in the scope, `?` matches anything."""
    dims = pattern.dims
    if _is_broken(pattern):
        names = [name.id for name in dims if isinstance(name, ast.Name)]
        names += [name for lost in dims if isinstance(lost, ast.Broken) for name in lost.names]
        scope.names.update((name, POISON) for name in names if _is_free(name, scope))
        return []
    rests = [i for i, dim in enumerate(dims) if isinstance(dim, ast.Rest)]
    if len(rests) > 1:
        at = dims[rests[1]].span
        raise Failure(codes.BadDimension(span=at, value="a second `...`"))
    if not rests:
        fits, covered, first = len(dims) == len(shape), 0, len(dims)
    else:
        covered = len(shape) - (len(dims) - 1)
        fits, first = covered >= 0, rests[0]
    if not fits:
        wanted = pattern.span.text
        labels = (Label(pattern.span, "the signature"),)
        raise Failure(shape_codes.WrongRank(span=span, op=block, wanted=wanted, shape=show(shape), labels=labels))
    sizes: list[Dim] = [*shape[:first], *shape[first + covered :]]
    if rests:
        scope.names[REST] = shape[first : first + covered]
    kept = [dim for dim in dims if not isinstance(dim, ast.Rest)]
    return [(dim, size) for dim, size in zip(kept, sizes, strict=True) if not isinstance(dim, ast.Unknown | ast.Rest)]


def _is_broken(pattern: ast.ShapeOf) -> bool:
    """Whether a part of a shape could not be parsed: it then matches anything."""
    return any(isinstance(dim, ast.Broken) for dim in pattern.dims)


def dimension(node: ast.Expr, scope: Scope) -> Dim:
    """The dimension that an expression in a shape evaluates to."""
    for name in _free(node, scope):
        if scope.find(name.id) is MISSING:
            raise Failure(unbound(name))
    try:
        value = evaluate(node, scope)
    except Failure as failure:
        failure.diagnostics = tuple(_as_size(problem, node, scope) for problem in failure.diagnostics)
        raise
    if isinstance(value, Sym):
        return value
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        keep_quiet(value, "int")
        raise Failure(codes.BadDimension(span=node.span, value=describe(value)))
    return value


def _free(node: ast.Expr, scope: Scope) -> Sequence[ast.Name]:
    """The free names of an expression."""
    if isinstance(node, ast.Name | ast.Literal):
        return (node,) if isinstance(node, ast.Name) else ()
    names = scope.module.names.around(node.span)
    uses = names.used_in(node.span) if names else ()
    scope.session.budget.charge(len(uses), node.span)
    return [use.name for use in uses if not _is_within(use.definition, node.span)]


def _is_within(definition: Definition | None, span: Span) -> bool:
    place = definition.span if definition else None
    return place is not None and place.source is span.source and span.start <= place.start < span.end


def _as_size(problem: Diagnostic, node: ast.Expr, scope: Scope) -> Diagnostic:
    """The diagnostic, with help on rounding sizes if it is about a division in this dimension."""
    if not isinstance(problem, InexactDivision) or scope.session.reporter.sink.has(problem):
        return problem  # of which the first one of a place is explained
    division = next((n for n in walk(node) if isinstance(n, ast.Binary) and n.span == problem.span), None)
    if division is None:
        return problem
    help_: tuple[str, ...] = ()
    if problem.left.isdigit() and problem.right.isdigit():  # neither open sizes nor negative ones
        size, by = int(problem.left), int(problem.right)
        near = [str(n) for n in (size - size % by, size - size % by + by) if n > 0]
        help_ = (f"a size that {by} divides fits: {' or '.join(near)}",)
    if not scope.session.reporter.is_library(problem.span.source):
        help_ = (roundings_of_size(division), *help_)
    return replace(problem, help=help_)


def unbound(name: ast.Name) -> Diagnostic:
    """The diagnostic for a name in a signature that has no value."""
    help_ = ("a plain name in the input's shape has the size in its place as its value",)
    return codes.UnboundDimension(span=name.span, name=name.id, help=help_)


def differ(one: Dim | str, other: Dim) -> bool:
    """Whether two dimensions differ; unknown ones, for all values."""
    return one != other and (isinstance(one, str) or never_equal(one, other))


Pattern = tuple["Dim | str | None", ...]
"""A declared shape: sizes, ``None`` for `_` and `?`, and ``REST`` for a `...` that stands for nothing known."""

Declared: TypeAlias = "Sequence[tuple[ast.Port, Pattern]]"
"""Of each tensor that flows out, or of each list if nobody knows its length."""


def declared(pattern: ast.ShapeOf, scope: Scope) -> Pattern:
    """The shape stated after `::`, with its expressions evaluated."""
    dims: list[Dim | str | None] = []
    if _is_broken(pattern):
        return (REST,)
    for dim in pattern.dims:
        if isinstance(dim, ast.Rest):
            rest: Value = scope.local(REST)
            dims.extend([REST] if rest is MISSING else rest)
        elif isinstance(dim, ast.Unknown) or (isinstance(dim, ast.Name) and dim.id == "_"):
            dims.append(None)
        else:
            dims.append(dimension(dim, scope))
    return tuple(dims)


def declared_ports(ports: Sequence[ast.Port], scope: Scope) -> Declared:
    """The stated shapes of a signature's outputs, with their ports."""
    return [(port, declared(port.shape, element_scope(port, scope))) for port in stated(ports, scope)]


def agrees(pattern: Pattern, shape: Shape) -> bool:
    """Whether a shape matches a declared one."""
    if REST in pattern:
        at = pattern.index(REST)
        after = len(pattern) - at - 1
        if len(shape) < len(pattern) - 1:
            return False
        pattern = pattern[:at] + (None,) * (len(shape) - at - after) + pattern[at + 1 :]
    return len(pattern) == len(shape) and all(
        want is None or not differ(want, got) for want, got in zip(pattern, shape, strict=True)
    )


def broken(
    claim: ast.ShapeOf, pattern: Pattern, actual: Shape, what: str, computed: ast.Node | None
) -> codes.ContractBroken:
    """The diagnostic for a shape that differs from the declared one, at the dimensions that differ."""
    span = claim.span
    if len(claim.dims) == len(pattern) == len(actual):
        wrong = [
            dim.span
            for dim, want, got in zip(claim.dims, pattern, actual, strict=True)
            if want is not None and differ(want, got)
        ]
        span = wrong[0].to(wrong[-1])
    labels = (Label(computed.span, f"computes {show(actual)}"),) if computed else ()
    help_ = ("`global_avg_pool` or `flatten` makes a vector of a map",) if len(pattern) == 1 < len(actual) else ()
    return codes.ContractBroken(
        span=span, what=what, declared=show_pattern(pattern), actual=show(actual), labels=labels, help=help_
    )


def show_pattern(pattern: Pattern) -> str:
    return f"[{', '.join('_' if dim is None else str(dim) for dim in pattern)}]"


def assumed(pattern: Pattern) -> Shape | None:
    """The declared shape, to go on with after an error; ``None`` if it has gaps."""
    sizes = tuple(dim for dim in pattern if isinstance(dim, int | Sym))
    return sizes if len(sizes) == len(pattern) else None


def model_inputs(signature: ast.Signature, scope: Scope) -> Mapping[str, Shape]:
    """The shapes of a model's inputs. `?`, and names without a value, are sizes known only at run time."""
    shapes: dict[str, Shape] = {}
    anonymous = 0
    for port in signature.inputs:
        dims: list[Dim] = []
        if port.is_open:
            help_ = (f"a list says how many: `{port.key}: [[56, 56, 64], [28, 28, 128]]`",)
            raise Failure(codes.BadDimension(span=port.span, value="`...` in the input of a model", help=help_))
        for dim in port.shape.dims:
            if isinstance(dim, ast.Unknown):
                anonymous += 1
                dims.append(Sym.named(f"?{anonymous}"))
            elif isinstance(dim, ast.Rest) or (isinstance(dim, ast.Name) and dim.id in ("_", "None", "none")):
                raise Failure(
                    codes.BadDimension(
                        span=dim.span,
                        value=f"`{dim.span.text}` in the input of a model",
                        help=_for_open_size(dim, port.shape),
                    )
                )
            elif isinstance(dim, ast.Name) and _is_free(dim.id, scope):
                scope.names[dim.id] = Sym.named(dim.id)
                dims.append(scope.names[dim.id])
            else:
                dims.append(dimension(dim, scope))
        shapes[port.key or "input"] = tuple(dims)
    return shapes


def _for_open_size(dim: ast.Node, shape: ast.ShapeOf) -> tuple[str, ...]:
    """The dimension that replaces Keras's `None`, the first of which is the batch."""
    first, *rest = shape.dims
    written = [each.span.text for each in rest]
    if dim is first and len(rest) > 1 and first.span.text not in written:
        return (f"shapes leave out the batch: `[{', '.join(written)}]`",)
    return ("write `?` for a size that is known only when the model runs",)


def bind_free(pattern: ast.ShapeOf, shape: Shape, scope: Scope) -> None:
    """Binds names without a value to the sizes at their positions: `check Net() :: [h, w, 3] -> [h, w, 8]`."""
    for dim, size in zip(pattern.dims, shape, strict=False):
        if isinstance(dim, ast.Name) and dim.id != "_" and _is_free(dim.id, scope):
            scope.names[dim.id] = size


def _is_free(name: str, scope: Scope) -> bool:
    return scope.local(name) is MISSING and scope.module.constant(name) is MISSING
