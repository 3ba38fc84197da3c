"""Shapes of padding, cropping, slicing and rolling."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.extent import Crop, Pad, Roll, Slice
from tests.unit.ops.misfits import refuses

H, W = Sym.named("h"), Sym.named("w")


@pytest.mark.parametrize(
    ("arguments", "shape", "out"),
    [
        ({"size": 3}, (224, 224, 3), (230, 230, 3)),
        ({"size": (1, (0, 2))}, (H, 5, 3), (H + 2, 7, 3)),
        ({"size": 1, "mode": "reflect"}, (H, W, 3), (H + 2, W + 2, 3)),
        ({"channels": 16}, (8, 8, 16), (8, 8, 32)),
        ({"size": ((0, 1),), "channels": (2, 3)}, (8, 16), (9, 21)),
        ({"size": 1}, (2, 3, 4, 8), (4, 5, 6, 8)),
    ],
)
def test_pad(arguments: dict[str, Any], shape: Shape, out: Shape) -> None:
    assert Pad(**arguments).shape(shape) == out


def test_pad_misfits() -> None:
    with refuses(codes.AxisOutOfRange, "size"):
        Pad(size=4, mode="reflect").shape((4, 9, 3))
    with refuses(codes.AxisOutOfRange, "channels"):
        Pad(channels=3, mode="reflect").shape((4, 9, 3))
    with refuses(codes.WrongCount, "size"):
        Pad(size=(1, 1)).shape((9, 3))
    with refuses(codes.WrongRank):
        Pad(size=1).shape((3,))
    for wrong in ({"size": -1}, {"channels": (0, -1)}, {"value": float("inf")}):
        with pytest.raises(ValidationError):
            Pad(**wrong)


def test_crop() -> None:
    assert Crop(size=4).shape((64, H, 512)) == (56, H - 8, 512)
    assert Crop(size=((1, 0), 2)).shape((9, 9, 3)) == (8, 5, 3)
    assert Crop(size=((0, 1),)).shape((9, 3)) == (8, 3)
    with refuses(codes.EmptyDimension, "size"):
        Crop(size=2).shape((4, 9, 3))


@pytest.mark.parametrize(
    ("arguments", "shape", "out"),
    [
        ({"start": 0, "stop": 32}, (H, W, 64), (H, W, 32)),
        ({"start": 32}, (7, 7, 64), (7, 7, 32)),
        ({"start": 1, "axis": 0}, (197, 768), (196, 768)),
        ({"start": 0, "axis": 0, "keepdims": False}, (197, 768), (768,)),
        ({"start": -1, "axis": 0, "keepdims": False}, (H, 768), (768,)),
        ({"start": 0, "stop": 1, "axis": 0, "keepdims": False}, (197, 768), (768,)),
        ({"start": 0, "axis": 1, "step": 2}, (9, 9, 3), (9, 5, 3)),
        ({"start": 1, "stop": -1, "axis": 0}, (H, 3), (H - 2, 3)),
        ({"start": -3, "axis": 0}, (H, 3), (3, 3)),
        ({"start": -3, "stop": -1, "axis": 0}, (H, 3), (2, 3)),
        ({"start": 2, "stop": 7, "axis": 0, "step": 2}, (H, 3), (3, 3)),
        ({"start": 0, "axis": 0, "step": 2}, (H, 3), (H / 2, 3)),
    ],
)
def test_slice(arguments: dict[str, Any], shape: Shape, out: Shape) -> None:
    assert Slice(**arguments).shape(shape) == out


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"start": 0, "stop": 65}, "stop"),
        ({"start": 0, "stop": -65}, "stop"),
        ({"start": 64}, "start"),
        ({"start": -65}, "start"),
        ({"start": 64, "keepdims": False}, "start"),
        ({"start": -65, "keepdims": False}, "start"),
    ],
)
def test_slice_stays_inside(arguments: dict[str, Any], argument: str) -> None:
    with refuses(codes.AxisOutOfRange, argument):
        Slice(**arguments).shape((7, 64))


def test_slice_misfits() -> None:
    for start, stop in ((5, 5), (5, 4), (-1, 3)):
        with refuses(codes.EmptyDimension, "stop"):
            Slice(start=start, stop=stop).shape((7, 64))
    with refuses(codes.AxisOutOfRange, "axis"):
        Slice(start=0, axis=2).shape((7, 64))
    with refuses(codes.DroppedRange, "stop"):
        Slice(start=0, stop=3, keepdims=False).shape((7, 64))


def test_roll() -> None:
    assert Roll(shift=-3).shape((H, 56, 96)) == (H, 56, 96)
    assert Roll(shift=(1,)).shape((9, 3)) == (9, 3)
    with refuses(codes.WrongCount, "shift"):
        Roll(shift=(1, 2)).shape((9, 3))
    with refuses(codes.WrongRank):
        Roll(shift=1).shape((9,))
