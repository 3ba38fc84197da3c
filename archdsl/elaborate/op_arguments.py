"""Validates arguments of ops with their pydantic classes, and turns refusals into diagnostics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from pydantic import ValidationError

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue import values as codes
from archdsl.elaborate.failure import Failure, Silence
from archdsl.elaborate.types import default_init, holds_unknown, type_of, unknown, usual_cause
from archdsl.elaborate.values import POISON, Given, InitRef, OpRef, Tensor, Value, describe
from archdsl.graph.dims import Sym
from archdsl.graph.symbols import Var
from archdsl.ops.base import Op
from archdsl.ops.init import KINDS
from archdsl.ops.types import parameters
from archdsl.ops.wanted import wanted
from archdsl.source import Span

Advice: TypeAlias = tuple[tuple[str, ...], Fix | None]


def make_op(ref: OpRef, span: Span, cache: dict[object, Op]) -> Op:
    """The op as a value, interned: equal calls give the same object, as models repeat few ops many times."""
    values: dict[str, Any] = {}
    for name, given in ref.arguments.items():
        if name in ref.op.tensors:
            continue
        value = given.value
        if value is POISON:
            raise Silence()
        if isinstance(value, InitRef) and (value := default_init(value)) is POISON:
            kind: InitRef = given.value
            missing = KINDS[kind.kind][0][0]
            raise Failure(codes.MissingArgument(span=given.span, callee=kind.kind, missing=f"`{missing}`"))
        values[name] = value
    # `repr` tells 1 from true and 1.0, which are equal in Python.
    key = (ref.op, tuple((name, repr(value)) for name, value in values.items()))
    known = cache.get(key)
    if known is None:
        try:
            known = cache[key] = ref.op(**values)
        except ValidationError as error:
            raise Failure(*_refused(ref, error, span)) from None
    return known


def refused(ref: OpRef) -> list[Diagnostic]:
    """Diagnostics for the given arguments of an op; others may be missing."""
    if not ref.arguments:
        return []
    try:
        made_or_refused(ref, next(iter(ref.arguments.values())).span, {})
    except Failure as failure:
        return [problem for problem in failure.diagnostics if isinstance(problem, codes.BadArgument)]
    return []


def made_or_refused(ref: OpRef, span: Span, cache: dict[object, Op]) -> tuple[Op, bool]:
    """The op, and whether some of its arguments are unknown; the known ones are checked."""
    types, known, is_open = parameters(ref.op), dict[str, Given](), dict[str, Value]()
    problems: list[Diagnostic] = []
    for name, given in ref.arguments.items():
        if name in ref.op.tensors:
            continue
        if not holds_unknown(given.value):
            known[name] = given
        elif type_of(given.value).alternatives and not type_of(given.value).overlaps(types[name]):
            problems.append(_bad(ref, name, str(types[name]), span))
        else:
            is_open[name] = given.value if isinstance(given.value, Var | tuple) else unknown(types[name])
    if not is_open and not problems:
        return make_op(ref, span, cache), False
    try:
        make_op(replace(ref, arguments=known), span, cache)
    except Failure as failure:
        missing = {f"`{name}`" for name in ref.arguments}
        problems += [p for p in failure.diagnostics if getattr(p, "missing", None) not in missing]
    if problems:
        raise Failure(*problems)
    values = {name: given.value for name, given in known.items()}
    return ref.op.model_construct(**values, **is_open), True


def _refused(ref: OpRef, error: ValidationError, span: Span) -> Iterator[Diagnostic]:
    """One diagnostic for each argument: pydantic lists every type that a value might have had."""
    seen: set[str] = set()
    for problem in error.errors():
        argument = str(problem["loc"][0]) if problem["loc"] else ""
        if argument in seen:
            continue
        seen.add(argument)
        if problem["type"] == "missing":
            yield _missing(ref, argument, span)
        else:
            yield _bad(ref, argument, problem["msg"], span)


def _missing(ref: OpRef, argument: str, span: Span) -> Diagnostic:
    example = ref.op.example.partition(": ")[2]
    help_ = (f"for example `{example}`",) if example else ()
    return codes.MissingArgument(span=span, callee=ref.op.name, missing=f"`{argument}`", help=help_)


def _bad(ref: OpRef, argument: str, reason: str, span: Span) -> Diagnostic:
    given = ref.arguments.get(argument)
    fields = ref.op.model_fields
    words = wanted(fields[argument]) if argument in fields else ""
    words = words or reason.removeprefix("Input should be ").removeprefix("Value error, ")
    if given is None:
        return codes.BadArgument(span=span, op=ref.op.name, argument=argument, wanted=words, given="what was given")
    help_, fix = _cause_in_op(ref, argument, given) or usual_cause(given.value, words, given.span)
    return codes.BadArgument(
        span=given.span,
        op=ref.op.name,
        argument=argument,
        wanted=words,
        given=describe(given.value),
        labels=given.labels,
        help=help_,
        fix=fix,
    )


def _cause_in_op(ref: OpRef, argument: str, given: Given) -> Advice | None:
    """Help for a value that the op takes in another way: a tensor by name, a run-time size from a tensor."""
    value, text = given.value, given.span.text
    if isinstance(value, Tensor) and ref.op.tensors and ref.op.model_fields[argument].default is None:
        named = f"{ref.op.tensors[0]}={text}"
        return (f"a tensor is given by name: `{named}`",), Fix(given.span, named)
    parts = value if isinstance(value, tuple) else (value,)
    if ref.op.instead_of_open and any(isinstance(part, Sym) and part.is_open for part in parts):
        return (ref.op.instead_of_open,), None
    return None
