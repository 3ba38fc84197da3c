"""Weights of models by name: saved in each form, read into new models, and refused where names or shapes differ."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl import Architecture, WeightsError
from archdsl.backends.keras.held import held_elsewhere, name_in_layer
from archdsl.cli.main import cli
from archdsl.weights import PartialWeights, expected

pytestmark = pytest.mark.keras

NET = """
model Net(classes: int = 4) :: [8, 8, 3] -> [classes] {
  conv(6, bias=true) -> batch_norm -> relu -> dropout(0.5) -> flatten -> dense(classes)
}
"""
EVERY = """
model Every() :: [8, 8, 3] -> [4] {
  normalize -> add { a: conv(6), b: depthwise_conv(multiplier=2) } -> batch_norm(scale=false) -> prelu -> dropout(0.5)
  -> separable_conv(4, k=3, bias=true) -> conv_transpose(4) -> group_norm(2) -> scale -> flatten_spatial
  -> attention(2, dropout=0.1) -> attention(2, relative_position=[8, 8]) -> layer_norm(center=false)
  -> rms_norm -> class_token -> position_embedding -> flatten -> dense(4)
}
"""
FORMS = ("net.safetensors", "net.weights.h5", "net.keras")


def shuffled(model: keras.Model, seed: int = 0) -> keras.Model:
    """The model with values that no initialiser gives; no two of its arrays are equal."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(1, 2, size=w.shape).astype(w.dtype) for w in model.get_weights()])
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with copies
    return model


def save(architecture: Architecture, model: keras.Model, file: Path) -> Path:
    if file.suffix == ".keras":
        model.save(file)
    else:
        architecture.save_weights(model, file)
    return file


def assert_equal(here: keras.Model, there: keras.Model) -> None:
    for ours, theirs in zip(here.weights, there.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs), err_msg=ours.path)


@pytest.fixture(scope="module")
def net() -> Architecture:
    return archdsl.load_text(NET)


@pytest.fixture
def trained(net: Architecture) -> keras.Model:
    return shuffled(net.build())


# --- there and back ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def every() -> tuple[Architecture, keras.Model]:
    """A model with each class of layer that has weights, after a step of training with an optimiser that has state."""
    architecture = archdsl.load_text(EVERY)
    model = shuffled(architecture.build())
    model.compile("adam", "mse")
    model.fit(np.ones((2, 8, 8, 3)), np.zeros((2, 4)), verbose=0)
    return architecture, model


@pytest.mark.parametrize("name", FORMS)
def test_every_array_comes_back(every: tuple[Architecture, keras.Model], tmp_path: Path, name: str) -> None:
    architecture, model = every
    file = save(architecture, model, tmp_path / name)
    again = architecture.build(file)
    assert_equal(again, model)
    assert architecture.match_weights(file)
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 3)).astype("float32")
    np.testing.assert_array_equal(again.predict(images, verbose=0), model.predict(images, verbose=0))


def test_keras_loads_our_hdf5(every: tuple[Architecture, keras.Model], tmp_path: Path) -> None:
    architecture, model = every
    architecture.save_weights(model, tmp_path / "net.weights.h5")
    again = architecture.build()
    again.load_weights(tmp_path / "net.weights.h5")
    assert_equal(again, model)


def test_what_keras_alone_wrote(trained: keras.Model, net: Architecture, tmp_path: Path) -> None:
    """Its files say which layer an array is of; where they do not say which of the layer's, they are refused."""
    trained.save_weights(tmp_path / "net.weights.h5")
    assert_equal(net.build(tmp_path / "net.weights.h5"), trained)
    gain = archdsl.load_text("model Net() :: [8] -> [8] { batch_norm(center=false) }")
    offset = archdsl.load_text("model Net() :: [8] -> [8] { batch_norm(scale=false) }")
    model = shuffled(offset.build())
    model.save_weights(tmp_path / "plain.weights.h5")
    for architecture in (gain, offset):
        with pytest.raises(WeightsError, match=r"does not say .*\n  batch_norm: gamma, moving_mean.* or beta"):
            architecture.build(tmp_path / "plain.weights.h5")
    for name in FORMS:
        file = save(offset, model, tmp_path / name)
        assert_equal(offset.build(file), model)
        with pytest.raises(
            WeightsError, match=r"not in the file:\n  batch_norm/gamma\nnot in the model:\n  batch_norm/beta"
        ):
            gain.build(file)


