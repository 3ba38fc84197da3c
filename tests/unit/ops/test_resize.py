"""Shapes of resampling."""

from __future__ import annotations

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Sym
from archdsl.ops.resize import Resize, Upsample
from tests.unit.ops.misfits import refuses

H, W = Sym.named("h"), Sym.named("w")


def test_upsample() -> None:
    assert Upsample().shape((H, W, 8)) == (2 * H, 2 * W, 8)
    assert Upsample(size=(1, 3), method="bilinear").shape((4, 5, 8)) == (4, 15, 8)
    assert Upsample(size=3).shape((7, 8)) == (21, 8)
    assert Upsample(size=2).shape((2, 3, 4, 8)) == (4, 6, 8, 8)
    with refuses(codes.WrongRank, "method"):
        Upsample(method="bilinear").shape((7, 8))
    with refuses(codes.WrongCount, "size"):
        Upsample(size=(2, 2)).shape((7, 8))
    with refuses(codes.WrongRank):
        Upsample().shape((8,))


def test_resize() -> None:
    assert Resize(size=224).shape((H, W, 3)) == (224, 224, 3)
    assert Resize(size=(10, 20), method="nearest").shape((4, 5, 3)) == (10, 20, 3)
    with refuses(codes.WrongRank):
        Resize(size=224).shape((300, 3))
    with refuses(codes.WrongCount, "size"):
        Resize(size=(1, 2, 3)).shape((4, 5, 3))
