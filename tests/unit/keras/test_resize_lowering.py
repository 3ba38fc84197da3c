"""Resampling in Keras: which pixels are read, and that gradients pass."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import Op
from archdsl.ops.resize import Resize, Upsample
from tests.unit.keras.harness import assert_agrees, build, noise, run

H, W = Sym.named("h"), Sym.named("w")


@pytest.mark.parametrize("shape", [(9, 8), (5, 6, 8), (H, W, 8), (2, 3, 4, 8)], ids=str)
def test_nearest_repeats(shape: Shape) -> None:
    x = noise(2, *(dim if isinstance(dim, int) else 5 for dim in shape))
    wanted = x
    for axis in range(1, len(shape)):
        wanted = np.repeat(wanted, 2, axis)
    np.testing.assert_array_equal(run(assert_agrees(Upsample(size=2), shape), x), wanted)


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (Upsample(size=(1, 3)), (5, 6, 8)),
        (Upsample(size=3, method="bilinear"), (5, 6, 8)),
        (Upsample(method="bilinear"), (H, W, 8)),
        (Upsample(method="bicubic"), (5, 6, 8)),
        (Resize(size=7), (5, 6, 8)),
        (Resize(size=(3, 9), method="nearest"), (H, W, 8)),
        (Resize(size=4, method="lanczos3", antialias=True), (9, 9, 8)),
    ],
    ids=str,
)
def test_shapes(op: Op, shape: Shape) -> None:
    assert_agrees(op, shape)


@pytest.mark.parametrize("op", [Upsample(method="bilinear"), Resize(size=(2, 8))], ids=lambda op: op.name)
def test_bilinear_samples_at_the_centres_of_pixels(op: Op) -> None:
    x = np.tile(np.arange(4, dtype="float32")[:, None], (1, 1, 1, 1))  # one row: 0 1 2 3
    row = run(build(op, (1, 4, 1)), x)[0, 0, :, 0]
    np.testing.assert_allclose(row, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3], rtol=1e-6)


def test_antialias_looks_at_every_pixel() -> None:
    x = np.zeros((1, 8, 8, 1), "float32")
    x[0, 0, 0, 0] = 1.0
    assert run(build(Resize(size=2), (8, 8, 1)), x).max() == 0
    assert run(build(Resize(size=2, antialias=True), (8, 8, 1)), x).max() > 0


@pytest.mark.parametrize("op", [Upsample(method="bilinear"), Resize(size=7)], ids=lambda op: op.name)
def test_gradients_pass(op: Op) -> None:
    x, model = tf.constant(noise(1, 4, 4, 2)), build(op, (4, 4, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(model(x))
    assert np.abs(tape.gradient(y, x)).min() > 0
