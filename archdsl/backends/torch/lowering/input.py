"""Preprocessing that is part of the model."""

from __future__ import annotations

from archdsl.backends.code.values import CALL, Literal, code, make
from archdsl.backends.torch.code import Lowered, entry, helped, shaped
from archdsl.backends.torch.registry import Site, lowers, per_channel
from archdsl.ops.input import Normalize, Rescale

_LEAST = 0.01
"""Below it a factor is written as a division where that is by a whole number, as by 255."""


@lowers(Rescale)
def rescale(op: Rescale, site: Site) -> Lowered:
    if isinstance(op.factor, tuple) or isinstance(op.offset, tuple):
        shape = per_channel(len(site.inputs[0]), site.channels, site.takes)
        factor, offset = (
            value if isinstance(value, tuple) else (value,) * site.channels for value in (op.factor, op.offset)
        )
        made = make("Rescale", ("factor", factor), ("offset", offset), shape=shape)
        return Lowered(CALL, made, helpers=helped("Rescale"))
    text, literals = "{0} * {factor}", dict[str, Literal](factor=op.factor)
    if 0 < abs(op.factor) < _LEAST and (1 / op.factor).is_integer():
        text, literals = "{0} / {divisor}", {"divisor": int(1 / op.factor)}
    if op.offset:
        text, literals = f"{text} {'-' if op.offset < 0 else '+'} {{offset}}", literals | {"offset": abs(op.offset)}
    return Lowered(code(text, **literals))


@lowers(Normalize)
def normalize(op: Normalize, site: Site) -> Lowered:
    shape = per_channel(len(site.inputs[0]), site.channels, site.takes)
    if op.mean is None or op.variance is None:
        made = make("Standardize", ("shape", shape))
        entries = (entry("mean", "mean", shaped(*shape)), entry("variance", "variance", shaped(*shape)))
        return Lowered(CALL, made, (*entries, entry("count", "count")), helped("Standardize"))
    if not isinstance(op.mean, tuple) and not isinstance(op.variance, tuple):
        return Lowered(code("({0} - {mean}) / {deviation}", mean=op.mean, deviation=op.variance**0.5))
    mean, variance = (
        value if isinstance(value, tuple) else (value,) * site.channels for value in (op.mean, op.variance)
    )
    made = make("Normalize", ("mean", mean), ("std", tuple(v**0.5 for v in variance)), shape=shape)
    return Lowered(CALL, made, helpers=helped("Normalize"))