def test_what_keras_alone_wrote_of_attention(tmp_path: Path) -> None:
    """A layer that may lack one of two arrays says which it has."""
    steps = {"window": "relative_position=[2, 3]", "learned": 'scale="learned"'}
    steps["both"] = ", ".join(steps.values())
    flow = " -> ".join(f"attention(2, {arguments}) as {name}" for name, arguments in steps.items())
    net = archdsl.load_text(f"model Net() :: [6, 8] -> [6, 8] {{ {flow} }}")
    model = net.build()
    for weight in model.weights:
        weight.assign(np.random.default_rng(len(weight.path)).normal(size=weight.shape))
    model.save_weights(tmp_path / "theirs.weights.h5")
    assert_equal(net.build(tmp_path / "theirs.weights.h5"), model)


def test_low_precision(net: Architecture, tmp_path: Path) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("bfloat16")
    try:
        model = shuffled(net.build())
        assert {v.dtype for v in model.weights} == {"bfloat16"}
        for name in FORMS:
            assert_equal(net.build(save(net, model, tmp_path / name)), model)
    finally:
        keras.config.set_dtype_policy(before)
    wide = net.build(tmp_path / "net.safetensors")
    assert {v.dtype for v in wide.weights} == {"float32"}
    assert_equal(wide, model)


def test_a_model_within_a_model(net: Architecture, trained: keras.Model, tmp_path: Path) -> None:
    """The layers go by their own names, whatever is around them."""
    inputs = keras.Input((8, 8, 3))
    outer = keras.Model(inputs, trained(keras.layers.RandomFlip()(inputs)))
    outer.save(tmp_path / "outer.keras")
    outer.save_weights(tmp_path / "outer.weights.h5")
    for name in ("outer.keras", "outer.weights.h5"):
        assert_equal(net.build(tmp_path / name), trained)
    second = net.build()
    other = keras.Model(second.inputs[0], second.outputs[0], name="other")
    twice = keras.Model(inputs, keras.layers.Add()([trained(inputs), other(inputs)]))
    twice.save(tmp_path / "twice.keras")
    with pytest.raises(WeightsError, match="two arrays called batch_norm/gamma"):
        net.build(tmp_path / "twice.keras")


def test_the_model_trains_and_saves_like_any_other(net: Architecture, trained: keras.Model, tmp_path: Path) -> None:
    model = net.build(save(net, trained, tmp_path / "net.safetensors"))
    model.compile("sgd", "mse")
    images = np.random.default_rng(0).uniform(size=(4, 8, 8, 3)).astype("float32")
    before = model.get_weights()
    model.fit(images, np.zeros((4, 4)), verbose=0)
    assert not any(np.array_equal(b, a) for b, a in zip(before, model.get_weights(), strict=True))
    model.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")
    np.testing.assert_array_equal(again.predict(images, verbose=0), model.predict(images, verbose=0))
    assert again.get_layer("conv").kernel_initializer.__class__ is keras.initializers.GlorotUniform


def test_a_seed_gives_the_values_that_keras_gives_it() -> None:
    keras.utils.set_random_seed(7)
    inputs = keras.Input((8, 8, 3))
    flow = keras.layers.Conv2D(6, 1, padding="same")(inputs)
    theirs = keras.Model(inputs, keras.layers.Dense(4)(keras.layers.Flatten()(flow)))
    keras.utils.set_random_seed(7)
    ours = archdsl.load_text(
        "model Net() :: [8, 8, 3] -> [4] { conv(6, k=1, bias=true) -> flatten -> dense(4) }"
    ).build()
    for here, there in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(here, there)


def test_no_random_values_are_made(net: Architecture, trained: keras.Model, tmp_path: Path) -> None:
    """Reading takes the place of initialising: not even the generator of random numbers is asked."""
    file = save(net, trained, tmp_path / "net.safetensors")
    called: list[str] = []
    original = keras.initializers.GlorotUniform.__call__

    def told(self: object, *args: object, **kwargs: object) -> object:
        called.append(type(self).__name__)
        return original(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.initializers.GlorotUniform, "__call__", told)
        net.build(file)
        assert called == []
        net.build()
        assert called == ["GlorotUniform"] * 2


