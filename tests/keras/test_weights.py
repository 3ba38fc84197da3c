"""Models that start with weights from a file: the same as initialised ones that load it, and nothing in between."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl.backends.keras.weights import WeightsError
from archdsl.cli.main import cli

pytestmark = pytest.mark.keras

NET = """
model Net(classes: int = 4) :: [8, 8, 3] -> [classes] {
  conv(6) -> batch_norm -> relu -> dropout(0.5) -> flatten -> dense(classes)
}
"""


@pytest.fixture
def trained() -> keras.Model:
    """A model whose every weight differs from what an initialiser gives."""
    model = archdsl.load_text(NET).build()
    model.set_weights([weight + 3.0 for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("name", ["net.weights.h5", "net.keras"])
def test_weights_are_those_of_the_file(trained: keras.Model, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    trained.save(file) if file.suffix == ".keras" else trained.save_weights(file)
    model = archdsl.load_text(NET).build(weights=file)
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 3)).astype("float32")
    assert [v.path for v in model.weights] == [v.path for v in trained.weights]
    for here, there in zip(model.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(here, there)
    np.testing.assert_array_equal(model.predict(images, verbose=0), trained.predict(images, verbose=0))


def test_the_model_trains_and_saves_like_any_other(trained: keras.Model, tmp_path: Path) -> None:
    trained.save_weights(tmp_path / "net.weights.h5")
    model = archdsl.load_text(NET).build(tmp_path / "net.weights.h5")
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


def test_a_weight_of_another_shape_is_told_with_both_shapes(trained: keras.Model, tmp_path: Path) -> None:
    file = tmp_path / "net.weights.h5"
    trained.save_weights(file)
    with pytest.raises(WeightsError) as raised:
        archdsl.load_text(NET, classes=9).build(file)
    text = str(raised.value)
    assert f"{file} does not fit Net: it has no fitting value for" in text
    assert "dense/kernel [384, 9], dense/bias [9]" in text
    assert "(384, 4)" in text


def test_a_weight_that_is_missing_is_told(tmp_path: Path) -> None:
    smaller = archdsl.load_text("model Net() :: [8, 8, 3] -> [8, 8, 6] { conv(6) }").build()
    smaller.save_weights(tmp_path / "net.weights.h5")
    with pytest.raises(WeightsError, match=r"no fitting value for batch_norm/gamma \[6\], .* and 3 more"):
        archdsl.load_text(NET).build(tmp_path / "net.weights.h5")


@pytest.mark.parametrize("name", ["net.weights.h5", "net.keras", "net.png"])
def test_a_file_of_something_else(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no weights")
    with pytest.raises(WeightsError, match="does not fit Net"):
        archdsl.load_text(NET).build(tmp_path / name)


def test_nothing_waits_for_its_value_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        archdsl.load_text(NET).build(tmp_path / "none.weights.h5")
    model = archdsl.load_text(NET).build()
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert np.array_equal(model.get_weights()[0], model.get_weights()[0])


def test_compile_with_weights(trained: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(NET, encoding="utf-8")
    trained.save_weights("net.weights.h5")
    run = CliRunner().invoke(cli, ["compile", "net.arch", "--weights", "net.weights.h5"])
    assert run.exit_code == 0, run.output
    np.testing.assert_array_equal(keras.models.load_model("net.keras").get_weights()[0], trained.get_weights()[0])


def test_compile_refuses_weights_that_do_not_fit(
    trained: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(NET, encoding="utf-8")
    Path("net.keras").write_text("the old one", encoding="utf-8")
    trained.save_weights("net.weights.h5")
    for arguments, words in (
        (["--set", "classes=9", "--weights", "net.weights.h5"], "net.weights.h5 does not fit Net"),
        (["--weights", "none.weights.h5"], "cannot read none.weights.h5: no such file"),
        (["--to", "json", "--weights", "net.weights.h5"], "a graph has none"),
    ):
        run = CliRunner().invoke(cli, ["compile", "net.arch", *arguments])
        assert (run.exit_code, words in run.output) == (2, True), run.output
    assert Path("net.keras").read_text(encoding="utf-8") == "the old one"
