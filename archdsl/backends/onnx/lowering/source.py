"""Ops without an input: weights and constants with batch size 1."""

from __future__ import annotations

from archdsl.backends.onnx.registry import lowers
from archdsl.backends.onnx.site import Site
from archdsl.backends.tables import computed, relative_positions
from archdsl.ops.base import Op
from archdsl.ops.source import CausalMask, Constant, Parameter, Ramp, RelativePositionBias, Rotary, Sinusoid


@lowers(Parameter)
def parameter(op: Parameter, site: Site) -> str:
    return site.weight("value", op.init, shape=(1, *op.size))


@lowers(RelativePositionBias)
def relative_position_bias(op: RelativePositionBias, site: Site) -> str:
    table = site.weight("relative_position_bias", op.init, order=(1, 0))
    picked = site.emit("Gather", table, site.table("positions", relative_positions(op.map)), axis=1)
    return site.emit("Unsqueeze", picked, site.ints(0))


@lowers(Constant, Ramp, Sinusoid, Rotary, CausalMask)
def constant(op: Op, site: Site) -> str:
    arguments = {name: list(value) if isinstance(value, tuple) else value for name, value in op}
    return site.table("value", computed(op.name, arguments)[None])