def test_the_same_weights_give_the_same_bytes(net: Architecture, trained: keras.Model, tmp_path: Path) -> None:
    save(net, trained, tmp_path / "net.weights.h5")
    save(net, trained, tmp_path / "here.safetensors")
    (tmp_path / "net.arch").write_text(NET, encoding="utf-8")
    code = (
        "import archdsl; a = archdsl.load('net.arch'); a.save_weights(a.build('net.weights.h5'), 'there.safetensors')"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "here.safetensors").read_bytes() == (tmp_path / "there.safetensors").read_bytes()


# --- edited models ----------------------------------------------------------------------------------------------------


def _pair(first: str, second: str, more: str = "") -> Architecture:
    return archdsl.load_text(f"model Net() :: [8, 8, 3] -> [8, 8, 4] {{ {more} add {{ {first}  {second} }} }}")


@pytest.mark.parametrize("name", [*FORMS, "plain.weights.h5"])
def test_swapped_branches_keep_their_own(tmp_path: Path, name: str) -> None:
    a, b = "a: conv(4) -> relu\n", "b: conv(4) -> sigmoid\n"
    before, after = _pair(a, b), _pair(b, a)
    model = shuffled(before.build())
    file = tmp_path / name
    if name.startswith("plain"):
        model.save_weights(file)
    else:
        save(before, model, file)
    swapped = after.build(file)
    for layer in ("a.conv", "b.conv"):
        np.testing.assert_array_equal(swapped.get_layer(layer).kernel, model.get_layer(layer).kernel)
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    np.testing.assert_allclose(swapped.predict(images, verbose=0), model.predict(images, verbose=0), rtol=1e-6)


@pytest.mark.parametrize("name", FORMS)
def test_a_block_before_the_stem(tmp_path: Path, name: str) -> None:
    """Every layer keeps its own weights, or none: not a neighbour's, whose shapes are the same."""
    text = """
from std.conv import ConvBNAct
model Net() :: [8, 8, 4] -> [2] {
  MORE
  ConvBNAct(4, k=3) as stem -> repeat 8 { ConvBNAct(4, k=3) as unit } -> global_avg_pool -> dense(2) as head
}
"""
    before = archdsl.load_text(text.replace("MORE", ""))
    after = archdsl.load_text(text.replace("MORE", "ConvBNAct(4, k=3) as patch ->"))
    model = shuffled(before.build())
    file = save(before, model, tmp_path / name)
    with pytest.raises(WeightsError) as raised:
        after.build(file)
    assert "not in the file:\n  patch ConvBNAct(4): all 5, such as patch." in str(raised.value)
    with pytest.warns(PartialWeights, match="47 fit, 5 not in the file"):
        edited = after.build(file, partial=True)
    for layer in model.layers:
        for here, there in zip(edited.get_layer(layer.name).weights, layer.weights, strict=True):
            if not layer.name.startswith("input"):
                np.testing.assert_array_equal(np.asarray(here), np.asarray(there), err_msg=here.path)


# --- what does not fit ------------------------------------------------------------------------------------------------


def test_everything_that_does_not_fit_is_listed(net: Architecture, trained: keras.Model, tmp_path: Path) -> None:
    file = save(net, trained, tmp_path / "net.safetensors")
    other = archdsl.load_text(NET.replace("batch_norm -> relu", "layer_norm -> relu"), classes=9)
    with pytest.raises(WeightsError) as raised:
        other.build(file)
    assert (
        str(raised.value)
        == f"""\
{file} does not fit Net: 2 fit, 2 of another shape, 2 not in the file, 4 not in the model
of another shape:
  dense/kernel: [384, 4] in the file, [384, 9] in the model
  dense/bias: [4] in the file, [9] in the model
not in the file:
  layer_norm/gamma
  layer_norm/beta
not in the model:
  batch_norm/beta
  batch_norm/gamma
  batch_norm/moving_mean
  batch_norm/moving_variance"""
    )


