"""Models of Keras that become specs, and compute the same with the weights that were carried over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from keras import layers

import archdsl
from archdsl.backends.keras.layers.functions import adaptive_average
from archdsl.cli.main import cli
from archdsl.intake.errors import Unreadable
from archdsl.weights import safetensors


def _unit(x: keras.KerasTensor, filters: int, stride: int = 1) -> keras.KerasTensor:
    y = layers.ZeroPadding2D(1)(x)
    y = layers.Conv2D(filters, 3, stride, use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("hard_swish")(y)
    if stride == 1 and x.shape[-1] == filters:
        return layers.Add()([x, y])
    return layers.Add()([layers.Conv2D(filters, 1, stride)(x), y])


def residual() -> keras.Model:
    x = given = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.ZeroPadding2D(1)(x)
    x = layers.MaxPooling2D(3, 2)(x)
    for width in (8, 16, 32):
        for i in range(3):
            x = _unit(x, width, 2 if i == 0 and width > 8 else 1)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(given, layers.Dense(10)(x), name="residual")


def gates() -> keras.Model:
    """What rewrites are about: gates with reshapes, hard sigmoids of parts, activations of parts, depthwise kernels."""
    x = given = keras.Input((24, 24, 4))
    for k in (3, 5):
        x = layers.ZeroPadding2D(((0, 1), (0, 1)) if k == 3 else 2)(x)
        x = layers.DepthwiseConv2D(k, strides=2 if k == 3 else 1, depth_multiplier=2 if k == 3 else 1)(x)
        x = layers.PReLU(shared_axes=[1, 2], alpha_initializer=keras.initializers.Constant(0.3))(x)
        s = layers.GlobalAveragePooling2D()(x)
        s = layers.Reshape((1, 1, x.shape[-1]))(s)
        s = layers.Conv2D(x.shape[-1], 1)(s)
        s = layers.ReLU(6.0)(s + 3.0) * (1.0 / 6.0)
        x = layers.Multiply()([x, s])
        x = layers.Multiply()([x, layers.Activation("sigmoid")(x)])
    x = layers.SeparableConv2D(8, 3, padding="same", activation="gelu")(x)
    x = layers.GroupNormalization(4)(layers.LeakyReLU(0.1)(x))
    pooled = layers.AveragePooling2D(3, 1, padding="same")(x)
    x = layers.Concatenate()([x, pooled, layers.UpSampling2D()(layers.MaxPooling2D()(x))])
    x = layers.LayerNormalization()(layers.Cropping2D(1)(layers.Conv2DTranspose(6, 3, strides=2, padding="same")(x)))
    return keras.Model(given, layers.Flatten()(layers.Reshape((11, 22, 12))(x)), name="gates")


def sequence() -> keras.Model:
    """A sequential model with a functional one within it."""
    given = keras.Input((8, 8, 6))
    sum_ = layers.Add()([given, layers.Conv2D(6, 3, padding="same", name="same")(given)])
    inner = keras.Model(given, sum_, name="inner")
    first = [keras.Input((16, 16, 3)), layers.Conv2D(6, 3, 2, padding="same"), inner, layers.GlobalMaxPooling2D()]
    return keras.Sequential([*first, layers.Dense(4, activation="tanh")], name="sequence")


def skips() -> keras.Model:
    """Values that are used again later, across other branches."""
    x = given = keras.Input((16, 16, 3))
    states = [layers.Conv2D(4, 3, padding="same")(x)]
    for i in range(4):
        y = layers.Conv2D(4, 3, padding="same", activation="relu")(states[-1])
        states.append(layers.Add()([y, states[max(i - 1, 0)]]))
    x = layers.Concatenate()([states[-1], states[1], states[2]])
    return keras.Model(given, layers.Subtract()([layers.Conv2D(4, 1)(x), states[2]]), name="skips")


def siamese() -> keras.Model:
    """Two inputs, a model and a layer within that are used twice, and two outputs."""
    given = keras.Input((8, 8, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(6, 3, activation="relu", name="seen")(given))
    tower = keras.Model(given, pooled, name="tower")
    left, right = keras.Input((8, 8, 3), name="left"), keras.Input((8, 8, 3), name="right")
    head = layers.Dense(4, name="head")
    a, b = head(tower(left)), head(tower(right))
    outputs = {"nearness": layers.Subtract()([a, b]), "kind": layers.Dense(3)(layers.Concatenate()([a, b]))}
    return keras.Model([left, right], outputs, name="siamese")


def tokens() -> keras.Model:
    """Attention to itself and to other tokens, functions of tensors and numbers, indices, and blocks of places."""
    given = keras.Input((8, 8, 6))
    x = keras.ops.reshape(given, (-1, 4, 2, 4, 2, 6))
    x = keras.ops.reshape(keras.ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 16, 24))
    y = layers.MultiHeadAttention(3, 8, attention_axes=1)(layers.LayerNormalization()(x), x)
    x = layers.Add()([x, y])
    first = x[:, :1]
    x = layers.MultiHeadAttention(2, 5, use_bias=False)(first, x)
    x = keras.ops.gelu(x, approximate=True) * 2.0 - 0.5
    x = x * keras.ops.sigmoid(x * 1.702)
    x = x * keras.ops.rsqrt(keras.ops.maximum(keras.ops.sum(keras.ops.square(x), -1, keepdims=True), 1e-12))
    return keras.Model(given, layers.Dense(4)(x[:, 0]), name="tokens")


def reduced() -> keras.Model:
    """Maps and tokens reduced to one place by functions."""
    given = keras.Input((8, 6, 3))
    x = layers.Conv2D(4, 3)(given)
    parts = [keras.ops.mean(x, (1, 2)), keras.ops.max(x, axis=[1, 2])]
    parts.append(keras.ops.mean(keras.ops.reshape(x, (-1, 24, 4)), axis=1))
    return keras.Model(given, layers.Dense(3)(layers.Concatenate()(parts)), name="reduced")


def windows() -> keras.Model:
    """An adaptive pooling to a size that does not divide the map: a product with a table along each axis."""
    given = keras.Input((14, 11, 3))
    return keras.Model(given, layers.Dense(2)(adaptive_average(given, (4, 3))), name="windows")


MODELS: list[Callable[[], keras.Model]] = [residual, gates, sequence, skips, siamese, tokens, reduced, windows]


def test_a_map_that_is_reduced_to_one_place_is_pooled() -> None:
    steps = [node.op.name for node in archdsl.from_keras(reduced()).graph]
    assert sorted(step for step in steps if "pool" in step) == ["global_avg_pool"] * 2 + ["global_max_pool"]
    assert {"mean", "max"}.isdisjoint(steps)


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_outputs_are_equal_with_the_weights_that_were_carried(make: Callable[[], keras.Model], tmp_path: Path) -> None:
    keras.utils.set_random_seed(7)
    model, chance = make(), np.random.default_rng(7)
    for weight in model.weights:
        signs = 1 if "variance" in weight.name else chance.choice([-1, 1, 1], weight.shape)
        weight.assign(chance.uniform(0.1, 0.5, weight.shape) * signs)
    file, spec, weights = (tmp_path / name for name in ("net.keras", "net.arch", "net.safetensors"))
    model.save(file)
    result = CliRunner().invoke(cli, ["import", str(file), "-o", str(spec), "--weights", str(weights)])
    assert result.exit_code == 0, result.output
    found = archdsl.load(spec)
    assert found.summary().params == model.count_params()
    again = found.build(weights=weights)
    x = [chance.uniform(0, 1, (2, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
    given = x if len(x) > 1 else x[0]
    expected = [np.asarray(each) for each in keras.tree.flatten(model(given))]

    def is_close() -> bool:
        found = [np.asarray(each) for each in keras.tree.flatten(again(given))]
        pairs = zip(found, expected, strict=True)
        return all(np.allclose(a, b, rtol=1e-4, atol=1e-5 * float(np.abs(b).max())) for a, b in pairs)

    assert all(each.std() > 1e-3 for each in expected)
    assert is_close()
    # Another kernel is another answer: the comparison can fail.
    kernel = next(w for w in again.weights if "kernel" in w.name)
    kernel.assign(kernel.value * 1.1)
    assert not is_close()


def test_a_live_model() -> None:
    found = archdsl.from_keras(residual())
    assert "from std" in found.source
    plain = archdsl.from_keras(residual(), std=False)
    assert "from std" not in plain.source
    assert "residual {" in plain.source
    assert archdsl.load_text(found.source).name == "Residual"
    with pytest.raises(TypeError, match="a model of Keras is wanted"):
        archdsl.from_keras(3)


ROUND: dict[str, dict[str, Any]] = {
    "specs/gpt2.arch": {"depth": 2, "width": 32, "heads": 2, "vocabulary": 50},
    "specs/alexnet.arch:AlexNet2012": {},
}


def test_means_of_windows_are_one_pooling() -> None:
    assert "adaptive_avg_pool([4, 3])" in archdsl.from_keras(windows()).source


def test_products_with_other_tables_are_refused() -> None:
    given = keras.Input((4, 4, 3))
    model = keras.Model(given, keras.ops.tensordot(given, np.eye(4, dtype="float32")[::-1], axes=[[1], [1]]))
    with pytest.raises(Unreadable, match="means of windows"):
        archdsl.from_keras(model)


@pytest.mark.parametrize("spec", ROUND)
def test_a_spec_comes_back(spec: str) -> None:
    from scripts.roundtrip import returned

    assert not returned(archdsl.load(spec, **ROUND[spec])).differences


def test_a_function_is_named_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its weights come from a file alone."""
    (tmp_path / "live_keras.py").write_text(
        "import keras\n"
        "def net():\n"
        "    return keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, activation='relu')], name='net')\n"
    )
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["import", "live_keras:net", "-o", "net.arch"])
    assert result.exit_code == 0, result.output
    assert archdsl.load("net.arch").summary().total.params == 8 * 4 + 4
    refused = CliRunner().invoke(cli, ["import", "live_keras:net", "-o", "other.arch", "--weights", "w.safetensors"])
    assert refused.exit_code == 2
    assert "save it as .keras first" in refused.stderr
    assert not Path("other.arch").exists()


