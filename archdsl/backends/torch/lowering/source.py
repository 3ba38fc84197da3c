"""Ops without an input: parameters and non-persistent buffers. They have batch size 1."""

from __future__ import annotations

from math import prod

from archdsl.backends.code.values import Literal, Make, code, make
from archdsl.backends.torch.code import Lowered, buffer, entry, helped, ordered, shaped
from archdsl.backends.torch.lowering.initial import started
from archdsl.backends.torch.registry import LAST, Orders, Site, lowers
from archdsl.ops import source as ops

_LAST = Orders(gives=LAST, takes=LAST)


def _buffer(data: Make, *helper: str) -> Lowered:
    return Lowered(code("{self}"), buffer(data), helpers=helped(helper[0]) if helper else {})


@lowers(ops.Parameter, orders=_LAST)
def parameter_(op: ops.Parameter, site: Site) -> Lowered:
    if (stored := site.stored.get("value")) is not None:
        return _stored(op, stored.axes or tuple(range(len(op.size))))
    size = (1, *op.size)
    return Lowered(code("{self}"), started(op.init, size, op.size), (entry("", "value", shaped(*size)),))


def _stored(op: ops.Parameter, axes: tuple[int, ...]) -> Lowered:
    """The parameter as a published model stores it, without a batch and with its axes permuted."""
    back = sorted(range(len(axes)), key=lambda axis: axes[axis])
    size = tuple(op.size[axis] for axis in back)
    turned = "" if back == [*axes] == [*range(len(axes))] else f".permute({', '.join(map(str, axes))})"
    made = started(op.init, size, op.size)
    return Lowered(code(f"{{self}}{turned}[None]"), made, (entry("", "value", ordered(*back)),))


@lowers(ops.Constant, orders=_LAST)
def constant(op: ops.Constant, site: Site) -> Lowered:
    size = op.size or (len(op.values) if isinstance(op.values, tuple) else 1,)
    if not isinstance(op.values, tuple):
        return _buffer(make("torch.full", ("size", (1, *size)), ("fill_value", float(op.values))))
    return _buffer(make("torch.tensor", ("data", (_nested(op.values, size),))))


def _nested(values: tuple[float, ...], size: tuple[int, ...]) -> Literal:
    if len(size) == 1:
        return values
    step = prod(size[1:])
    return tuple(_nested(values[i * step : (i + 1) * step], size[1:]) for i in range(size[0]))


@lowers(ops.Ramp, orders=_LAST)
def ramp(op: ops.Ramp, site: Site) -> Lowered:
    data = make("ramp", ("count", op.count), ("start", float(op.start)), ("step", float(op.step)))
    return _buffer(data, "ramp")


@lowers(ops.Sinusoid, orders=_LAST)
def sinusoid(op: ops.Sinusoid, site: Site) -> Lowered:
    data = make(
        "sinusoid", ("places", op.places), ("features", op.features), ("base", op.base), interleaved=_is_paired(op)
    )
    return _buffer(data, "sinusoid")


@lowers(ops.Rotary, orders=_LAST)
def rotary(op: ops.Rotary, site: Site) -> Lowered:
    data = make(
        "rotary_table", ("places", op.places), ("features", op.features), ("base", op.base), interleaved=_is_paired(op)
    )
    return _buffer(data, "rotary_table")


def _is_paired(op: ops.Sinusoid | ops.Rotary) -> bool:
    return op.pairs == "interleaved"


@lowers(ops.CausalMask, orders=_LAST)
def causal_mask(op: ops.CausalMask, site: Site) -> Lowered:
    full = make("torch.full", ("size", (1, op.count, op.count)), ("fill_value", -1e9))
    return _buffer(make("torch.triu", ("input", full), diagonal=1))


@lowers(ops.RelativePositionBias, orders=_LAST)
def relative_position_bias(op: ops.RelativePositionBias, site: Site) -> Lowered:
    made = make("RelativePositionBias", ("heads", op.heads), ("size", op.map))
    return Lowered(code("{self}()"), made, (entry("table", "relative_position_bias"),), helped("RelativePositionBias"))
