"""Joins in Keras, against numpy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import Op
from archdsl.ops.joining import Add, Average, Concat, Matmul, Maximum, Minimum, Mul, Subtract
from tests.unit.keras.harness import assert_agrees, assert_survives_saving, build, noise, run

H, W = Sym.named("h"), Sym.named("w")
Array = np.ndarray[Any, Any]
SHAPES: tuple[Shape, ...] = ((8,), (9, 8), (5, 6, 8), (H, W, 8), (2, 3, 4, 8))
JOINS: list[tuple[Op, Callable[[Array, Array], Array]]] = [
    (Add(), np.add),
    (Subtract(), np.subtract),
    (Mul(), np.multiply),
    (Maximum(), np.maximum),
    (Minimum(), np.minimum),
    (Average(), lambda a, b: (a + b) / 2),
    (Concat(), lambda a, b: np.concatenate([a, b], -1)),
    (Concat(axis=0), lambda a, b: np.concatenate([a, b], 1)),
]


def arrays(*shapes: Shape) -> list[Array]:
    """Input for each shape, with 5 for what is known only at run time."""
    return [
        noise(2, *(dim if isinstance(dim, int) else 5 for dim in shape), seed=seed) for seed, shape in enumerate(shapes)
    ]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("op", "formula"), JOINS, ids=lambda value: repr(value) if isinstance(value, Op) else "")
def test_two(op: Op, formula: Callable[[Array, Array], Array], shape: Shape) -> None:
    a, b = arrays(shape, shape)
    np.testing.assert_allclose(run(assert_agrees(op, shape, shape), a, b), formula(a, b), rtol=1e-6)


@pytest.mark.parametrize("op", [Add(), Mul(), Maximum(), Minimum(), Average(), Concat()], ids=lambda op: op.name)
def test_three(op: Op) -> None:
    assert_agrees(op, (5, 8), (5, 8), (5, 8))


@pytest.mark.parametrize(
    "shapes",
    [[(5, 6, 8), (1, 1, 8)], [(H, W, 8), (1, 1, 8)], [(1, 6, 8), (5, 1, 8), (5, 6, 1)], [(H, 8), (1, 8)], [(8,), (1,)]],
    ids=str,
)
def test_broadcast(shapes: list[Shape]) -> None:
    x = arrays(*shapes)
    np.testing.assert_allclose(run(assert_agrees(Add(broadcast=True), *shapes), *x), sum(x[1:], x[0]), rtol=1e-5)
    np.testing.assert_allclose(run(assert_agrees(Mul(broadcast=True), *shapes), *x), np.prod(list(_wide(x)), 0), 1e-5)


def _wide(arrays: list[Array]) -> list[Array]:
    return list(np.broadcast_arrays(*arrays))


@pytest.mark.parametrize(
    ("axis", "shapes"),
    [
        (-1, [(5, 6, 8), (5, 6, 3), (5, 6, 1)]),
        (0, [(1, 8), (9, 8)]),
        (1, [(5, 6, 8), (5, 1, 8)]),
        (-2, [(H, 6, 8), (H, 1, 8)]),
        (0, [(H, 8), (W, 8)]),
    ],
    ids=str,
)
def test_concat(axis: int, shapes: list[Shape]) -> None:
    x = arrays(*shapes)
    wanted = np.concatenate(x, axis if axis < 0 else axis + 1)
    np.testing.assert_array_equal(run(assert_agrees(Concat(axis=axis), *shapes), *x), wanted)


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("leading", [(), (3,), (2, 3), (H,), (H, W)], ids=str)
def test_matmul(leading: Shape, transpose: bool, tmp_path: Path) -> None:
    shapes = ((*leading, 4, 6), (*leading, 7, 6) if transpose else (*leading, 6, 7))
    a, b = arrays(*shapes)
    model = assert_agrees(Matmul(transpose_b=transpose), *shapes)
    np.testing.assert_allclose(run(model, a, b), a @ (np.swapaxes(b, -1, -2) if transpose else b), rtol=1e-4, atol=1e-6)
    assert_survives_saving(model, tmp_path, [a, b])


def test_matmul_of_run_time_tokens() -> None:
    a, b = arrays((H, 6), (W, 6))
    model = assert_agrees(Matmul(transpose_b=True), (H, 6), (W, 6))
    np.testing.assert_allclose(run(model, a, b), a @ np.swapaxes(b, -1, -2), rtol=1e-4, atol=1e-6)


def test_the_order_of_inputs_is_the_order_written() -> None:
    a, b = arrays((8,), (8,))
    np.testing.assert_array_equal(run(build(Subtract(), (8,), (8,)), a, b), a - b)
