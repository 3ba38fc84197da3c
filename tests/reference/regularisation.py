"""Noise: nothing at inference, and nothing at a rate of 0. What is left to chance has no reference."""

from __future__ import annotations

from archdsl.ops.regularisation import Dropout, DropPath, SpatialDropout
from tests.reference.definitions import Array, Call, defines


@defines(Dropout, SpatialDropout, DropPath)
def noise(op: Dropout | SpatialDropout | DropPath, call: Call) -> Array:
    assert not (call.training and op.rate), "chance has no reference"
    return call.x