class Gain(layers.Layer):  # type: ignore[misc]
    """A layer with a weight of its own, which no reader knows."""

    def build(self, shape: Any) -> None:
        self.gain = self.add_weight(shape=(shape[-1],), name="gain")

    def call(self, x: Any) -> Any:
        return x * self.gain


class Unit(layers.Layer):  # type: ignore[misc]
    """A layer made of layers."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.conv = layers.Conv2D(filters, 3, padding="same", name="conv")
        self.norm = layers.BatchNormalization(name="norm")

    def call(self, x: Any, training: bool | None = None) -> Any:
        return keras.ops.relu(x + self.norm(self.conv(x), training=training))


class Subclassed(keras.Model):  # type: ignore[misc]
    """A model that says in Python what it does."""

    def __init__(self, gains: bool = False, **usual: Any) -> None:
        super().__init__(**usual)
        self.stem, self.head = layers.Conv2D(8, 3, strides=2), layers.Dense(5)
        self.units = [Unit(8) for _ in range(3)]
        self.gain = Gain() if gains else None

    def call(self, x: Any, training: bool | None = None) -> Any:
        x = self.stem(x)
        for unit in self.units:
            x = unit(x, training=training)
        if self.gain is not None:
            x = self.gain(x)
        return self.head(keras.ops.mean(x, axis=(1, 2)))


def test_a_subclassed_model_is_what_it_calls() -> None:
    model = Subclassed()
    with pytest.raises(Unreadable, match="it was never called"):
        archdsl.from_keras(model)
    model(np.zeros((1, 16, 16, 3), "float32"))
    net = archdsl.from_keras(model)
    assert "repeat 3 {" in net.source
    assert net.summary().params == model.count_params()
    assert [unit.conv.name for unit in model.units] == ["conv"] * 3, "names are what they were"
    steps = [node.op.name for node in net.graph]
    assert steps == ["conv", *["conv", "batch_norm", "add", "relu"] * 3, "global_avg_pool", "dense"]


def test_a_file_of_a_subclassed_model_is_imported_from_memory(tmp_path: Path) -> None:
    model = Subclassed()
    model(np.zeros((1, 16, 16, 3), "float32"))
    file = str(tmp_path / "mine.keras")
    model.save(file)
    with pytest.raises(Unreadable, match="`Subclassed` is a class of its own") as caught:
        archdsl.load(file)
    assert caught.value.code == "subclassed-model"
    loaded = keras.models.load_model(file, custom_objects={"Subclassed": Subclassed})
    assert archdsl.from_keras(loaded).source == archdsl.from_keras(model).source


@pytest.mark.parametrize("unit", [lambda: layers.Conv2D(8, 3, padding="same", activation="relu"), lambda: Unit(8)])
def test_names_do_not_count_other_models(unit: Callable[[], Any]) -> None:
    def model() -> Any:
        one, other = keras.Input((8, 8, 8)), keras.Input((8, 8, 8))
        x = layers.Add()([one, unit()(one)])
        return keras.Model([one, other], layers.Concatenate()([unit()(unit()(other)), x]))

    first, second = model(), model()
    assert [layer.name for layer in first.layers] != [layer.name for layer in second.layers]
    found = archdsl.from_keras(first)
    assert found.source == archdsl.from_keras(second).source
    assert found.name == "Functional"
    assert [port.name for port in found.graph.inputs] == ["input_layer", "input_layer_1"]


def test_layers_are_called_what_they_are_in_memory() -> None:
    Gain()
    given = keras.Input((4,))
    blur = Gain()
    assert blur.name == "gain_1"
    model = keras.Model(given, layers.Dense(3)(blur(layers.Dense(2)(given))))
    with pytest.raises(Unreadable, match=rf"{model.name} cannot be imported:\n  {blur.name} \(Gain\)"):
        archdsl.from_keras(model)
    found = archdsl.from_keras(model, opaque={blur.name: (5,)})
    assert [node.shape for node in found.graph] == [(2,), (5,), (3,)]


def test_layers_with_weights_of_their_own_are_listed_or_opaque() -> None:
    model = Subclassed(gains=True)
    model(np.zeros((1, 16, 16, 3), "float32"))
    with pytest.raises(Unreadable, match=r"gain\w* \(Gain\): there is no such layer"):
        archdsl.from_keras(model)
    net = archdsl.from_keras(model, opaque=True)
    (gain,) = (node for node in net.graph if node.op.name == "opaque")
    assert (gain.shape, gain.op.arrays) == ((7, 7, 8), ((8,),))
    assert net.summary().params == model.count_params()


def test_weights_of_custom_layers_are_carried_by_place(tmp_path: Path) -> None:
    given = keras.Input((8, 8, 3))
    x = Gain(name="gain")(layers.Conv2D(4, 3)(given))
    model = keras.Model(given, layers.GlobalAveragePooling2D()(x))
    file, spec, weights = (str(tmp_path / name) for name in ("net.keras", "net.arch", "net.safetensors"))
    model.save(file)
    result = CliRunner().invoke(cli, ["import", file, "--opaque", "-o", spec, "--weights", weights])
    assert result.exit_code == 0, result.output
    net = archdsl.load(spec)
    assert dict(net.graph.about)["writer"] == f"keras {keras.__version__}"
    assert net.match_weights(weights)
    (gain,) = (node for node in net.graph if node.op.name == "opaque")
    with safetensors.opened(weights) as stored:
        np.testing.assert_array_equal(stored.arrays[f"{gain.path}/0"].read(), model.get_layer("gain").gain.numpy())


def test_what_cannot_run_on_symbolic_tensors_is_an_error() -> None:
    class Branching(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x if float(x[0, 0]) > 0 else -x

    model = Branching(name="branching")
    model(np.ones((1, 4), "float32"))
    with pytest.raises(Unreadable, match="its `call` raises"):
        archdsl.from_keras(model)
