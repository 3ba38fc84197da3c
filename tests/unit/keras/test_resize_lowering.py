"""Resampling in Keras: which pixels are read, and that gradients pass."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from archdsl.graph.dims import Shape, Sym
from archdsl.layers import needed
from archdsl.ops.base import Op
from archdsl.ops.resize import Resize, Upsample
from tests.reference.definitions import Call
from tests.reference.resize import resize as defined
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


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_like_another_map(method: str, antialias: bool) -> None:
    """At sizes that only the run knows, values are those of the definition; of a known size the layer is Keras's."""
    op, sizes = Resize(method=method, antialias=antialias), ((5, 7), (13, 11), (3, 3), (1, 2))
    model = assert_agrees(op, (H, W, 3), (Sym.named("a"), Sym.named("b"), 4))
    for height, width in sizes:
        x, like = noise(2, 5, 7, 3), noise(2, height, width, 4)
        wanted = defined(op, Call((x, like)))
        np.testing.assert_allclose(run(model, x, like), wanted, atol=2e-5)
    known = assert_agrees(op, (5, 7, 3), (4, 6, 1))
    assert not needed(known)
    assert needed(model) == ("ResizeLike",)


def test_a_map_like_another_loads_again(tmp_path: Path) -> None:
    model = build(Resize(method="bicubic"), (H, W, 3), (Sym.named("a"), Sym.named("b"), 4))
    model.save(tmp_path / "like.keras")
    again = keras.models.load_model(tmp_path / "like.keras")
    x, like = noise(2, 5, 7, 3), noise(2, 9, 4, 4)
    np.testing.assert_array_equal(run(again, x, like), run(model, x, like))


@pytest.mark.parametrize("op", [Upsample(method="bilinear"), Resize(size=7)], ids=lambda op: op.name)
def test_gradients_pass(op: Op) -> None:
    x, model = tf.constant(noise(1, 4, 4, 2)), build(op, (4, 4, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(model(x))
    assert np.abs(tape.gradient(y, x)).min() > 0
