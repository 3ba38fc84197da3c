"""Ops without an input. Each is called on some tensor of the model, which connects it to the model and is not read."""

from __future__ import annotations

from archdsl.backends.code.values import Literal, Name, make
from archdsl.backends.python.numbers import row
from archdsl.backends.python.registry import CALL, Lowered, Site, frozen, initializer, lowers, own, penalty
from archdsl.ops.source import CausalMask, Constant, Parameter, Ramp, RelativePositionBias, Rotary, Sinusoid


@lowers(Parameter)
def parameter(op: Parameter, site: Site) -> Lowered:
    return own("Parameter", ("size", op.size), initializer=initializer(op), regularizer=penalty(op), **frozen(op))


@lowers(RelativePositionBias)
def relative_position_bias(op: RelativePositionBias, site: Site) -> Lowered:
    places: tuple[tuple[str, Literal], ...] = (("heads", op.heads), ("map", op.map))
    start = initializer(op)
    return own("RelativePositionBias", *places, initializer=start, regularizer=penalty(op), **frozen(op))


@lowers(Constant, Ramp, Sinusoid, Rotary, CausalMask)
def constant(op: Constant, site: Site) -> Lowered:
    made = make("Constant", ("rule", op.name), ("arguments", Name(_arguments(dict(op)))))
    return Lowered(CALL, made, frozenset({"Constant"}))


def _arguments(values: dict[str, object]) -> str:
    return "{" + ", ".join(f'"{name}": {_text(value)}' for name, value in values.items()) + "}"


def _text(value: object) -> str:
    if isinstance(value, tuple):
        is_row = all(isinstance(each, int | float) for each in value)
        rule = row(value) if is_row else None
        return f"{rule}.tolist()" if rule else f"[{', '.join(map(_text, value))}]"
    return f'"{value}"' if isinstance(value, str) else repr(value)
