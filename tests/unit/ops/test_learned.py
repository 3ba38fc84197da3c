"""Shapes and weights of learned values."""

from __future__ import annotations

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Sym
from archdsl.ops.base import Weight
from archdsl.ops.learned import ClassToken, PositionEmbedding, Scale
from tests.unit.ops.misfits import refuses

N = Sym.named("n")


def test_class_token() -> None:
    assert ClassToken().shape((196, 768)) == (197, 768)
    assert ClassToken(count=4).shape((N, 8)) == (N + 4, 8)
    assert ClassToken(count=2, trainable=False).weights((N, 8)) == (Weight("tokens", (2, 8), False),)
    with refuses(codes.WrongRank):
        ClassToken().shape((14, 14, 768))
    with refuses(codes.UnknownDimension):
        ClassToken().shape((14, N))


def test_position_embedding() -> None:
    for x in ((197, 768), (14, 14, 8), (2, 3, 4, 8)):
        assert PositionEmbedding().shape(x) == x
        assert PositionEmbedding().weights(x) == (Weight("embeddings", x),)
    with refuses(codes.UnknownDimension):
        PositionEmbedding().shape((N, 768))
    with refuses(codes.WrongRank):
        PositionEmbedding().shape((768,))


def test_scale() -> None:
    x = (N, 7, 96)
    assert Scale().shape(x) == x
    assert Scale().weights(x) == (Weight("gamma", (96,)),), "whatever layer holds it"
    assert Scale().weights((7, 96)) == (Weight("gamma", (96,)),)
    assert Scale(per="tensor", bias=True).weights(x) == (Weight("gamma", ()), Weight("bias", ()))
    assert Scale(value=1.0, bias=True, trainable=False).weights(x)[1] == Weight("bias", (96,), False)
    assert Scale(per="tensor").shape((7, N)) == (7, N)
    with refuses(codes.UnknownDimension):
        Scale().shape((7, N))
