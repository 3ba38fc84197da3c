"""Reshapes in Keras, with numpy's and PyTorch's order of elements."""

from __future__ import annotations

import json

import numpy as np
import pytest

from archdsl.graph.dims import Shape, Sym, elements
from archdsl.ops.base import Op
from archdsl.ops.reshape import Flatten, FlattenSpatial, Permute, Reshape, UnflattenSpatial
from tests.unit.keras.harness import assert_agrees, build, noise, run

H, W = Sym.named("h"), Sym.named("w")
SHAPES: tuple[Shape, ...] = ((8,), (9, 8), (5, 6, 8), (2, 3, 4, 8))


@pytest.mark.parametrize("shape", [*SHAPES, (H, W, 8)], ids=str)
def test_flatten(shape: Shape) -> None:
    x = noise(2, *(dim if isinstance(dim, int) else 5 for dim in shape))
    np.testing.assert_array_equal(run(assert_agrees(Flatten(), shape), x), x.reshape(2, -1))
    channels_first = np.moveaxis(x, -1, 1).reshape(2, -1)
    np.testing.assert_array_equal(run(assert_agrees(Flatten(order="chw"), shape), x), channels_first)


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (Reshape(to=(5, 6, 2, 4)), (5, 6, 8)),
        (Reshape(to=(-1, 4)), (5, 6, 8)),
        (Reshape(to=(-1, 8)), (H, W, 8)),
        (Reshape(to=(2 * H, 4)), (H, 8)),
        (FlattenSpatial(), (9, 8)),
        (FlattenSpatial(), (5, 6, 8)),
        (FlattenSpatial(), (H, W, 8)),
        (FlattenSpatial(), (2, 3, 4, 8)),
        (UnflattenSpatial(size=(9,)), (9, 8)),
        (UnflattenSpatial(size=(5, 6)), (30, 8)),
        (UnflattenSpatial(size=(H, 5)), (5 * H, 8)),
        (UnflattenSpatial(size=(2, 3, 4)), (24, 8)),
    ],
    ids=str,
)
def test_elements_keep_their_order(op: Op, shape: Shape) -> None:
    x = noise(2, *(dim if isinstance(dim, int) else 5 for dim in shape))
    y = run(assert_agrees(op, shape), x)
    np.testing.assert_array_equal(y.ravel(), x.ravel())


@pytest.mark.parametrize("like", [(5, 6, 3), (H, W, 3), (H, 6, 1)], ids=str)
def test_tokens_as_a_map_like_another(like: Shape) -> None:
    tokens = elements(like[:-1])
    model = assert_agrees(UnflattenSpatial(), (tokens, 8), like)
    x, other = noise(2, 30, 8), noise(2, 5, 6, like[-1])
    y = run(model, x, other)
    assert y.shape == (2, 5, 6, 8)
    np.testing.assert_array_equal(y.ravel(), x.ravel())


@pytest.mark.parametrize(
    ("order", "shape"),
    [((0,), (8,)), ((1, 0), (9, 8)), ((2, 0, 1), (5, 6, 8)), ((1, 2, 0), (H, W, 8)), ((3, 1, 0, 2), (2, 3, 4, 8))],
)
def test_permute(order: tuple[int, ...], shape: Shape) -> None:
    x = noise(2, *(dim if isinstance(dim, int) else 5 for dim in shape))
    y = run(assert_agrees(Permute(order=order), shape), x)
    np.testing.assert_array_equal(y, np.transpose(x, (0, *(axis + 1 for axis in order))))


def test_files_load_without_archdsl() -> None:
    for op in (Flatten(order="chw"), Reshape(to=(-1,)), Permute(order=(1, 2, 0)), FlattenSpatial()):
        assert "archdsl" not in json.dumps(build(op, (5, 6, 8)).get_config())