def test_a_part_of_the_weights(net: Architecture, trained: keras.Model, tmp_path: Path) -> None:
    file = save(net, trained, tmp_path / "net.safetensors")
    other = archdsl.load_text(NET, classes=9)
    with pytest.warns(PartialWeights, match=r"6 fit, 2 of another shape\nof another shape:\n  dense/kernel"):
        model = other.build(file, partial=True)
    np.testing.assert_array_equal(model.get_layer("conv").kernel, trained.get_layer("conv").kernel)
    assert np.array_equal(model.get_layer("dense").bias, np.zeros(9))
    assert 0 < np.std(model.get_layer("dense").kernel) < 0.2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.build(file, partial=True)


def test_by_order(net: Architecture, trained: keras.Model, tmp_path: Path) -> None:
    """Names may be others; classes, numbers and shapes may not."""
    inputs = keras.Input((8, 8, 3))
    flow = keras.layers.Conv2D(6, 3, padding="same")(inputs)
    flow = keras.layers.ReLU()(keras.layers.BatchNormalization(name="bn")(flow))
    theirs = shuffled(keras.Model(inputs, keras.layers.Dense(4, name="fc")(keras.layers.Flatten()(flow))))
    theirs.save(tmp_path / "theirs.keras")
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    for name in ("theirs.keras", "theirs.weights.h5"):
        with pytest.raises(WeightsError, match="8 not in the file"):
            net.build(tmp_path / name)
        assert_equal(net.build(tmp_path / name, by_order=True), theirs)
    deeper = archdsl.load_text(NET.replace("batch_norm", "conv(6) -> layer_norm"), classes=3)
    with pytest.raises(WeightsError) as raised:
        deeper.build(tmp_path / "theirs.keras", by_order=True)
    assert str(raised.value).splitlines()[1:] == [
        "  batch_normalization: 1 in the file, 0 in the model",
        "  conv2d: 1 in the file, 2 in the model",
        "  fc/kernel [384, 4] is no dense/kernel [384, 3]",
        "  fc/bias [4] is no dense/bias [3]",
        "  layer_normalization: 0 in the file, 1 in the model",
    ]
    net.save_weights(trained, tmp_path / "net.safetensors")
    with pytest.raises(WeightsError, match="has no order, only names"):
        net.build(tmp_path / "net.safetensors", by_order=True)
    with pytest.raises(ValueError, match="by order, all must fit"):
        net.build(tmp_path / "theirs.keras", by_order=True, partial=True)
    with pytest.raises(ValueError, match="by_order is about a file of weights"):
        net.build(by_order=True)
    with pytest.raises(ValueError, match="partial is about a file of weights"):
        net.build(partial=True)


def test_models_within_models_have_no_order(tmp_path: Path) -> None:
    """Which of two convolutions comes first, that of the model or that of a model in it, its file does not say."""
    net = archdsl.load_text("model Net() :: [8, 8, 4] -> [8, 8, 4] { conv(4, k=3) -> conv(4, k=3) -> batch_norm }")
    inner = keras.Sequential([keras.Input((8, 8, 4)), keras.layers.Conv2D(4, 3, padding="same")], name="inner")
    last = [keras.layers.Conv2D(4, 3, padding="same"), keras.layers.BatchNormalization()]
    keras.Sequential([keras.Input((8, 8, 4)), inner, *last]).save(tmp_path / "outer.keras")
    with pytest.raises(WeightsError) as raised:
        net.build(tmp_path / "outer.keras", by_order=True)
    reason = "conv2d: in models within each other, which have no order among them: the outer one, sequential"
    assert str(raised.value).splitlines()[1:] == [f"  {reason}"]


def test_by_order_takes_what_plain_files_do_not_name(tmp_path: Path) -> None:
    net = archdsl.load_text("model Net() :: [8, 4] -> [8, 4] { layer_norm(center=false) -> attention(2) }")
    model = shuffled(net.build())
    model.save_weights(tmp_path / "plain.weights.h5")
    with pytest.raises(WeightsError, match="layer_norm: gamma or beta"):
        net.build(tmp_path / "plain.weights.h5")
    assert_equal(net.build(tmp_path / "plain.weights.h5", by_order=True), model)


