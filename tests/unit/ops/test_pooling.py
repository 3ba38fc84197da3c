"""Shapes of poolings."""

from __future__ import annotations

from typing import Any

import pytest

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.pooling import AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from tests.unit.ops.misfits import refuses

H, W = Sym.named("h"), Sym.named("w")


@pytest.mark.parametrize("op", [MaxPool, AvgPool])
@pytest.mark.parametrize(
    ("arguments", "shape", "out"),
    [
        ({"k": 2}, (28, 29, 8), (14, 15, 8)),
        ({"k": 2, "pad": "valid"}, (28, 29, 8), (14, 14, 8)),
        ({"k": 3, "stride": 2, "pad": 1}, (112, 112, 64), (56, 56, 64)),
        ({"k": 3, "stride": 2, "pad": "valid"}, (55, 55, 96), (27, 27, 96)),
        ({"k": 3, "stride": 1}, (28, 28, 8), (28, 28, 8)),
        ({"k": 2, "stride": (1, 2), "pad": ((0, 1), (0, 0))}, (7, 8, 4), (7, 4, 4)),
        ({"k": 2}, (99, 4), (50, 4)),
        ({"k": (1, 2, 2)}, (8, 16, 16, 4), (8, 8, 8, 4)),
        ({"k": 3, "stride": 2, "pad": 1}, (H, W, 4), (H / 2, W / 2, 4)),
    ],
)
def test_windows(op: type[MaxPool | AvgPool], arguments: dict[str, Any], shape: Shape, out: Shape) -> None:
    assert op(**arguments).shape(shape) == out


@pytest.mark.parametrize("op", [MaxPool, AvgPool])
@pytest.mark.parametrize(
    ("arguments", "n", "out"),
    [  # as PyTorch 2.13 computes them
        ({"k": 3, "stride": 2, "pad": 0}, 112, 56),
        ({"k": 3, "stride": 2, "pad": "valid"}, 113, 56),
        ({"k": 2, "pad": 0}, 29, 15),
        ({"k": 2, "pad": 1}, 5, 3),  # the fourth window would lie in the padding
        ({"k": 1, "stride": 3, "pad": 0}, 8, 3),
        ({"k": 2, "pad": 0}, 1, 1),
        ({"k": 3, "stride": 2, "pad": 0}, H, H / 2),
    ],
)
def test_windows_may_reach_over_the_far_edge(
    op: type[MaxPool | AvgPool], arguments: dict[str, Any], n: int, out: int
) -> None:
    assert op(**arguments, ceil_mode=True).shape((n, 4)) == (out, 4)


def test_rounding_up_needs_numbers() -> None:
    with refuses(codes.NeedsArgument, "ceil_mode"):
        MaxPool(k=3, ceil_mode=True).shape((8, 8, 4))
    with refuses(codes.UnknownDimension):  # whether a last window begins within the map
        MaxPool(k=2, pad=1, ceil_mode=True).shape((H, 8, 4))


def test_a_window_of_padding_is_refused() -> None:
    for pad in (2, ((0, 2), 0)):
        with refuses(codes.PadTooLarge, "pad"):
            MaxPool(k=2, pad=pad).shape((8, 8, 4))
    with refuses(codes.EmptyDimension, "k"):
        AvgPool(k=9, pad="valid").shape((8, 8, 4))


@pytest.mark.parametrize("op", [GlobalAvgPool, GlobalMaxPool])
def test_global(op: type[GlobalAvgPool | GlobalMaxPool]) -> None:
    assert op().shape((H, W, 8)) == (8,)
    assert op(keepdims=True).shape((H, W, 8)) == (1, 1, 8)
    assert op(keepdims=True).shape((49, 8)) == (1, 8)
    with refuses(codes.WrongRank):
        op().shape((8,))


def test_adaptive() -> None:
    assert AdaptiveAvgPool(size=6).shape((13, 14, 8)) == (6, 6, 8)
    assert AdaptiveAvgPool(size=(1, 3)).shape((13, 14, 8)) == (1, 3, 8)
    with refuses(codes.UnknownDimension):
        AdaptiveAvgPool(size=6).shape((H, 14, 8))
    with refuses(codes.WrongCount, "size"):
        AdaptiveAvgPool(size=(6, 6)).shape((13, 8))
