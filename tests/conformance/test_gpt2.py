"""GPT-2 against transformers: the same function, weight by weight; most tests are of a smaller size."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest

import archdsl
from tests.conformance import vectors
from tests.conformance.arrays import built
from tests.conformance.conftest import Conforms
from tests.conformance.drawn import whole
from tests.conformance.transfer import relative_error

VECTOR = vectors.read("gpt2")
SWAPS = [("h.0.norm1", "h.0.norm2"), ("h.0.attention", "h.1.attention"), ("h.1.mlp.fc2", "h.2.mlp.fc2")]


@cache
def ours() -> keras.Model:
    return built(archdsl.load(VECTOR.model, **VECTOR.arguments), VECTOR.drawn_weights())


def answer(tokens: np.ndarray) -> np.ndarray:
    return np.asarray(ours()(tokens)).reshape(len(tokens), -1)


def tokens() -> np.ndarray:
    return whole("images", VECTOR.images, VECTOR.arguments["vocabulary"])


def error() -> float:
    return relative_error(answer(tokens()), VECTOR.expected())


def test_logits_are_those_of_transformers(conforms: Conforms) -> None:
    conforms("gpt2", "transformers", error(), 1e-4)


@pytest.mark.full
def test_logits_at_full_depth_are_those_of_transformers(conforms: Conforms) -> None:
    """Of the larger model, for a short text of few words."""
    vector = vectors.read("gpt2_medium")
    model = built(archdsl.load(vector.model, **vector.arguments), vector.drawn_weights())
    found = np.asarray(model(whole("images", vector.images, vector.arguments["vocabulary"])))
    conforms("gpt2_medium", "transformers", relative_error(found.reshape(len(found), -1), vector.expected()), 1e-4)


@pytest.mark.parametrize(("first", "second"), SWAPS)
def test_a_swap_of_equal_shapes_is_seen(first: str, second: str) -> None:
    one, two = (ours().get_layer(layer) for layer in (first, second))
    kept = one.get_weights(), two.get_weights()
    try:
        one.set_weights(kept[1])
        two.set_weights(kept[0])
        assert error() > 1e-3
    finally:
        one.set_weights(kept[0])
        two.set_weights(kept[1])


def test_a_token_sees_none_after_it() -> None:
    length = VECTOR.images[1]
    before, changed = tokens(), tokens()
    changed[:, length // 2] = (changed[:, length // 2] + 1) % VECTOR.arguments["vocabulary"]
    one, other = (answer(each).reshape(len(before), length, -1) for each in (before, changed))
    np.testing.assert_array_equal(one[:, : length // 2], other[:, : length // 2])
    assert all(not np.allclose(one[:, place], other[:, place]) for place in range(length // 2, length))


def test_tokens_are_integers_and_the_head_is_their_table() -> None:
    model = ours()
    assert keras.backend.standardize_dtype(model.inputs[0].dtype) == "int32"
    kept = model.get_layer("wte.parameter").get_weights()
    try:
        model.get_layer("wte.parameter").set_weights([2 * kept[0]])
        assert error() > 1e-3
    finally:
        model.get_layer("wte.parameter").set_weights(kept)
