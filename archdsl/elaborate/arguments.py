"""Binds arguments to parameters by position and name: of ops, blocks, functions and initialisers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final, TypeAlias

from archdsl.diagnostics import Diagnostic, Label
from archdsl.diagnostics.catalogue import flows as flow_codes
from archdsl.diagnostics.catalogue import values as codes
from archdsl.diagnostics.suggest import closest, respelt
from archdsl.elaborate.failure import Failure
from archdsl.elaborate.op_arguments import refused
from archdsl.elaborate.values import POISON, BlockRef, Given, OpRef, Value, describe
from archdsl.ops.base import Op, Weighted
from archdsl.source import Span
from archdsl.syntax import ast

_NOTHING: Final[Mapping[str, str]] = {}
Arguments: TypeAlias = list[tuple[ast.Name | None, Given]]


def give(
    callee: str,
    positional: Sequence[str],
    bound: Mapping[str, Given],
    given: Arguments,
    known: Sequence[str] = (),
    absent: Mapping[str, str] = _NOTHING,
    also: Callable[[Mapping[str, Given]], Iterable[Diagnostic]] | None = None,
) -> dict[str, Given]:
    """Adds arguments to those that are bound. Named ones may replace earlier ones, as in a variant of a variant.

    ``known`` are further parameters that are given by name only; ``absent`` has what helps who looks for others;
    ``also`` says what is wrong with the arguments that have a parameter, where a name beside them has none.
    """
    free = [name for name in positional if name not in bound]
    result = dict(bound)
    fresh: dict[str, Span] = {}
    problems: list[Diagnostic] = []
    count = 0
    for key, value in given:
        if key is None:
            if count >= len(free):
                if value.value is not POISON:
                    problems.append(_too_many(callee, value, positional, known, [v for k, v in given if k is None]))
                break
            name = free[count]
            count += 1
        else:
            name = key.id
        if key is not None and name not in positional and name not in known:
            problems.append(unexpected(callee, key, list(dict.fromkeys((*positional, *known))), absent))
            continue
        if name in fresh:
            first = (Label(fresh[name], "given here"),)
            span = key.span if key else value.span
            problems.append(codes.RepeatedArgument(span=span, callee=callee, argument=name, labels=first))
        fresh[name] = value.span
        result[name] = value
    if problems:
        is_shifted = any(isinstance(problem, codes.TooManyArguments) for problem in problems)
        raise Failure(*problems, *(also(result) if also and not is_shifted else ()))
    return result


def _too_many(
    callee: str, value: Given, positional: Sequence[str], known: Sequence[str], given: Sequence[Given]
) -> Diagnostic:
    if positional:
        names = ", ".join(f"`{p}`" for p in positional)
        wanted = f"{names} by position"
    else:
        wanted = "no arguments by position" if known else "no arguments"
    rest = [name for name in known if name not in positional]
    help_ = [f"by name: {', '.join(rest)}"] if rest else []
    if isinstance(value.value, OpRef | BlockRef) and " if " not in value.span.text:
        help_.append(_NO_ARGUMENTS["activation"].format(callee).replace("relu", value.span.text))
    elif len(positional) == 1 and all(isinstance(each.value, int) for each in given):
        help_.append(f"a list is one argument: `{callee}([{', '.join(each.span.text for each in given)}])`")
    elif positional and positional[0] in ("filters", "units"):
        help_.append(f"what comes in is not given: `{callee}({', '.join(positional)})`")
    return codes.TooManyArguments(span=value.span, callee=callee, wanted=wanted, help=tuple(help_))


def unexpected(callee: str, key: ast.Name, names: Sequence[str], absent: Mapping[str, str] = _NOTHING) -> Diagnostic:
    """The diagnostic for a named argument without a parameter of that name."""
    if key.id in absent:
        return codes.UnexpectedArgument(span=key.span, callee=callee, argument=key.id, help=(absent[key.id],))
    if key.id in _NO_ARGUMENTS and key.id not in names:
        return codes.UnexpectedArgument(
            span=key.span, callee=callee, argument=key.id, help=(_NO_ARGUMENTS[key.id].format(callee),)
        )
    foreign = {alias: name for alias, name in _FOREIGN_ARGUMENTS.items() if name in names}
    near = closest(key.id, names, foreign)
    help_ = (f"did you mean `{near[0]}`?",) if near else (f"it has {', '.join(names)}",) if names else ()
    fix = respelt(key.span, key.id, near, foreign)
    return codes.UnexpectedArgument(span=key.span, callee=callee, argument=key.id, help=help_, fix=fix)


_FOREIGN_ARGUMENTS = {
    "kernel_size": "k",
    "kernel": "k",
    "pool_size": "k",
    "strides": "stride",
    "padding": "pad",
    "dilation_rate": "dilation",
    "use_bias": "bias",
    "kernel_initializer": "init",
    "bias_initializer": "bias_init",
    "kernel_regularizer": "l2",
    "weight_decay": "l2",
    "epsilon": "eps",
    "num_heads": "heads",
    "out_channels": "filters",
    "channels": "filters",
    "units": "units",
    "out_features": "units",
    "num_groups": "groups",
    "negative_slope": "slope",
    "alpha": "slope",
    "p": "rate",
    "scale_factor": "size",
    "interpolation": "method",
    "mode": "method",
    "count_include_pad": "count_pad",
    "target_shape": "to",
    "dims": "order",
}
"""What Keras and PyTorch call arguments that are called otherwise here."""

_NO_ARGUMENTS = {
    **dict.fromkeys(("activation", "act"), "an activation is the step after it: `{}(…) -> relu`"),
    "name": "a step is named after it: `{}(…) as name`",
    **dict.fromkeys(("in_channels", "in_features", "input_shape", "input_dim"), "what flows in says so: leave it out"),
    "data_format": "channels are always last: leave it out",
    "inplace": "nothing is changed in place: leave it out",
}
"""What is no argument here but something else, or nothing."""


def give_op(ref: OpRef, given: Arguments) -> OpRef:
    """The op with more of its arguments bound. Positional tensors of a joining op are its operands."""
    op = ref.op
    joined = list(ref.joined)
    rest: Arguments = []
    for key, value in given:
        if key is not None and key.id in op.tensors and key.id in _FOREIGN_ARGUMENTS and _is_size(value.value):
            raise Failure(_size_for_tensor(op, key, value))
        if key is None and op.joins:
            joined.append(value)
        else:
            rest.append((key, value))
    if not rest:
        return OpRef(op, ref.arguments, tuple(joined))
    bound = give(
        op.name,
        op.positional,
        ref.arguments,
        rest,
        _parameters(op),
        op.absent,
        also=lambda found: refused(OpRef(op, found)),
    )
    return OpRef(op, bound, tuple(joined))


def _is_size(value: Value) -> bool:
    return isinstance(value, int) or (isinstance(value, tuple) and all(isinstance(n, int) for n in value))


def _size_for_tensor(op: type[Op], key: ast.Name, value: Given) -> Diagnostic:
    """The diagnostic for a size that is given to a tensor argument, which has its name elsewhere: ``kernel=3``."""
    meant = _FOREIGN_ARGUMENTS[key.id]
    return flow_codes.NotTensors(
        span=key.span,
        what=f"`{key.id}` of `{op.name}`",
        wanted="a tensor",
        given=describe(value.value),
        help=(f"did you mean `{meant}`?",),
        fix=respelt(key.span, key.id, [meant], _FOREIGN_ARGUMENTS),
    )


@cache
def _parameters(op: type[Op]) -> tuple[str, ...]:
    """The names of an op's arguments: its own, then those of all ops with weights."""
    fields, shared = op.model_fields, Weighted.model_fields
    own = [name for name in fields if name not in shared]
    return (*own, *op.tensors, *(name for name in fields if name in shared))


