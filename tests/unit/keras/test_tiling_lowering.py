"""Blocks and windows in Keras: which place goes where."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import Op
from archdsl.ops.tiling import DepthToSpace, SpaceToDepth, WindowMerge, WindowPartition
from tests.unit.keras.harness import assert_agrees, assert_survives_saving, build, noise, run

H, W = Sym.named("h"), Sym.named("w")
Array = np.ndarray[Any, Any]
CASES: list[tuple[Any, Shape]] = [
    (2, (8, 3)),
    (2, (4, 6, 3)),
    ((2, 3), (4, 6, 3)),
    (2, (H, W, 3)),
    ((3, 2), (H, 6, 3)),
    (2, (2, 4, 6, 3)),
    ((1, 2, 3), (2, 4, 6, 3)),
]
ORDERS: Any = ("hwc", "whc", "chw")


def sample(shape: Shape) -> Array:
    return noise(2, *(dim if isinstance(dim, int) else 6 for dim in shape))


def sizes(size: int | tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    return size if isinstance(size, tuple) else (size,) * (len(shape) - 1)


def gathered(x: Array, size: tuple[int, ...], order: str) -> Array:
    """Space to depth as Swin's authors write it: strided slices, stacked on channels."""
    places = list(product(*map(range, size)))
    if order == "whc":
        places.sort(key=lambda place: place[::-1])
    parts = [x[(slice(None), *(slice(at, None, s) for at, s in zip(place, size, strict=True)))] for place in places]
    if order == "chw":
        return np.concatenate([np.stack([part[..., c] for part in parts], -1) for c in range(x.shape[-1])], -1)
    return np.concatenate(parts, -1)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("size", "shape"), CASES, ids=str)
def test_space_to_depth_and_back(size: int | tuple[int, ...], shape: Shape, order: Any) -> None:
    x, down, up = sample(shape), SpaceToDepth(size=size, order=order), DepthToSpace(size=size, order=order)
    deep = run(assert_agrees(down, shape), x)
    np.testing.assert_array_equal(deep, gathered(x, sizes(size, shape), order))
    np.testing.assert_array_equal(run(assert_agrees(up, down.shape(shape)), deep), x)


def test_order_of_tensorflow() -> None:
    x = noise(2, 4, 6, 8)
    np.testing.assert_array_equal(run(build(SpaceToDepth(), (4, 6, 8)), x), tf.nn.space_to_depth(x, 2))
    np.testing.assert_array_equal(run(build(DepthToSpace(), (4, 6, 8)), x), tf.nn.depth_to_space(x, 2))


def test_order_of_patch_merging() -> None:
    x = noise(2, 4, 6, 3)
    parts = [x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]]
    np.testing.assert_array_equal(run(build(SpaceToDepth(order="whc"), (4, 6, 3)), x), np.concatenate(parts, -1))


def test_order_of_pixel_shuffle() -> None:
    """Channel ``c * 4 + y * 2 + x`` of PyTorch's input is place ``(y, x)`` of channel ``c``."""
    y = run(build(DepthToSpace(order="chw"), (1, 1, 8)), np.arange(8).reshape(1, 1, 1, 8))
    np.testing.assert_array_equal(y[0, :, :, 0], [[0, 1], [2, 3]])
    np.testing.assert_array_equal(y[0, :, :, 1], [[4, 5], [6, 7]])


@pytest.mark.parametrize(("window", "shape"), CASES, ids=str)
def test_windows_and_back(window: int | tuple[int, ...], shape: Shape) -> None:
    x, cut = sample(shape), WindowPartition(window=window)
    windows = run(assert_agrees(cut, shape), x)
    steps = sizes(window, shape)
    starts = product(*(range(0, n, s) for n, s in zip(x.shape[1:], steps, strict=False)))
    for index, start in enumerate(starts):
        block = x[(slice(None), *(slice(at, at + s) for at, s in zip(start, steps, strict=True)))]
        np.testing.assert_array_equal(windows[:, index], block.reshape(2, -1, x.shape[-1]))

    if sum(isinstance(dim, Sym) for dim in shape) < 2:
        merge = WindowMerge(window=window, size=shape[:-1])
        np.testing.assert_array_equal(run(assert_agrees(merge, cut.shape(shape)), windows), x)


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (SpaceToDepth(size=(2, 3), order="whc"), (4, 6, 3)),
        (DepthToSpace(order="chw"), (4, 6, 8)),
        (WindowPartition(window=2), (H, W, 8)),
        (WindowMerge(window=2, size=(H, 6)), (3 * H / 2, 4, 8)),
    ],
    ids=str,
)
def test_survives_saving(op: Op, shape: Shape, tmp_path: Path) -> None:
    assert_survives_saving(build(op, shape), tmp_path, [sample(shape)])
