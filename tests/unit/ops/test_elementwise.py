"""Shapes, traits and refusals of functions of elements and of figures over axes."""

from __future__ import annotations

import pytest

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Sym
from archdsl.ops.base import Op
from archdsl.ops.elementwise import Clip
from archdsl.ops.reach import SAME, WHOLE
from archdsl.ops.reduction import L2Normalize, Mean, Variance
from archdsl.ops.registry import OPS
from tests.unit.ops.misfits import refuses

H = Sym.named("h")
REDUCTIONS = [OPS[name] for name in ("mean", "sum", "max", "min", "variance")]


def test_functions_keep_shapes() -> None:
    for kind in OPS.values():
        if kind.family == "elementwise":
            op = kind(**{"power": {"exponent": 2}, "clip": {"min": 0}}.get(kind.name, {}))
            assert op.shape((H, 8)) == (H, 8)
            assert op.macs([(H, 8)], (H, 8)) == 0
            assert op.weights((H, 8)) == ()


def test_bounds() -> None:
    for op in (Clip(), Clip(min=1, max=1), Clip(min=6, max=0)):
        with refuses(codes.BadBounds, "max" if op.max is not None else None):
            op.shape((8,))


@pytest.mark.parametrize("kind", REDUCTIONS, ids=lambda kind: kind.name)
def test_reductions(kind: type[Op]) -> None:
    x = (H, 7, 8)
    assert kind(axis=0).shape(x) == (7, 8)
    assert kind(axis=(0, -1)).shape(x) == (7,)
    assert kind(axis=(-1, 0), keepdims=True).shape(x) == (1, 7, 1)
    assert kind(axis=(0, 1, 2), keepdims=True).shape(x) == (1, 1, 1)
    assert kind(axis=(0, -1)).reach([x], (7,)) == (WHOLE, SAME, WHOLE)
    layout = (frozenset(), frozenset(), frozenset())
    assert len(kind(axis=1).carry(layout, [x], (H, 8))) == 2
    with refuses(codes.NothingLeft, "axis"):
        kind(axis=(0, 1, 2)).shape(x)
    with refuses(codes.RepeatedAxis, "axis"):
        kind(axis=(0, -3)).shape(x)
    with refuses(codes.AxisOutOfRange, "axis"):
        kind(axis=3).shape(x)


def test_normalised_vectors_keep_their_shape() -> None:
    assert L2Normalize().shape((H, 8)) == (H, 8)
    assert L2Normalize(axis=(0, 1)).reach([(H, 8)], (H, 8)) == (WHOLE, WHOLE)
    with refuses(codes.AxisOutOfRange, "axis"):
        L2Normalize(axis=2).shape((H, 8))


def test_spreads_are_no_means() -> None:
    assert Variance(axis=0).nonnegative
    assert not Mean(axis=0).nonnegative
