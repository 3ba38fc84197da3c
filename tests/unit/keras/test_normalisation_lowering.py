"""Normalisations in Keras, against their formulas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import Op
from archdsl.ops.init import Init
from archdsl.ops.normalisation import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm, RmsNorm
from tests.unit.keras.harness import assert_agrees, assert_survives_saving, build, noise, run, set_random

H, W = Sym.named("h"), Sym.named("w")
OPS: tuple[Op, ...] = (
    BatchNorm(),
    BatchNorm(scale=False, momentum=0.99),
    BatchNorm(center=False, trainable=False),
    LayerNorm(),
    LayerNorm(scale=False, l2=0.1),
    LayerNorm(center=False),
    GroupNorm(groups=2),
    GroupNorm(groups=8, trainable=False),
    RmsNorm(),
    RmsNorm(scale=False),
    RmsNorm(l2=0.1),
    RmsNorm(init=Init(kind="zeros"), trainable=False),
    LocalResponseNorm(),
    LocalResponseNorm(size=4, divide=False),
)


@pytest.mark.parametrize("shape", [(8,), (5, 8), (H, W, 8), (2, 3, 4, 8)], ids=str)
@pytest.mark.parametrize("op", OPS, ids=str)
def test_normalisation(op: Op, shape: Shape) -> None:
    assert_agrees(op, shape)


def test_batch_norm_uses_moving_statistics_in_inference() -> None:
    model, x = build(BatchNorm(eps=1e-2), (4, 8)), noise(3, 4, 8)
    w = set_random(model)
    wanted = (x - w["moving_mean"]) / np.sqrt(w["moving_variance"] + 1e-2) * w["gamma"] + w["beta"]
    np.testing.assert_allclose(run(model, x), wanted, atol=1e-4)


def test_momentum_is_what_is_kept() -> None:
    model, x = build(BatchNorm(momentum=0.9), (8,)), noise(64, 8) + 5
    model(x, training=True)
    _, _, mean, _ = model.get_weights()
    np.testing.assert_allclose(mean, 0.1 * x.mean(0), rtol=1e-4)


def test_frozen_batch_norm_stays_in_inference() -> None:
    model, x = build(BatchNorm(trainable=False), (8,)), noise(64, 8) + 5
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(x, training=True)), run(model, x))


def test_group_norm() -> None:
    model, x = build(GroupNorm(groups=2, eps=1e-3), (4, 5, 8)), noise(3, 4, 5, 8)
    w = set_random(model)
    groups = x.reshape(3, 20, 2, 4)
    mean, variance = groups.mean((1, 3), keepdims=True), groups.var((1, 3), keepdims=True)
    wanted = ((groups - mean) / np.sqrt(variance + 1e-3)).reshape(x.shape) * w["gamma"] + w["beta"]
    np.testing.assert_allclose(run(model, x), wanted, atol=1e-4)


@pytest.mark.parametrize("op", [RmsNorm(eps=1e-3), RmsNorm(eps=1e-3, l2=0.1), RmsNorm(eps=1e-3, scale=False)], ids=str)
def test_rms_norm(op: RmsNorm) -> None:
    model, x = build(op, (4, 8)), noise(3, 4, 8)
    scale = set_random(model).get("scale", 1.0)
    wanted = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-3) * scale
    np.testing.assert_allclose(run(model, x), wanted, atol=1e-4)


@pytest.mark.parametrize("size", [1, 4, 5, 12, 1024])
@pytest.mark.parametrize("more", [{}, {"divide": False, "k": 2.0}], ids=str)
def test_local_response_norm(size: int, more: dict[str, Any]) -> None:
    op = LocalResponseNorm(size=size, alpha=0.1, **more)
    x = noise(2, 3, 3, 8)
    weight = 0.1 / size if op.divide else 0.1
    wanted = np.empty_like(x)
    for c in range(8):
        near = x[..., max(c - size // 2, 0) : c + (size - 1) // 2 + 1]
        wanted[..., c] = x[..., c] / (op.k + weight * (near**2).sum(-1)) ** 0.75
    model = build(op, (3, 3, 8))
    np.testing.assert_allclose(run(model, x), wanted, rtol=1e-5)
    assert len(model.operations) < 10 + 4 * 8  # shifts further than the channels would add zeros


@pytest.mark.parametrize("op", [LocalResponseNorm(k=2), RmsNorm(init=Init(kind="constant", values=(2.0,)), l2=0.1)])
def test_own_layers_survive_saving(op: Op, tmp_path: Path) -> None:
    assert_survives_saving(build(op, (H, W, 8)), tmp_path, [noise(2, 3, 4, 8)])
