"""Shapes and multiply-adds of joins."""

from __future__ import annotations

import pytest

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import Misfit, Op
from archdsl.ops.joining import Add, Average, Concat, Matmul, Maximum, Minimum, Mul, Subtract
from tests.unit.ops.misfits import refuses

H, W = Sym.named("h"), Sym.named("w")


@pytest.mark.parametrize("op", [Add(), Mul(), Subtract(), Maximum(), Minimum(), Average()], ids=lambda op: op.name)
def test_equal_shapes(op: Op) -> None:
    x = (H, 56, 64)
    assert op.joins
    assert op.shape(x, x) == x
    assert op.macs([x, x], x) == 0
    for other in ((W, 56, 64), (H, 1, 64), (H, 64), (56, 56, 64)):
        with refuses(codes.ShapeMismatch):
            op.shape(x, other)


def test_arity() -> None:
    assert Subtract.arity == Matmul.arity == (2, 2)
    assert {op.arity for op in (Add, Mul, Maximum, Minimum, Average, Concat)} == {(2, None)}


@pytest.mark.parametrize("kind", [Add, Mul])
def test_broadcast(kind: type[Add | Mul]) -> None:
    op = kind(broadcast=True)
    assert op.shape((H, W, 8), (1, 1, 8)) == (H, W, 8)
    assert op.shape((1, 5, 8), (4, 1, 8), (4, 5, 1)) == (4, 5, 8)
    for other in ((8,), (2, 1, 8)):
        with refuses(codes.ShapeMismatch):
            op.shape((4, 5, 8), other)


def test_broadcast_is_offered_where_it_would_help() -> None:
    with pytest.raises(Misfit) as caught:
        Mul().shape((4, 5, 8), (1, 1, 8))
    assert "mul(broadcast=true)" in caught.value.help[0]
    with pytest.raises(Misfit) as caught:
        Mul().shape((4, 5, 8), (2, 1, 8))
    assert caught.value.help == ()


@pytest.mark.parametrize(
    ("axis", "shapes", "out"),
    [
        (-1, [(H, W, 64), (H, W, 32), (H, W, 1)], (H, W, 97)),
        (0, [(1, 768), (196, 768)], (197, 768)),
        (0, [(H, 8), (H + 1, 8)], (2 * H + 1, 8)),
        (-2, [(4, 5, 8), (4, 6, 8)], (4, 11, 8)),
    ],
)
def test_concat(axis: int, shapes: list[Shape], out: Shape) -> None:
    assert Concat(axis=axis).shape(*shapes) == out


def test_concat_misfits() -> None:
    for other in ((4, 6, 8), (4, 5), (4, 5, 8, 1)):
        with refuses(codes.ShapeMismatch):
            Concat().shape((4, 5, 8), other)
    with refuses(codes.AxisOutOfRange, "axis"):
        Concat(axis=3).shape((4, 5, 8), (4, 5, 8))


def test_matmul() -> None:
    a, b = (3, 49, 32), (3, 32, 16)
    assert Matmul().shape(a, b) == (3, 49, 16)
    assert Matmul(transpose_b=True).shape((H, 32), (W, 32)) == (H, W)
    assert Matmul().macs([a, b], (3, 49, 16)) == 3 * 49 * 16 * 32
    assert Matmul().activations([a, b], (3, 49, 16)) == 3 * 49 * 16


def test_matmul_misfits() -> None:
    with refuses(codes.SizeMismatch):
        Matmul().shape((49, 32), (49, 32))
    with refuses(codes.SizeMismatch):
        Matmul(transpose_b=True).shape((49, 32), (32, 49))
    with refuses(codes.ShapeMismatch):
        Matmul().shape((2, 49, 32), (3, 32, 49))
    with refuses(codes.WrongRank):
        Matmul().shape((32,), (32,))