def test_a_model_of_something_else_is_not_saved(net: Architecture, tmp_path: Path) -> None:
    other = archdsl.load_text(NET, classes=9).build()
    with pytest.raises(WeightsError, match=r"dense/kernel \[384, 4\] is \[384, 9\] there"):
        net.save_weights(other, tmp_path / "net.safetensors")
    with pytest.raises(ValueError, match=r"ends in .safetensors or .weights.h5, not to"):
        net.save_weights(other, tmp_path / "net.npz")
    assert [*tmp_path.iterdir()] == []


def test_nothing_waits_for_its_value_after_a_failure(net: Architecture, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        net.build(tmp_path / "none.weights.h5")
    model = net.build()
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_variables_have_the_names_of_the_graph(every: tuple[Architecture, keras.Model]) -> None:
    architecture, model = every
    elsewhere = held_elsewhere(architecture.graph)
    names = [name_in_layer(key, elsewhere) for key in expected(architecture.graph)]
    assert names == [variable.path for variable in model.weights]
    assert elsewhere.keys() == {"b.depthwise_conv/kernel", "separable_conv/depthwise_kernel", "scale/gamma"}


# --- the command ------------------------------------------------------------------------------------------------------


def test_compile_writes_and_reads_weights(
    trained: keras.Model, net: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(NET, encoding="utf-8")
    net.save_weights(trained, "net.safetensors")
    outs = ["again.keras", "again.safetensors", "again.weights.h5"]
    arguments = [word for out in outs for word in ("-o", out)]
    run = CliRunner().invoke(cli, ["compile", "net.arch", "--weights", "net.safetensors", *arguments])
    assert run.exit_code == 0, run.output
    assert [line.split()[1] for line in run.output.splitlines()] == outs
    for out in outs:
        assert_equal(net.build(out), trained)
    assert Path("again.safetensors").read_bytes() == Path("net.safetensors").read_bytes()
    fresh = CliRunner().invoke(cli, ["compile", "net.arch", "-o", "fresh.keras", "-o", "fresh.safetensors"])
    assert fresh.exit_code == 0, fresh.output
    assert_equal(net.build("fresh.safetensors"), keras.models.load_model("fresh.keras"))


def test_compile_takes_a_part(
    trained: keras.Model, net: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(NET, encoding="utf-8")
    net.save_weights(trained, "net.safetensors")
    command = ["compile", "net.arch", "--set", "classes=9", "--weights", "net.safetensors", "-o", "new.safetensors"]
    run = CliRunner().invoke(cli, [*command, "--partial"])
    assert run.exit_code == 0, run.output
    assert run.output.startswith(
        "net.safetensors fits Net in part: 6 fit, 2 of another shape\n"
        "of another shape:\n  dense/kernel: [384, 4] in the file, [384, 9] in the model\n"
    )
    assert not archdsl.load_text(NET).match_weights("new.safetensors")
    assert archdsl.load_text(NET, classes=9).match_weights("new.safetensors")


def test_compile_refuses_weights_that_do_not_fit(
    trained: keras.Model, net: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(NET, encoding="utf-8")
    Path("net.keras").write_text("the old one", encoding="utf-8")
    net.save_weights(trained, "net.weights.h5")
    for arguments, words in (
        (["--set", "classes=9", "--weights", "net.weights.h5"], "net.weights.h5 does not fit Net"),
        (["--set", "classes=9", "--weights", "net.weights.h5"], "`--partial` takes what fits"),
        (["--set", "classes=9", "--weights", "net.weights.h5", "--by-order"], "does not fit Net by order"),
        (["--weights", "none.weights.h5"], "cannot read none.weights.h5: no such file"),
        (["--weights", "net.keras"], "net.keras is no file of Keras's, or broken"),
        (["--to", "json", "--weights", "net.weights.h5"], "a graph has none"),
        (["--partial"], "--partial is about a file of --weights"),
        (["--partial", "--by-order", "--weights", "net.weights.h5"], "by order, all must fit"),
        (["--to", "safetensors", "-o", "x.keras"], "a file of weights goes to a file that ends in .safetensors"),
        (["--to", "json", "-o", "x.json", "-o", "y.json"], "--to is for one OUT"),
    ):
        run = CliRunner().invoke(cli, ["compile", "net.arch", *arguments])
        assert (run.exit_code, words in run.output) == (2, True), (arguments, run.output)
    assert Path("net.keras").read_text(encoding="utf-8") == "the old one"