def give_block(ref: BlockRef, given: Arguments) -> BlockRef:
    name = ref.name or ref.decl.name.id
    ports = {port.name.id for port in ref.decl.signature.inputs if port.name} if ref.decl.signature else set()
    flowing = [(key, value) for key, value in given if key is not None and key.id in ports]
    if flowing:
        key = flowing[0][0]
        sent = "  ".join(f"{port.id}: {value.span.text}" for port, value in flowing)
        rest = [f"{k.id}={v.span.text}" if k else v.span.text for k, v in given if (k, v) not in flowing]
        called = f"{name}({', '.join(rest)})" if rest else name
        help_ = (f"`{key.id}` is an input, which flows in: `ports {{ {sent} }} -> {called}`",)
        raise Failure(codes.UnexpectedArgument(span=key.span, callee=name, argument=key.id, help=help_))
    bound = give(name, tuple(p.name.id for p in ref.decl.params), ref.arguments, given)
    return replace(ref, arguments=bound)


def missing_arguments(callee: str, params: Sequence[ast.Param], span: Span, help_: tuple[str, ...] = ()) -> Diagnostic:
    """One diagnostic for all of ``params`` to which a call gives no value."""
    *others, last = (f"`{param.name.id}`" for param in params)
    return codes.MissingArgument(
        span=span,
        callee=callee,
        missing=f"{', '.join(others)} and {last}" if others else last,
        labels=tuple(Label(param.span, "declared here") for param in params),
        help=help_,
    )
