"""Shapes of blocks and windows."""

from __future__ import annotations

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Sym
from archdsl.ops.tiling import DepthToSpace, SpaceToDepth, WindowMerge, WindowPartition
from tests.unit.ops.misfits import refuses

H, W = Sym.named("h"), Sym.named("w")


def test_space_and_depth() -> None:
    assert SpaceToDepth().shape((56, 56, 96)) == (28, 28, 384)
    assert SpaceToDepth(size=(2, 3)).shape((H, W, 4)) == (H / 2, W / 3, 24)
    assert SpaceToDepth(size=4).shape((8, 3)) == (2, 12)
    assert SpaceToDepth().shape((4, 4, 4, 3)) == (2, 2, 2, 24)
    assert DepthToSpace(size=3).shape((H, 5, 18)) == (3 * H, 15, 2)
    assert DepthToSpace(size=3).shape((5, 18)) == (15, 6)


def test_space_and_depth_misfits() -> None:
    with refuses(codes.IndivisibleMap, "size"):
        SpaceToDepth().shape((7, 8, 3))
    with refuses(codes.IndivisibleChannels, "size"):
        DepthToSpace().shape((7, 8, 6))
    with refuses(codes.UnknownDimension):
        DepthToSpace().shape((7, 8, H))
    with refuses(codes.WrongCount, "size"):
        SpaceToDepth(size=(2, 2)).shape((8, 3))


def test_windows() -> None:
    assert WindowPartition(window=7).shape((56, 28, 96)) == (32, 49, 96)
    assert WindowPartition(window=(2, 3)).shape((H, W, 8)) == (H * W / 6, 6, 8)
    assert WindowPartition(window=3).shape((9, 8)) == (3, 3, 8)
    assert WindowMerge(window=7, size=(56, 28)).shape((32, 49, 96)) == (56, 28, 96)
    assert WindowMerge(window=(2, 3), size=(H, 9)).shape((3 * H / 2, 6, 8)) == (H, 9, 8)


def test_windows_misfits() -> None:
    with refuses(codes.IndivisibleMap, "window"):
        WindowPartition(window=7).shape((56, 30, 96))
    with refuses(codes.IndivisibleMap, "window"):
        WindowMerge(window=7, size=(56, 30)).shape((32, 49, 96))
    with refuses(codes.SizeMismatch, "size"):
        WindowMerge(window=7, size=(56, 56)).shape((32, 49, 96))
    with refuses(codes.WrongRank):
        WindowMerge(window=7, size=(56, 28)).shape((32, 96))
    with refuses(codes.WrongCount, "window"):
        WindowMerge(window=(7, 7), size=(56,)).shape((8, 7, 96))
    with refuses(codes.UnknownDimension, "size"):
        WindowMerge(window=2, size=(H, W)).shape((H * W / 4, 4, 8))
