"""Functions of each element and figures over axes in Keras, against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from archdsl.backends.keras.layers.normalisation import unit_length
from archdsl.graph.dims import Sym
from archdsl.ops.base import Op
from archdsl.ops.elementwise import Abs, Clip, Cos, Exp, Log, Negative, Power, Reciprocal, Sin, Sqrt, Square
from archdsl.ops.joining import Divide, Subtract
from archdsl.ops.reduction import L2Normalize, Max, Mean, Min, Sum, Variance
from tests.fuzz.domains import needs_positive
from tests.unit.keras.harness import assert_agrees, assert_survives_saving, build, noise, run

H, W = Sym.named("h"), Sym.named("w")
Array = np.ndarray[Any, Any]
FORMULAS: tuple[tuple[Op, Callable[[Array], Array]], ...] = (
    (Exp(), np.exp),
    (Log(), np.log),
    (Sqrt(), np.sqrt),
    (Square(), np.square),
    (Power(exponent=1.5), lambda x: x**1.5),
    (Power(exponent=-2), lambda x: 1 / (x * x)),
    (Abs(), np.abs),
    (Negative(), lambda x: -x),
    (Reciprocal(), lambda x: 1 / x),
    (Sin(), np.sin),
    (Cos(), np.cos),
    (Clip(min=-0.5, max=0.5), lambda x: np.clip(x, -0.5, 0.5)),
    (Clip(min=0.7), lambda x: np.maximum(x, 0.7)),
    (Clip(max=-0.7), lambda x: np.minimum(x, -0.7)),
)
REDUCTIONS: tuple[tuple[Op, Callable[[Array], Array]], ...] = (
    (Mean(axis=0), lambda x: x.mean(1)),
    (Mean(axis=(-1, 0), keepdims=True), lambda x: x.mean((1, 3), keepdims=True)),
    (Sum(axis=-1), lambda x: x.sum(-1)),
    (Max(axis=(0, 1)), lambda x: x.max((1, 2))),
    (Min(axis=1, keepdims=True), lambda x: x.min(2, keepdims=True)),
    (Variance(axis=(0, 1)), lambda x: x.var((1, 2))),
    (L2Normalize(), lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True)),
    (L2Normalize(axis=(0, 1)), lambda x: x / np.sqrt((x * x).sum((1, 2), keepdims=True))),
)


@pytest.mark.parametrize(("op", "formula"), FORMULAS, ids=[str(op) or op.name for op, _ in FORMULAS])
def test_function(op: Op, formula: Callable[[Array], Array]) -> None:
    for shape in ((8,), (H, W, 8)):
        assert_agrees(op, shape)
    x = noise(2, 5, 8)
    x = np.abs(x) + 0.2 if needs_positive(op) else x
    np.testing.assert_allclose(run(assert_agrees(op, (5, 8)), x), formula(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("op", "formula"), REDUCTIONS, ids=[str(op) for op, _ in REDUCTIONS])
def test_reduction(op: Op, formula: Callable[[Array], Array]) -> None:
    assert_agrees(op, (H, W, 8))
    x = noise(2, 4, 5, 6)
    np.testing.assert_allclose(run(assert_agrees(op, (4, 5, 6)), x), formula(x), rtol=1e-5, atol=1e-6)


def test_nothing_is_not_divided_by_nothing() -> None:
    zeros = np.zeros((1, 4), "float32")
    np.testing.assert_array_equal(run(build(L2Normalize(), (4,)), zeros), zeros)
    np.testing.assert_array_equal(
        run(build(L2Normalize(axis=(0, 1)), (2, 2)), np.zeros((1, 2, 2))), np.zeros((1, 2, 2))
    )


def test_gradients_of_vectors_of_length_0_are_finite() -> None:
    for axes in (-1, (0, 1)):
        model = build(L2Normalize(axis=axes), (2, 3))
        with tf.GradientTape() as tape:
            x = tf.Variable(np.zeros((1, 2, 3), "float32"))
            loss = tf.reduce_sum(model(x))
        np.testing.assert_allclose(tape.gradient(loss, x), np.full((1, 2, 3), 1e12), rtol=1e-5)


def test_lengths_beyond_float16() -> None:
    x = np.array([[300.0, -400.0], [0.0, 0.0]], "float16")
    y = keras.ops.convert_to_numpy(unit_length(keras.ops.convert_to_tensor(x), -1, 1e-12))
    assert y.dtype == "float16"
    np.testing.assert_allclose(y, [[0.6, -0.8], [0, 0]], rtol=1e-3)


@pytest.mark.parametrize(
    ("op", "formula"), [(Divide(broadcast=True), np.divide), (Subtract(broadcast=True), np.subtract)], ids=str
)
def test_joins_that_stretch(op: Op, formula: Callable[[Array, Array], Array]) -> None:
    for one, other in (((4, 5, 6), (1, 1, 6)), ((4, 1), (1, 4)), ((4, 4), (4, 4)), ((4, 4), (1, 4))):
        a, b = noise(2, *one), np.abs(noise(2, *other, seed=2)) + 0.5
        np.testing.assert_allclose(run(assert_agrees(op, one, other), a, b), formula(a, b), rtol=1e-5)


def test_saved(tmp_path: Path) -> None:
    x = np.abs(noise(2, 4, 6)) + 0.2
    for op in (Power(exponent=0.5), Clip(min=0.0, max=1.0), Variance(axis=0), L2Normalize(axis=(0, 1))):
        assert_survives_saving(build(op, (4, 6)), tmp_path, [x])
