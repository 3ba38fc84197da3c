"""Poolings in Keras, against windows taken one by one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import Op
from archdsl.ops.pooling import AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from tests.unit.keras.harness import assert_agrees, assert_survives_saving, build, noise, run

H, W = Sym.named("h"), Sym.named("w")
Array = np.ndarray[Any, Any]
MAPS: tuple[Shape, ...] = ((11, 3), (11, 12, 3), (H, W, 3), (5, 6, 7, 3))
WINDOWS: tuple[dict[str, Any], ...] = (
    {"k": 2},
    {"k": 3, "stride": 2},
    {"k": 3, "stride": 2, "pad": "valid"},
    {"k": 3, "stride": 2, "pad": 1},
    {"k": 3, "stride": 1, "pad": 1},
    {"k": 2, "stride": 1, "pad": 0},
    {"k": 3, "pad": 2},
)


@pytest.mark.parametrize("shape", MAPS, ids=str)
@pytest.mark.parametrize("arguments", WINDOWS, ids=str)
def test_windows(arguments: dict[str, Any], shape: Shape) -> None:
    assert_agrees(MaxPool(**arguments), shape)
    assert_agrees(MaxPool(**arguments), shape, nonnegative=True)
    assert_agrees(AvgPool(**arguments), shape)
    assert_agrees(AvgPool(**arguments, count_pad=False), shape)


@pytest.mark.parametrize("op", [GlobalAvgPool, GlobalMaxPool])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("shape", MAPS, ids=str)
def test_global(op: type[GlobalAvgPool | GlobalMaxPool], keepdims: bool, shape: Shape) -> None:
    assert_agrees(op(keepdims=keepdims), shape)


@pytest.mark.parametrize("shape", [(7, 3), (7, 9, 3), (6, 9, 3), (2, 3, 4, 3)], ids=str)
def test_adaptive_avg_pool(shape: Shape) -> None:
    assert_agrees(AdaptiveAvgPool(size=3), shape)


def pooled(x: Array, k: int, stride: int, reduce: Callable[..., Array]) -> Array:
    rows, columns = (range(0, n - k + 1, stride) for n in x.shape[1:3])
    out = [[reduce(x[:, i : i + k, j : j + k], (1, 2)) for j in columns] for i in rows]
    return np.moveaxis(np.array(out), 2, 0)


PADS = [1, ((0, 1), (0, 1)), ((1, 0), (0, 0)), ((1, 0), (2, 1))]


def around(pad: Any) -> Any:
    return ((0, 0), *(((pad, pad),) * 2 if isinstance(pad, int) else pad), (0, 0))


@pytest.mark.parametrize("size", [10, 11])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("pad", PADS, ids=str)
def test_padding_in_numbers(pad: Any, stride: int, size: int) -> None:
    x, shape = noise(2, size, size, 3) - 3, (size, size, 3)
    wide, hollow = np.pad(x, around(pad)), np.pad(x, around(pad), constant_values=np.nan)

    largest = run(build(MaxPool(k=3, stride=stride, pad=pad), shape), x)
    np.testing.assert_allclose(largest, pooled(hollow, 3, stride, np.nanmax))

    counted = run(build(AvgPool(k=3, stride=stride, pad=pad), shape), x)
    np.testing.assert_allclose(counted, pooled(wide, 3, stride, np.mean), rtol=1e-4)

    inside = run(build(AvgPool(k=3, stride=stride, pad=pad, count_pad=False), shape), x)
    np.testing.assert_allclose(inside, pooled(hollow, 3, stride, np.nanmean), rtol=1e-4)


def test_same_leaves_padding_out_of_the_mean() -> None:
    assert run(build(AvgPool(k=3, stride=1), (4, 4, 1)), np.ones((1, 4, 4, 1))).min() == pytest.approx(1)


def kinds(op: Op, shape: Shape, nonnegative: bool = False) -> list[type]:
    return [type(layer) for layer in build(op, shape, nonnegative=nonnegative).layers[1:]]


def operations(op: Op, shape: Shape) -> list[str]:
    """What is no layer, by its class."""
    made = build(op, shape).operations
    return [type(one).__name__ for one in made if not isinstance(one, keras.Layer)]


def test_plain_keras_wherever_it_comes_to_the_same() -> None:
    plain, average, zeros = keras.layers.MaxPooling2D, keras.layers.AveragePooling2D, keras.layers.ZeroPadding2D
    stem = MaxPool(k=3, stride=2, pad=1)
    assert kinds(stem, (112, 112, 8)) == [plain]
    assert operations(stem, (112, 112, 8)) == ["Pad"]
    assert kinds(stem, (112, 112, 8), nonnegative=True) == [zeros, plain]
    assert kinds(stem, (113, 113, 8)) == [plain], "on an odd map it is what 'same' does"
    assert kinds(MaxPool(k=3, stride=2, pad=((0, 1), (0, 1))), (112, 112, 8)) == [plain]
    assert kinds(MaxPool(k=3, stride=1, pad=1), (H, W, 8)) == [plain]
    assert operations(stem, (H, W, 8)) == ["Pad"]
    assert kinds(AvgPool(k=3, stride=1, pad=1), (H, W, 8)) == [zeros, average]
    assert kinds(AvgPool(k=3, stride=1, pad=1, count_pad=False), (H, W, 8)) == [average]
    assert operations(AvgPool(k=3, stride=2, pad=1, count_pad=False), (8, 8, 8)).count("AveragePool") == 2
    assert kinds(AdaptiveAvgPool(size=4), (8, 12, 8)) == [average]
    assert operations(AdaptiveAvgPool(size=5), (8, 10, 8)) == ["Tensordot", "Moveaxis"] * 2


def adapted(x: Array, sizes: tuple[int, int]) -> Array:
    """``torch.nn.AdaptiveAvgPool2d``, window by window."""
    out = np.empty((x.shape[0], *sizes, x.shape[-1]), "float32")
    for i, j in product(*map(range, sizes)):
        rows, columns = (
            slice(place * n // size, -(-(place + 1) * n // size))
            for place, n, size in zip((i, j), x.shape[1:3], sizes, strict=True)
        )
        out[:, i, j] = x[:, rows, columns].mean((1, 2))
    return out


@pytest.mark.parametrize("sizes", [(1, 1), (2, 3), (3, 5), (6, 6), (7, 10), (9, 11)], ids=str)
def test_adaptive_windows(sizes: tuple[int, int]) -> None:
    x = noise(2, 7, 10, 3)
    np.testing.assert_allclose(run(build(AdaptiveAvgPool(size=sizes), (7, 10, 3)), x), adapted(x, sizes), atol=1e-5)


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (MaxPool(k=3, stride=2, pad=1), (H, W, 3)),
        (AvgPool(k=3, stride=2, pad=1, count_pad=False), (H, W, 3)),
        (AdaptiveAvgPool(size=(3, 4)), (8, 6, 3)),
    ],
    ids=str,
)
def test_own_layers_survive_saving(op: Op, shape: Shape, tmp_path: Path) -> None:
    assert_survives_saving(build(op, shape), tmp_path, [noise(2, 8, 6, 3)])
