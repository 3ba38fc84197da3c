"""Ops without an input. Each is called on the model's first input, which connects it to the model and is not read."""

from __future__ import annotations

from archdsl.backends.keras.layers import sources
from archdsl.backends.keras.registry import Site, Tensor, initializer, lowers, penalty
from archdsl.ops.base import Op
from archdsl.ops.source import CausalMask, Constant, Parameter, Ramp, RelativePositionBias, Rotary, Sinusoid


@lowers(Parameter)
def parameter(op: Parameter, site: Site, anchor: Tensor) -> Tensor:
    return site.layer(
        sources.Parameter,
        size=op.size,
        initializer=initializer(op),
        regularizer=penalty(op),
        trainable=op.trainable,
    )(anchor)


@lowers(RelativePositionBias)
def relative_position_bias(op: RelativePositionBias, site: Site, anchor: Tensor) -> Tensor:
    return site.layer(
        sources.RelativePositionBias,
        heads=op.heads,
        map=op.map,
        initializer=initializer(op),
        regularizer=penalty(op),
        trainable=op.trainable,
    )(anchor)


@lowers(Constant, Ramp, Sinusoid, Rotary, CausalMask)
def constant(op: Op, site: Site, anchor: Tensor) -> Tensor:
    arguments = {name: list(value) if isinstance(value, tuple) else value for name, value in op}
    return sources.Constant(op.name, arguments, name=site.path)(anchor)
