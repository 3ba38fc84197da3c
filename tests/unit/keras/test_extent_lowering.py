"""Padding, cropping, slicing and rolling in Keras, against numpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import Op
from archdsl.ops.extent import Crop, Pad, Roll, Slice
from tests.unit.keras.harness import assert_agrees, assert_survives_saving, build, noise, run

H, W = Sym.named("h"), Sym.named("w")
MAPS: tuple[Shape, ...] = ((9, 8), (5, 6, 8), (H, W, 8), (4, 5, 6, 8))


def sample(shape: Shape) -> np.ndarray[Any, Any]:
    return noise(2, *(dim if isinstance(dim, int) else 7 for dim in shape))


@pytest.mark.parametrize("shape", MAPS, ids=str)
@pytest.mark.parametrize(
    "arguments",
    [{}, {"value": -1.5}, {"mode": "reflect"}, {"channels": (1, 2)}, {"mode": "reflect", "channels": 3}],
    ids=str,
)
def test_pad(arguments: dict[str, Any], shape: Shape) -> None:
    rank, x = len(shape) - 1, sample(shape)
    op = Pad(size=((1, 2),) * rank, **arguments)
    constant = {} if op.mode == "reflect" else {"constant_values": op.value}
    wanted = np.pad(x, ((0, 0), *op.sides(x.shape[1:])), mode=op.mode, **constant)
    np.testing.assert_array_equal(run(assert_agrees(op, shape), x), wanted)


@pytest.mark.parametrize("shape", MAPS, ids=str)
def test_crop(shape: Shape) -> None:
    x, rank = sample(shape), len(shape) - 1
    y = run(assert_agrees(Crop(size=((1, 2),) * rank), shape), x)
    np.testing.assert_array_equal(y, x[(slice(None), *(slice(1, -2),) * rank)])
    assert_agrees(Crop(size=1), shape)


@pytest.mark.parametrize(
    ("arguments", "shape", "index"),
    [
        ({"start": 0, "stop": 3}, (5, 6, 8), np.s_[..., 0:3]),
        ({"start": 4}, (H, W, 8), np.s_[..., 4:]),
        ({"start": 0, "axis": 0, "keepdims": False}, (9, 8), np.s_[:, 0]),
        ({"start": -1, "axis": 0, "keepdims": False}, (H, 8), np.s_[:, -1]),
        ({"start": 2, "keepdims": False}, (5, 6, 8), np.s_[..., 2]),
        ({"start": 2, "axis": -2, "keepdims": False}, (5, 6, 8), np.s_[:, :, 2]),
        ({"start": 1, "axis": 0}, (H, 8), np.s_[:, 1:]),
        ({"start": 1, "stop": -1, "axis": 1, "step": 2}, (5, 6, 8), np.s_[:, :, 1:-1:2]),
        ({"start": 0, "axis": 0, "step": 2}, (H, W, 8), np.s_[:, ::2]),
        ({"start": -3, "axis": 0}, (H, 8), np.s_[:, -3:]),
        ({"start": -3, "stop": -1, "axis": 0}, (H, 8), np.s_[:, -3:-1]),
        ({"start": 1, "stop": 6, "axis": 0, "step": 2}, (H, 8), np.s_[:, 1:6:2]),
        ({"start": 1, "stop": -1, "axis": 0}, (H, 8), np.s_[:, 1:-1]),
        ({"start": 0, "keepdims": False}, (8,), np.s_[:, 0]),
    ],
    ids=str,
)
def test_slice(arguments: dict[str, Any], shape: Shape, index: Any, tmp_path: Path) -> None:
    x, model = sample(shape), assert_agrees(Slice(**arguments), shape)
    np.testing.assert_array_equal(run(model, x), x[index])
    assert_survives_saving(model, tmp_path, [x])


@pytest.mark.parametrize("shape", MAPS, ids=str)
def test_roll(shape: Shape) -> None:
    x, rank = sample(shape), len(shape) - 1
    axes = tuple(range(1, rank + 1))
    np.testing.assert_array_equal(run(assert_agrees(Roll(shift=-3), shape), x), np.roll(x, (-3,) * rank, axes))
    shift = (2, 0, -1)[:rank]
    np.testing.assert_array_equal(run(assert_agrees(Roll(shift=shift), shape), x), np.roll(x, shift, axes))


@pytest.mark.parametrize(
    "op", [Pad(size=1, mode="reflect"), Pad(channels=(1, 2), value=3.0), Roll(shift=(1, -2))], ids=str
)
def test_survives_saving(op: Op, tmp_path: Path) -> None:
    assert_survives_saving(build(op, (5, 6, 8)), tmp_path, [noise(2, 5, 6, 8)])


def test_plain_padding_and_cropping_load_without_archdsl() -> None:
    for op in (Pad(size=((1, 2), 3)), Crop(size=1)):
        assert "archdsl" not in json.dumps(build(op, (5, 6, 8)).get_config())
