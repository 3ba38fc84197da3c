"""Arguments meet parameters: by position and name, with defaults and types; of ops, by their pydantic classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import ValidationError

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import names as name_codes
from archdsl.diagnostics.catalogue import values as codes
from archdsl.diagnostics.suggest import closest
from archdsl.elaborate.evaluate import evaluate, evaluate_or_poison, is_tensor_like
from archdsl.elaborate.scope import Failure, Scope, Silence
from archdsl.elaborate.values import (
    POISON,
    BlockRef,
    Bundle,
    Given,
    InitRef,
    Keyword,
    OpRef,
    SharedRef,
    Tensor,
    Value,
    describe,
)
from archdsl.graph.dims import Sym
from archdsl.ops.base import Op
from archdsl.ops.init import KINDS, Init
from archdsl.ops.wanted import wanted as words_for
from archdsl.source import Span
from archdsl.syntax import ast

Arguments: TypeAlias = list[tuple[ast.Name | None, Given]]
TYPES = ("int", "float", "bool", "str", "op", "tensor", "init", "list")


def evaluate_arguments(arguments: Sequence[ast.Argument], scope: Scope) -> Arguments:
    """The values in the order written; each mistake is reported and leaves a ``POISON``."""
    given: Arguments = []
    for argument in arguments:
        value = evaluate_or_poison(argument.value, scope)
        span = argument.value.span
        if not argument.spread or value is POISON:
            given.append((argument.name, Given(value, span)))
            continue
        if isinstance(value, Bundle):
            value = tuple(value.tensors.values())
        if not isinstance(value, tuple):
            raise Failure(codes.WrongType(span=span, what="what `...` spreads", wanted="a list", given=describe(value)))
        given.extend((None, Given(v, span)) for v in value)
    return given


def give(
    callee: str, positional: Sequence[str], bound: Mapping[str, Given], given: Arguments, known: Sequence[str] = ()
) -> dict[str, Given]:
    """Adds arguments to those that are bound. Names may replace what was bound before, as in a variant of a variant.

    ``known`` are further parameters that are given by name only.
    """
    free = [name for name in positional if name not in bound]
    result = dict(bound)
    fresh: dict[str, Span] = {}
    count = 0
    for key, value in given:
        if key is not None:
            name = key.id
            if name not in positional and name not in known:
                raise Failure(_unexpected(callee, key, [*positional, *known]))
        else:
            if count >= len(free):
                raise Failure(_too_many(callee, value.span, positional, known))
            name = free[count]
            count += 1
        if name in fresh:
            first = (Label(fresh[name], "given here"),)
            span = key.span if key else value.span
            raise Failure(codes.RepeatedArgument(span=span, callee=callee, argument=name, labels=first))
        fresh[name] = value.span
        result[name] = value
    return result


def _too_many(callee: str, span: Span, positional: Sequence[str], known: Sequence[str]) -> Diagnostic:
    if positional:
        names = ", ".join(f"`{p}`" for p in positional)
        wanted = f"{names} by position"
    else:
        wanted = "no arguments by position" if known else "no arguments"
    rest = [name for name in known if name not in positional]
    help_ = (f"by name: {', '.join(rest)}",) if rest else ()
    return codes.TooManyArguments(span=span, callee=callee, wanted=wanted, help=help_)


def _unexpected(callee: str, key: ast.Name, names: Sequence[str]) -> Diagnostic:
    near = closest(key.id, names, _FOREIGN_ARGUMENTS)
    help_ = (f"did you mean `{near[0]}`?",) if near else (f"it has {', '.join(names)}",) if names else ()
    fix = Fix(key.span, near[0]) if near else None
    return codes.UnexpectedArgument(span=key.span, callee=callee, argument=key.id, help=help_, fix=fix)


_FOREIGN_ARGUMENTS = {
    "kernel_size": "k",
    "kernel": "k",
    "pool_size": "k",
    "strides": "stride",
    "padding": "pad",
    "dilation_rate": "dilation",
    "use_bias": "bias",
    "epsilon": "eps",
    "num_heads": "heads",
    "out_channels": "filters",
    "channels": "filters",
    "units": "units",
    "negative_slope": "slope",
    "p": "rate",
}
"""What Keras and PyTorch call arguments that are called otherwise here."""


def give_op(ref: OpRef, given: Arguments) -> OpRef:
    """The op with more of its arguments. Tensors that a joining op gets by position are those that it joins."""
    op = ref.op
    joined = list(ref.joined)
    rest: Arguments = []
    for key, value in given:
        if key is None and op.joins and (is_tensor_like(value.value) or isinstance(value.value, tuple)):
            joined.append(value)
        else:
            rest.append((key, value))
    if not rest:
        return OpRef(op, ref.arguments, tuple(joined))
    known = [*op.model_fields, *op.tensors]
    return OpRef(op, give(op.name, op.positional, ref.arguments, rest, known), tuple(joined))


def give_block(ref: BlockRef, given: Arguments) -> BlockRef:
    name = ref.name or ref.decl.name.id
    bound = give(name, tuple(p.name.id for p in ref.decl.params), ref.arguments, given)
    return BlockRef(ref.decl, ref.module, bound, ref.name, ref.about, ref.doc)


# --- parameters of blocks and functions -------------------------------------------------------------------------------


def bind_parameters(
    callee: str, params: Sequence[ast.Param], bound: Mapping[str, Given], scope: Scope, span: Span
) -> None:
    """Puts the value of every parameter into a scope, checked against its type. Defaults see earlier parameters."""
    for param in params:
        name = param.name.id
        if name in bound:
            value, at = bound[name]
        elif param.default is not None:
            value, at = evaluate(param.default, scope), param.default.span
        else:
            declared = Label(param.span, "declared here")
            raise Failure(codes.MissingArgument(span=span, callee=callee, argument=name, labels=(declared,)))
        if value is POISON:
            raise Silence()
        fitted = fit(value, param.type)
        if fitted is POISON:
            _check_type(param.type)
            declared = Label(param.span, "declared here")
            raise Failure(
                codes.WrongType(
                    span=at,
                    what=f"`{name}` of `{callee}`",
                    wanted=param.type.span.text,
                    given=describe(value),
                    labels=(declared,),
                )
            )
        scope.names[name] = fitted


def fit(value: Value, wanted: ast.Type) -> Value:
    """The value as a parameter of this type has it (an int becomes a float where one is asked for), or ``POISON``."""
    for alternative in wanted.alternatives:
        if _is_a(value, alternative.name):
            if alternative.item is None:
                return value
            items = tuple(fit(v, alternative.item) for v in value)
            if not any(v is POISON for v in items):
                return items
    if isinstance(value, int) and not isinstance(value, bool):
        if any(a.name == "float" for a in wanted.alternatives):
            return float(value)
    if isinstance(value, InitRef) and any(a.name == "init" for a in wanted.alternatives):
        return _default_init(value)
    return POISON


def _is_a(value: Value, name: str) -> bool:
    match name:
        case "int":
            return isinstance(value, int | Sym) and not isinstance(value, bool)
        case "float":
            return isinstance(value, float)
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str)
        case "op":
            return isinstance(value, OpRef | BlockRef | SharedRef | Keyword)
        case "tensor":
            return isinstance(value, Tensor | Bundle)
        case "init":
            return isinstance(value, Init)
        case "list":
            return isinstance(value, tuple)
    return False


def _check_type(wanted: ast.Type) -> None:
    for alternative in wanted.alternatives:
        if alternative.name not in TYPES:
            near = closest(alternative.name, TYPES, {"string": "str", "integer": "int", "block": "op"})
            help_ = (f"did you mean `{near[0]}`?",) if near else (f"types are {', '.join(TYPES)}",)
            raise Failure(name_codes.UnknownName(span=alternative.span, name=alternative.name, what="type", help=help_))
        if alternative.item is not None:
            _check_type(alternative.item)


def _default_init(ref: InitRef) -> Value:
    """An initialiser named without brackets, if it needs no values."""
    parameters = KINDS[ref.kind].parameters
    if any(default is None for _, default in parameters):
        return POISON
    return Init(kind=ref.kind, values=tuple(default for _, default in parameters if default is not None))


# --- arguments of ops -------------------------------------------------------------------------------------------------


def make_op(ref: OpRef, span: Span, cache: dict[object, Op]) -> Op:
    """The op as a value. Equal calls give the same object: models repeat few ops many times."""
    values: dict[str, Any] = {}
    for name, given in ref.arguments.items():
        if name in ref.op.tensors:
            continue
        value = given.value
        if value is POISON:
            raise Silence()
        if isinstance(value, InitRef) and (value := _default_init(value)) is POISON:
            kind: InitRef = given.value
            missing = KINDS[kind.kind].parameters[0][0]
            raise Failure(codes.MissingArgument(span=given.span, callee=kind.kind, argument=missing))
        values[name] = value
    # `repr` tells 1 from true and 1.0, which are equal in Python.
    key = (ref.op, tuple((name, repr(value)) for name, value in values.items()))
    known = cache.get(key)
    if known is None:
        try:
            known = cache[key] = ref.op(**values)
        except ValidationError as error:
            raise Failure(_bad_argument(ref, error, span)) from None
    return known


def _bad_argument(ref: OpRef, error: ValidationError, span: Span) -> Diagnostic:
    first = error.errors()[0]
    argument = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "missing":
        example = f"for example `{ref.op.example.partition(': ')[2]}`" if ref.op.example else ""
        return codes.MissingArgument(
            span=span, callee=ref.op.name, argument=argument, help=(example,) if example else ()
        )
    given = ref.arguments.get(argument)
    wanted = words_for(ref.op.model_fields[argument]) if argument in ref.op.model_fields else ""
    if not wanted:
        wanted = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return codes.BadArgument(
        span=given.span if given else span,
        op=ref.op.name,
        argument=argument,
        wanted=wanted,
        given=describe(given.value) if given else "what was given",
    )
