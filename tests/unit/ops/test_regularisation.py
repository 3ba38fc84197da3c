"""Noise leaves shapes alone."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Sym
from archdsl.ops.regularisation import Dropout, DropPath, SpatialDropout
from tests.unit.ops.misfits import refuses

H = Sym.named("h")


@pytest.mark.parametrize("kind", [Dropout, DropPath, SpatialDropout])
def test_shape_stays(kind: type[Dropout | DropPath | SpatialDropout]) -> None:
    for x in ((H, 8), (9, H, 8), (2, 3, 4, 8)):
        assert kind(rate=0.5).shape(x) == x
    for rate in (-0.1, 1.0):
        with pytest.raises(ValidationError):
            kind(rate=rate)


def test_spatial_dropout_needs_a_map() -> None:
    assert Dropout(rate=0.5).shape((8,)) == DropPath(rate=0.5).shape((8,)) == (8,)
    with refuses(codes.WrongRank):
        SpatialDropout(rate=0.5).shape((8,))
