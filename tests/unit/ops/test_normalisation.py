"""Shapes and weights of normalisations."""

from __future__ import annotations

import pytest

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Sym
from archdsl.ops.base import Op, Weight
from archdsl.ops.normalisation import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm, RmsNorm
from tests.unit.ops.misfits import refuses

H = Sym.named("h")
ALL = (BatchNorm(), LayerNorm(), GroupNorm(groups=4), RmsNorm(), LocalResponseNorm())


@pytest.mark.parametrize("op", ALL, ids=lambda op: op.name)
def test_shape_stays(op: Op) -> None:
    for x in ((8,), (9, 8), (H, H, 8), (2, 3, 4, 8)):
        assert op.shape(x) == x
        assert op.macs([x], x) == 0
    with refuses(codes.WrongRank):
        op.shape(())


def test_moving_statistics_are_never_trainable() -> None:
    for trainable in (True, False):
        op = BatchNorm(trainable=trainable)
        assert [(w.name, w.trainable) for w in op.weights((4, 8))] == [
            ("gamma", trainable),
            ("beta", trainable),
            ("moving_mean", False),
            ("moving_variance", False),
        ]


def test_weights_that_are_left_out() -> None:
    assert LayerNorm(center=False).weights((9, 8)) == (Weight("gamma", (8,)),)
    assert BatchNorm(scale=False).weights((8,))[0] == Weight("beta", (8,))
    assert RmsNorm().weights((9, 8)) == (Weight("scale", (8,)),)
    assert RmsNorm(scale=False).weights((9, 8)) == LocalResponseNorm().weights((9, 8)) == ()


def test_misfits() -> None:
    with refuses(codes.IndivisibleChannels, "groups"):
        GroupNorm(groups=32).shape((7, 7, 48))
    with refuses(codes.UnknownDimension):
        LayerNorm().shape((7, H))
