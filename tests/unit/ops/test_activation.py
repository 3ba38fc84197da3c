"""Shapes and weights of activations."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Sym
from archdsl.ops.activation import Elu, Gelu, LeakyRelu, Prelu, Softmax
from archdsl.ops.base import Op, Weight
from archdsl.ops.registry import OPS
from tests.unit.ops.misfits import refuses

H = Sym.named("h")
ACTIVATIONS = [kind for kind in OPS.values() if kind.family == "activation"]


@pytest.mark.parametrize("kind", ACTIVATIONS, ids=lambda kind: kind.name)
def test_shape_stays(kind: type[Op]) -> None:
    for x in ((8,), (H, 8), (9, H, 8), (2, 3, 4, 8)):
        assert kind().shape(x) == x
        assert kind().macs([x], x) == 0
    assert kind.keeps_sign


def test_nonnegative() -> None:
    assert {kind.name for kind in ACTIVATIONS if kind.nonnegative} == {
        *("relu", "relu6", "sigmoid", "hard_sigmoid", "softmax", "softplus")
    }


def test_prelu_owns_a_slope_for_each_channel_unless_told() -> None:
    x = (9, 7, 8)
    assert Prelu().weights(x) == (Weight("alpha", (1, 1, 8)),)
    assert Prelu().weights((8,)) == (Weight("alpha", (8,)),)
    assert Prelu(per="tensor", trainable=False).weights(x) == (Weight("alpha", (1, 1, 1), False),)
    assert Prelu(per="element").weights(x) == (Weight("alpha", x),)
    assert Prelu(per="tensor").shape((H, Sym.named("c"))) == (H, Sym.named("c"))


def test_misfits() -> None:
    with refuses(codes.UnknownDimension):
        Prelu(per="element").shape((H, 8))
    with refuses(codes.UnknownDimension):
        Prelu().shape((8, H))
    with refuses(codes.WrongRank):
        Prelu().shape(())
    for axis in (2, -3):
        with refuses(codes.AxisOutOfRange, "axis"):
            Softmax(axis=axis).shape((9, 8))


def test_bounds() -> None:
    for wrong in (
        lambda: LeakyRelu(slope=-0.1),
        lambda: Elu(alpha=float("nan")),
        lambda: Gelu(approximate=1),
        lambda: Prelu(bias_init="zeros"),
    ):
        with pytest.raises(ValidationError):
            wrong()
