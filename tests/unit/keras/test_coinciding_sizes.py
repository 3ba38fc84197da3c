"""Sizes that coincide with others do not change what is computed: Keras's ``ops.add`` guesses axes from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import archdsl
from tests.unit.keras.harness import noise

Array = np.ndarray[Any, Any]


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 16])
@pytest.mark.parametrize(
    "shapes",
    [
        ((7, 7, 16), (1, 7, 1)),
        ((7, 7, 16), (7, 1, 1)),
        ((7, 7, 16), (1, 1, 1)),
        ((1, 7, 1), (7, 7, 7)),
        ((3, 1, 16), (1, 3, 1)),
        ((7, 16), (7, 1)),
        ((7, 7, 3), (7, 1, 1), (1, 7, 1)),
    ],
    ids=str,
)
@pytest.mark.parametrize(("join", "function"), [("add", np.add), ("mul", np.multiply)])
def test_broadcast(join: str, function: Any, shapes: tuple[tuple[int, ...], ...], batch: int) -> None:
    names = "abc"[: len(shapes)]
    ports = ", ".join(f"{name}: {[*shape]}" for name, shape in zip(names, shapes, strict=True))
    branches = ", ".join(names)
    model = archdsl.load_text(f"model M() :: ({ports}) -> [...] {{ {join}(broadcast=true) {{ {branches} }} }}").build()
    arrays = [noise(batch, *shape, seed=seed) for seed, shape in enumerate(shapes)]
    wanted = arrays[0]
    for array in arrays[1:]:
        wanted = function(wanted, array)
    np.testing.assert_allclose(model(arrays), wanted, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(arrays), wanted, rtol=1e-6, atol=1e-6)


def attended(x: Array, w: dict[str, Array], heads: int) -> Array:
    query, key, value = (
        np.einsum("...nc,chd->...hnd", x, w[f"{part}/kernel"]) + w[f"{part}/bias"][:, None]
        for part in ("query", "key", "value")
    )
    logits = np.einsum("...hnd,...hmd->...hnm", query, key) * query.shape[-1] ** -0.5 + w.get("added", 0.0)
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    mixed = np.einsum("...hnm,...hmd->...hnd", powers / powers.sum(-1, keepdims=True), value)
    return np.einsum("...hnd,hdc->...nc", mixed, w["attention_output/kernel"]) + w["attention_output/bias"]


@pytest.mark.parametrize(
    ("shape", "call"),
    [
        ((3, 5), "attention(3, key_dim=1)"),
        ((5, 5), "attention(5, key_dim=5)"),
        ((3, 3, 5), "attention(3, key_dim=1)"),
        ((1, 5), "attention(1, key_dim=1)"),
        ((3, 1, 5), "attention(3, key_dim=2, relative_position=[1, 1])"),
    ],
)
@pytest.mark.parametrize("batch", [1, 3, 5])
def test_attention(shape: tuple[int, ...], call: str, batch: int) -> None:
    model, x = archdsl.load_text(f"model M() :: {[*shape]} -> [...] {{ {call} }}").build(), noise(batch, *shape)
    values: dict[str, Array] = {}
    for seed, weight in enumerate(model.weights):
        value = noise(*weight.shape, seed=seed)
        weight.assign(value)
        values[weight.path.removeprefix("attention/")] = value
    if "relative_position_bias" in values:
        values["added"] = values["relative_position_bias"][0][:, None, None]
    np.testing.assert_allclose(model(x), attended(x, values, 3), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("batch", [1, 2, 4, 8])
@pytest.mark.parametrize(
    "step", ["layer_norm", "group_norm(2)", "batch_norm", "rms_norm", "dense(4)", "conv(4, k=1)", "scale(bias=true)"]
)
def test_the_batch_does_not_matter(step: str, batch: int) -> None:
    """Each example of a batch whose size is that of a map, or of its channels, is answered as it is alone."""
    model, x = archdsl.load_text(f"model M() :: [4, 4, 4] -> [...] {{ {step} }}").build(), noise(8, 4, 4, 4)
    for seed, weight in enumerate(model.weights):
        weight.assign(np.abs(noise(*weight.shape, seed=seed)) + 0.5)
    alone = np.concatenate([np.asarray(model(x[i : i + 1])) for i in range(batch)])
    np.testing.assert_allclose(model(x[:batch]), alone, rtol=1e-4, atol=1e-5)
