"""Shapes and weights of preprocessing."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Sym
from archdsl.ops.base import Weight
from archdsl.ops.input import Normalize, Rescale
from tests.unit.ops.misfits import refuses

H = Sym.named("h")
X = (H, H, 3)


def test_rescale() -> None:
    assert Rescale(factor=1 / 255).shape(X) == X
    assert Rescale(factor=(1.0, 2, 3.0), offset=-1).shape(X) == X
    with refuses(codes.ChannelCount, "factor"):
        Rescale(factor=(1.0, 2.0)).shape(X)
    with refuses(codes.ChannelCount, "offset"):
        Rescale(factor=1.0, offset=(1.0, 2.0)).shape(X)


def test_normalize_owns_its_statistics_only_when_none_are_given() -> None:
    assert Normalize().weights(X) == (
        Weight("mean", (3,), False),
        Weight("variance", (3,), False),
        Weight("count", (), False),
    )
    assert Normalize(mean=127.5, variance=4096.0).weights(X) == ()
    assert Normalize(mean=(1.0, 2.0, 3.0), variance=(1.0, 1.0, 1.0)).shape(X) == X


def test_normalize_misfits() -> None:
    with refuses(codes.ChannelCount, "variance"):
        Normalize(mean=(1.0, 2.0, 3.0), variance=(1.0,)).shape(X)
    with refuses(codes.NeedsArgument, "mean"):
        Normalize(mean=1.0).shape(X)
    with refuses(codes.NeedsArgument, "variance"):
        Normalize(variance=1.0).shape(X)
    with refuses(codes.UnknownDimension):
        Normalize().shape((3, H))
    with pytest.raises(ValidationError):
        Normalize(mean=0.0, variance=0.0)
