"""Shapes of reshapes, with dimensions that are known and that are not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.reshape import Flatten, FlattenSpatial, Permute, Reshape, UnflattenSpatial
from tests.unit.ops.misfits import refuses

H, W = Sym.named("h"), Sym.named("w")


def test_flatten() -> None:
    assert Flatten().shape((7, 7, 512)) == Flatten(order="chw").shape((7, 7, 512)) == (25088,)
    assert Flatten().shape((H, W, 2)) == (2 * H * W,)


@pytest.mark.parametrize(
    ("to", "shape", "out"),
    [
        ((28, 28, 3, 80), (28, 28, 240), (28, 28, 3, 80)),
        ((-1, 4), (6, 6, 8), (72, 4)),
        ((-1,), (H, 4), (4 * H,)),
        ((-1, 4), (H, W, 4), (H * W, 4)),
        ((H * W, 4), (H, W, 4), (H * W, 4)),
        ((H, -1), (H, 6, 4), (H, 24)),
        ((2, -1), (2 * H, 4), (2, 4 * H)),
    ],
)
def test_reshape(to: tuple[int | Sym, ...], shape: Shape, out: Shape) -> None:
    assert Reshape(to=to).shape(shape) == out


@pytest.mark.parametrize(
    ("to", "shape"),
    [
        ((7, 7), (50,)),
        ((-1, 7), (50,)),
        ((-1, -1), (50,)),
        ((100,), (50,)),
        ((4, 4), (H, 4)),
        ((W, 4), (H, 4)),
        ((-1, W), (H, 4)),
        ((H, -1), (16,)),
    ],
)
def test_reshape_keeps_the_number_of_elements(to: tuple[int | Sym, ...], shape: Shape) -> None:
    with refuses(codes.SizeMismatch, "to"):
        Reshape(to=to).shape(shape)


def test_reshape_infers_one_dimension_only() -> None:
    with refuses(codes.UnknownDimension, "to"):
        Reshape(to=(H, W, 2, 4)).shape((H, W, 8))


@pytest.mark.parametrize("to", [(), (0, 4), (-2, 4), (True, 4)])
def test_reshape_sizes_are_positive(to: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError):
        Reshape(to=to)


def test_permute() -> None:
    assert Permute(order=(2, 0, 1)).shape((H, 5, 8)) == (8, H, 5)
    for order in ((0, 1), (0, 1, 1), (1, 2, 3)):
        with refuses(codes.NotAPermutation, "order"):
            Permute(order=order).shape((4, 5, 8))


def test_tokens_and_maps() -> None:
    assert FlattenSpatial().shape((14, 15, 768)) == (210, 768)
    assert FlattenSpatial().shape((H, W, 8)) == (H * W, 8)
    assert FlattenSpatial().shape((9, 8)) == (9, 8)
    assert FlattenSpatial().shape((2, 3, 4, 8)) == (24, 8)
    assert UnflattenSpatial(size=(14, 15)).shape((210, 768)) == (14, 15, 768)
    assert UnflattenSpatial(size=(2, 3, 4)).shape((24, 8)) == (2, 3, 4, 8)
    assert UnflattenSpatial(size=(H, 4)).shape((4 * H, 8)) == (H, 4, 8)


def test_tokens_and_maps_misfits() -> None:
    with refuses(codes.SizeMismatch, "size"):
        UnflattenSpatial(size=(14, 14)).shape((197, 768))
    with refuses(codes.WrongRank):
        UnflattenSpatial(size=(14, 14)).shape((14, 14, 768))
    with refuses(codes.WrongRank):
        FlattenSpatial().shape((8,))
    with refuses(codes.UnknownDimension):
        UnflattenSpatial(size=(H, W)).shape((H * W, 8))
    with refuses(codes.UnknownDimension):
        FlattenSpatial().shape((H, 4, W))
