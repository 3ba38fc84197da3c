"""Dense layers and attention in Keras, against attention written out in numpy."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from archdsl.backends.keras.layers import attention as layers
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.attention import Attention
from archdsl.ops.init import Init
from archdsl.ops.linear import Dense
from tests.reference.definitions import Call
from tests.reference.run import compute
from tests.unit.keras.harness import PATH, assert_agrees, assert_survives_saving, build, noise, reload, run, set_random

N, M = Sym.named("n"), Sym.named("m")
Array = np.ndarray[Any, Any]


@pytest.mark.parametrize("arguments", [{}, {"bias": False}, {"trainable": False, "l2": 0.1}], ids=str)
@pytest.mark.parametrize("shape", [(6,), (7, 6), (N, M, 6)], ids=str)
def test_dense(arguments: dict[str, Any], shape: Shape) -> None:
    assert_agrees(Dense(units=4, **arguments), shape)


@pytest.mark.parametrize(
    "arguments", [{}, {"bias": False}, {"key_dim": 5}, {"dropout": 0.1}, {"trainable": False, "l2": 0.1}], ids=str
)
@pytest.mark.parametrize(
    "shapes",
    [((9, 8),), ((N, 8),), ((4, 9, 8),), ((N, M, 8),), ((2, 4, 9, 8),), ((9, 8), (5, 6)), ((4, N, 8), (4, M, 6))],
    ids=str,
)
def test_attention(arguments: dict[str, Any], shapes: tuple[Shape, ...]) -> None:
    model = assert_agrees(Attention(heads=2, **arguments), *shapes)
    # Keras trains the projections of an attention that is frozen.
    plain = len(shapes[0]) < 4 and arguments.get("trainable", True)
    assert type(model.layers[-1]) is (keras.layers.MultiHeadAttention if plain else layers.Attention)


@pytest.mark.parametrize("arguments", [{}, {"bias": False, "key_dim": 5}, {"trainable": False, "l2": 0.1}], ids=str)
@pytest.mark.parametrize("shapes", [((6, 8),), ((N, 6, 8),), ((2, 4, 6, 8),), ((4, 6, 8), (4, 6, 5))], ids=str)
def test_windowed_attention(arguments: dict[str, Any], shapes: tuple[Shape, ...]) -> None:
    assert_agrees(Attention(heads=2, relative_position=(2, 3), **arguments), *shapes)


def softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def attend(weights: dict[str, Array], x: Array, context: Array, added: Array | float = 0.0) -> Array:
    """Multi-head attention over the last axis but one; ``added`` goes onto the logits [..., heads, n, m]."""
    query, key, value = (
        np.einsum("...nc,chd->...hnd", tensor, weights[f"{part}/kernel"]) + weights[f"{part}/bias"][:, None]
        for part, tensor in (("query", x), ("key", context), ("value", context))
    )
    logits = query @ np.swapaxes(key, -1, -2) / np.sqrt(query.shape[-1])
    mixed = softmax(logits + added) @ value
    out = np.einsum("...hnd,hdc->...nc", mixed, weights["attention_output/kernel"])
    return np.asarray(out + weights["attention_output/bias"])


def relative(table: Array, h: int, w: int) -> Array:
    """The bias [heads, n, n] of each pair of tokens, one pair after the other."""
    places = list(product(range(h), range(w)))
    bias = np.empty((table.shape[1], h * w, h * w), "float32")
    for (i, (y, x)), (j, (v, u)) in product(enumerate(places), enumerate(places)):
        bias[:, i, j] = table[(y - v + h - 1) * (2 * w - 1) + (x - u + w - 1)]
    return bias


def cut(x: Array, h: int, w: int) -> Array:
    """A map [height, width, ...] as windows [windows, tokens, ...]."""
    height, width = x.shape[:2]
    return np.stack(
        [
            x[i : i + h, j : j + w].reshape(h * w, *x.shape[2:])
            for i, j in product(range(0, height, h), range(0, width, w))
        ]
    )


@pytest.mark.parametrize("before", [(), (4,), (2, 3)], ids=str)
def test_tokens_attend_to_tokens_of_their_own_window(before: tuple[int, ...]) -> None:
    model = build(Attention(heads=2), (*before, 9, 8))
    weights, x = set_random(model), noise(2, *before, 9, 8)
    np.testing.assert_allclose(run(model, x), attend(weights, x, x), atol=1e-4)


def test_cross_attention() -> None:
    model = build(Attention(heads=2, key_dim=3), (4, 9, 8), (4, 5, 6))
    weights, x, context = set_random(model), noise(2, 4, 9, 8), noise(2, 4, 5, 6, seed=2)
    np.testing.assert_allclose(run(model, x, context), attend(weights, x, context), atol=1e-4)


def test_relative_positions() -> None:
    model = build(Attention(heads=2, relative_position=(2, 3)), (2, 4, 6, 8))
    weights, x = set_random(model), noise(2, 2, 4, 6, 8)
    bias = relative(weights["relative_position_bias"], 2, 3)
    np.testing.assert_allclose(run(model, x), attend(weights, x, x, bias), atol=1e-4)


@pytest.mark.parametrize("shift", [(1, 2), (0, 1), (1, 0)], ids=str)
def test_shifted_windows_see_only_what_was_near_before_the_roll(shift: tuple[int, int]) -> None:
    """The mask from first principles: tokens see each other if the roll did not bring them together over an edge."""
    op = Attention(heads=2, relative_position=(2, 3), map=(4, 6), shift=shift)
    model = build(op, (4, 6, 8))
    weights, x = set_random(model), noise(2, 4, 6, 8)

    wrapped = np.zeros((4, 6, 2), int)
    wrapped[4 - shift[0] :, :, 0] = 1
    wrapped[:, 6 - shift[1] :, 1] = 1
    tiles = cut(wrapped, 2, 3)
    mask = np.where((tiles[:, :, None] == tiles[:, None, :]).all(-1), 0.0, -100.0)[:, None]

    bias = relative(weights["relative_position_bias"], 2, 3)
    np.testing.assert_allclose(run(model, x), attend(weights, x, x, bias + mask), atol=1e-4)


def test_no_shift_no_mask() -> None:
    plain, unshifted = (
        build(Attention(heads=2, relative_position=(2, 3), **more), (4, 6, 8)) for more in ({}, {"map": (4, 6)})
    )
    set_random(plain)
    unshifted.set_weights(plain.get_weights())
    x = noise(2, 4, 6, 8)
    np.testing.assert_array_equal(run(plain, x), run(unshifted, x))


def test_windowed_attention_equals_that_of_keras_without_biases() -> None:
    windowed = build(Attention(heads=2, relative_position=(2, 3)), (4, 6, 8))
    plain = build(Attention(heads=2), (4, 6, 8))
    set_random(windowed)
    table, *others = windowed.get_weights()
    windowed.set_weights([np.zeros_like(table), *others])
    plain.set_weights(others)
    x = noise(2, 4, 6, 8)
    np.testing.assert_allclose(run(windowed, x), run(plain, x), atol=1e-5)


def test_dropout_only_while_training() -> None:
    model = build(Attention(heads=2, relative_position=(2, 3), dropout=0.5), (4, 6, 8))
    set_random(model)
    x = noise(2, 4, 6, 8)
    np.testing.assert_array_equal(run(model, x), run(model, x))
    assert not np.allclose(keras.ops.convert_to_numpy(model(x, training=True)), run(model, x))


def test_windowed_attention_survives_saving(tmp_path: Path) -> None:
    op = Attention(
        heads=2,
        relative_position=(2, 3),
        map=(4, 6),
        shift=1,
        dropout=0.1,
        init=Init(kind="truncated_normal", values=(0.02,)),
        l2=0.1,
    )
    model = build(op, (4, 6, 8))
    set_random(model)
    assert_survives_saving(model, tmp_path, [noise(2, 4, 6, 8)])
    layer, loaded = (m.layers[-1] for m in (model, reload(model, tmp_path)))
    assert isinstance(loaded, layers.Attention)
    assert loaded.get_config() == layer.get_config()


def test_projections_start_with_different_values() -> None:
    model = build(Attention(heads=2, relative_position=(2, 3), init=Init(kind="normal")), (6, 8))
    _, query, _, key, *_ = model.get_weights()
    assert not np.allclose(query, key)


OPENED: list[tuple[dict[str, Any], tuple[Shape, ...], type[Any]]] = [
    # Keras's own layers where they can
    ({"units": 5}, ((6, 8),), keras.layers.MultiHeadAttention),
    ({"units": 5}, ((4, 6, 8),), keras.layers.MultiHeadAttention),
    ({"causal": True}, ((6, 8),), keras.layers.MultiHeadAttention),
    ({}, ((6, 8), (5, 4), (5, 3)), keras.layers.MultiHeadAttention),
    ({"heads": 4, "kv_heads": 2}, ((6, 8),), keras.layers.GroupQueryAttention),
    ({"heads": 4, "kv_heads": 1, "causal": True, "bias": False}, ((6, 8),), keras.layers.GroupQueryAttention),
    # and that of this package where they cannot
    ({"value_dim": 3}, ((6, 8),), layers.Attention),
    ({"heads": 4, "kv_heads": 2, "units": 5, "value_dim": 3}, ((3, 6, 8), (3, 5, 8)), layers.Attention),
    ({"causal": True}, ((3, 6, 8),), layers.Attention),
    ({"bias": ("query", "value")}, ((6, 8),), layers.Attention),
    ({"bias": ("output",), "talking_heads": True}, ((6, 8),), layers.Attention),
    ({"talking_heads": True, "causal": True}, ((6, 8),), layers.Attention),
    ({"talking_heads": True, "trainable": False}, ((3, N, 8),), layers.Attention),
    ({"scale": 0.5}, ((N, 8), (M, 8)), layers.Attention),
    ({"scale": "learned", "qk_norm": "l2"}, ((6, 8),), layers.Attention),
    ({"qk_norm": "layer"}, ((2, 6, 8),), layers.Attention),
    ({"qk_norm": "rms", "heads": 4, "kv_heads": 2, "causal": True, "rotary": (6,)}, ((6, 16),), layers.Attention),
    ({"rotary": (2, 3)}, ((7, 16),), layers.Attention),
    ({"rotary": (2, 3), "rotary_pairs": "halves", "rotary_base": 100.0}, ((4, 6, 16),), layers.Attention),
    ({"rotary": (5,), "rotary_pairs": "halves"}, ((N, M, 7, 16),), layers.Attention),
    ({}, ((6, 8), (5, 4), (5, 4), (2, 6, 5)), layers.Attention),
    ({"causal": True}, ((6, 8), (6, 8), (6, 8), (6, 6)), layers.Attention),
    ({"relative_position": (2, 3)}, ((4, 6, 8),) * 3 + ((4, 1, 6, 6),), layers.Attention),
    ({"relative_position": (2, 3)}, ((6, 8),) * 3 + ((2, 1, 6),), layers.Attention),
]


@pytest.mark.parametrize(("arguments", "shapes", "kind"), OPENED, ids=str)
def test_opened(arguments: dict[str, Any], shapes: tuple[Shape, ...], kind: type[Any], tmp_path: Path) -> None:
    """Against the definition, also after saving."""
    op = Attention(**{"heads": 2} | arguments)
    model = assert_agrees(op, *shapes)
    assert type(model.get_layer(PATH)) is kind
    weights = {name: value.astype(float) for name, value in set_random(model).items()}
    sizes = {"n": 4, "m": 3}
    arrays = [noise(2, *(sizes.get(str(dim), dim) for dim in x), seed=i) for i, x in enumerate(shapes)]
    wanted = compute(op, Call(tuple(array.astype(float) for array in arrays), weights))
    np.testing.assert_allclose(run(model, *arrays), wanted, rtol=1e-4, atol=2e-4)
    assert_survives_saving(model, tmp_path, arrays)
