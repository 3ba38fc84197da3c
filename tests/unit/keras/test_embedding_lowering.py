"""Embeddings in Keras: tables of their own, and rows of tensors."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import archdsl
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.learned import Embedding
from tests.unit.keras.harness import PATH, assert_agrees, noise, reload, run, set_random

N, H, W = Sym.named("n"), Sym.named("h"), Sym.named("w")


def test_rows_of_a_table() -> None:
    model = assert_agrees(Embedding(vocabulary=9, width=4), (N,))
    table = set_random(model)["embeddings"]
    places = np.array([[0, 8, 3], [3, 3, 1]])
    np.testing.assert_array_equal(run(model, places), table[places])
    started = np.asarray(assert_agrees(Embedding(vocabulary=100, width=100), (3,)).get_layer(PATH).weights[0])
    assert np.abs(started).max() <= 0.05


@pytest.mark.parametrize("shape", [(3,), (3, 2), (H, W), (2, 1, 3)], ids=str)
def test_rows_of_each_example(shape: Shape) -> None:
    model = assert_agrees(Embedding(), shape, (9, 4))
    size = [dim if isinstance(dim, int) else 5 for dim in shape]
    tables, places = noise(2, 9, 4), np.random.default_rng(0).integers(0, 9, (2, *size))
    np.testing.assert_array_equal(run(model, places, tables), np.stack([tables[0][places[0]], tables[1][places[1]]]))


def test_tied_weights(tmp_path: Path) -> None:
    text = """\
model M() :: [6] -> [6, 50] {
  id as tokens
  -> { parameter([50, 8], normal(1.0)) } as words
  -> { tokens -> embedding(rows=words) }
  -> matmul(words, transpose_b=true)
}
"""
    model = archdsl.load_text(text).build()
    (words,) = (np.asarray(weight) for weight in model.weights)
    tokens = np.random.default_rng(0).integers(0, 50, (3, 6)).astype("int32")
    assert keras.backend.standardize_dtype(model.inputs[0].dtype) == "int32"
    np.testing.assert_allclose(model(tokens), words[tokens] @ words.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(model(tokens), reload(model, tmp_path)(tokens))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = model.evaluate(tokens, (tokens + 1) % 50, verbose=0)
    model.fit(tokens, (tokens + 1) % 50, epochs=3, verbose=0)
    assert model.evaluate(tokens, (tokens + 1) % 50, verbose=0) < before


def test_tokens_are_integers_under_mixed_precision() -> None:
    """In float16 there is no number for each place beyond 2,048."""
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = archdsl.load_text("model M() :: [2] -> [2, 1] { embedding(5000, 1, init=normal(1.0)) }").build()
    finally:
        keras.mixed_precision.set_global_policy("float32")
    table = np.asarray(model.weights[0]).astype("float16")
    places = np.array([[4097, 2051]])
    np.testing.assert_array_equal(model(places), table[places])
