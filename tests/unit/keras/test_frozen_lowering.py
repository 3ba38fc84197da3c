"""``trainable=false`` freezes all weights of every op, in the model and in its file."""

from __future__ import annotations

import re
from pathlib import Path

import keras
import numpy as np
import pytest

import archdsl
from archdsl.ops.base import Weighted
from archdsl.ops.registry import OPS
from tests.unit.keras.harness import noise, reload

STEPS: dict[str, tuple[str, str]] = {
    "attention": ("[6, 4]", "attention(2, trainable=false)"),
    "windows": ("[6, 4]", "attention(2, relative_position=[2, 3], trainable=false)"),
    "batch_norm": ("[6, 4]", "batch_norm(trainable=false)"),
    "class_token": ("[6, 4]", "class_token(trainable=false)"),
    "conv": ("[6, 4]", "conv(4, trainable=false)"),
    "conv_transpose": ("[6, 4]", "conv_transpose(4, pad=1, trainable=false)"),
    "dense": ("[6, 4]", "dense(4, trainable=false)"),
    "depthwise_conv": ("[6, 4]", "depthwise_conv(3, trainable=false)"),
    "embedding": ("[6]", "embedding(8, 4, trainable=false)"),
    "group_norm": ("[6, 4]", "group_norm(2, trainable=false)"),
    "instance_norm": ("[6, 4]", "instance_norm(trainable=false)"),
    "layer_norm": ("[6, 4]", "layer_norm(trainable=false)"),
    "parameter": ("[6, 4]", "add { id, parameter([6, 4], trainable=false) }"),
    "position_embedding": ("[6, 4]", "position_embedding(trainable=false)"),
    "relative_position_bias": (
        "[6, 4]",
        "matmul { id, { relative_position_bias(1, [2, 2], trainable=false) -> reshape([4, 4]) } }",
    ),
    "prelu": ("[6, 4]", "prelu(trainable=false)"),
    "rms_norm": ("[6, 4]", "rms_norm(trainable=false)"),
    "rms": ("[6, 4]", "rms_norm(init=normal(1.0), trainable=false)"),
    "scale": ("[6, 4]", "scale(1.0, trainable=false)"),
    "gains": ("[3, 2, 4]", "scale(1.0, trainable=false)"),
    "separable_conv": ("[6, 4]", "separable_conv(4, trainable=false)"),
}


def test_every_op_with_weights_is_here() -> None:
    weighted = {name for name, op in OPS.items() if issubclass(op, Weighted)}
    assert weighted <= {name for _, step in STEPS.values() for name in re.findall(r"(\w+)\(", step)}


def test_nothing_of_them_is_trained(tmp_path: Path) -> None:
    """One model with all of them, before a layer that is trained; so that ``fit`` is traced once."""
    ports = ", ".join(f"x_{name}: {shape}" for name, (shape, _) in STEPS.items())
    heads = ", ".join(f"{{ x_{name} -> {step} -> global_avg_pool }}" for name, (_, step) in STEPS.items())
    architecture = archdsl.load_text(f"model M() :: ({ports}) -> [3] {{ concat {{ {heads} }} -> dense(3) as head }}")
    model = architecture.build()
    for made in (model, reload(model, tmp_path)):
        trained = [weight.path for weight in made.trainable_weights]
        assert trained == ["head/kernel", "head/bias"]
        before = {weight.path: np.array(weight) for weight in made.weights}
        made.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=True)
        made.train_on_batch([noise(4, *port.shape) for port in architecture.graph.inputs], noise(4, 3))
        changed = [weight.path for weight in made.weights if not np.array_equal(before[weight.path], weight)]
        assert changed == trained


@pytest.mark.parametrize("step", ["attention(2)", "attention(2, relative_position=[2, 3])", "dense(4)"])
def test_others_are(step: str) -> None:
    architecture = archdsl.load_text(f"model M() :: [6, 4] -> [6, 4] {{ {step} }}")
    weights = architecture.build().trainable_weights
    assert sum(int(np.prod(weight.shape)) for weight in weights) == architecture.summary().trainable > 0


def test_what_was_frozen_can_be_thawed() -> None:
    model = archdsl.load_text("model M() :: [6, 4] -> [6, 4] { attention(2, trainable=false) as frozen }").build()
    model.get_layer("frozen").trainable = True
    assert len(model.trainable_weights) == 8
