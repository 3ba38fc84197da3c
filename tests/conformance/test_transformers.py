"""ViT and Swin against timm and torchvision: the same function, weight by weight, at full size and depth."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest

import archdsl
from tests.conformance import vectors
from tests.conformance.arrays import built
from tests.conformance.conftest import Conforms
from tests.conformance.transfer import relative_error

# Pairs of layers whose weights have equal shapes.
SWAPS = {
    "vit_ti16": [
        ("encoder.0.norm1", "encoder.0.norm2"),
        ("encoder.3.attention", "encoder.4.attention"),
        ("encoder.10.mlp.fc2", "encoder.11.mlp.fc2"),
    ],
    "swin_t": [
        ("stages.0.blocks.0.window_attention.attention", "stages.0.blocks.1.window_attention.attention"),
        ("stages.2.blocks.4.mlp.fc1", "stages.2.blocks.5.mlp.fc1"),
        ("stages.3.blocks.0.norm1", "stages.3.blocks.1.norm2"),
    ],
}


@cache
def ours(name: str) -> keras.Model:
    vector = vectors.read(name)
    return built(archdsl.load(vector.model, **vector.arguments), vector.drawn_weights())


def error(name: str) -> float:
    vector = vectors.read(name)
    return relative_error(np.asarray(ours(name)(vector.drawn_images())), vector.expected())


@pytest.mark.parametrize("name", ["vit_ti16", "vit_b16", "swin_t", "swin_t_padded"])
def test_logits_are_those_of_pytorch(name: str, conforms: Conforms) -> None:
    vector = vectors.read(name)
    conforms(vector.model, vector.reference.split()[0], error(name), 1e-4)


@pytest.mark.parametrize(
    ("name", "first", "second"), [(name, *pair) for name, pairs in SWAPS.items() for pair in pairs]
)
def test_a_swap_of_equal_shapes_is_seen(name: str, first: str, second: str) -> None:
    one, two = (ours(name).get_layer(layer) for layer in (first, second))
    kept = one.get_weights(), two.get_weights()
    try:
        one.set_weights(kept[1])
        two.set_weights(kept[0])
        assert error(name) > 1e-3
    finally:
        one.set_weights(kept[0])
        two.set_weights(kept[1])


@pytest.mark.parametrize("weight", ["query/kernel", "key/kernel", "value/bias", "relative_position_bias"])
def test_parts_of_attention_count(weight: str) -> None:
    """Weights of one head given to another show, also those of a fused projection and of the position table."""
    attention = ours("swin_t").get_layer("stages.1.blocks.1.window_attention.attention")
    array = next(w for w in attention.weights if w.path.endswith(f"attention/{weight}"))
    kept = np.asarray(array)
    heads = kept.shape.index(6)
    try:
        array.assign(np.roll(kept, 1, axis=heads))
        assert error("swin_t") > 1e-3
    finally:
        array.assign(kept)
