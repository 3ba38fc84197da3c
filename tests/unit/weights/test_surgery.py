"""Weights carried to a model of another size, of other channels, of other classes, or edited."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl.architecture import Architecture
from archdsl.cli.main import cli
from archdsl.fitted import fitted
from archdsl.weights import Array, Match, PartialWeights, expected, safetensors
from archdsl.weights.surgery import _interpolated

VIT = """
model Tiny(size: int = 32, channels: int = 3, classes: int = 5, width: int = 8) :: [size, size, channels] -> [classes] {
  conv(width, k=4, stride=4) as patches -> flatten_spatial -> class_token -> position_embedding as places
  -> attention(2) as mix -> layer_norm as norm -> slice(0, axis=0, keepdims=false) -> dense(classes) as head
}
"""


def arrays(net: Architecture) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {key: rng.normal(size=weight.shape).astype("float32") for key, weight in expected(net.graph).items()}


def carried(tmp_path: Path, old: Architecture, new: Architecture) -> tuple[dict[str, Any], dict[str, Any], Match]:
    """Arrays of the old model, those that the new one takes of them, and how they fit."""
    values = arrays(old)
    file = tmp_path / "old.safetensors"
    safetensors.write(file, values, {"schema": safetensors.SCHEMA, "version": safetensors.VERSION})
    taken = read(new, file)
    assert all(array.shape == expected(new.graph)[key].shape for key, array in taken.items())
    return values, taken, new.match_weights(file)


def read(net: Architecture, file: Path) -> dict[str, Any]:
    """The arrays of a file that a model takes, of which some do not fit as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PartialWeights)
        with fitted(net.graph, file, partial=True) as found:
            return {key: array.read() for key, array in found.items()}


def tiny(**arguments: int) -> Architecture:
    return archdsl.load_text(VIT, **arguments)


def test_positions_are_interpolated_and_tokens_kept(tmp_path: Path) -> None:
    old, new, match = carried(tmp_path, tiny(), tiny(size=48))
    (changed,) = match.changed
    assert changed.how == "interpolated from 8 x 8 places to 12 x 12, 1 before them kept"
    table, before = new["places/embeddings"], old["places/embeddings"]
    np.testing.assert_array_equal(table[0], before[0])
    grid = _interpolated(before[1:].reshape(8, 8, 8), (12, 12))
    np.testing.assert_array_equal(table[1:], grid.reshape(144, 8))
    assert (match.new, match.dropped) == ((), ())


@pytest.mark.parametrize(
    ("values", "wanted"),
    [((0, 1, 4), (-0.075472, 0.216418, 1, 2.992538, 4.226416)), ((0, 1, 4, 9, 16), (0.169231, 4.19535, 13.338462))],
)
def test_squares_are_interpolated(values: tuple[int, ...], wanted: tuple[float, ...]) -> None:
    """To what JAX 0.10.2 makes of them, along either axis of two."""
    column = np.array(values, dtype="float32").reshape(-1, 1, 1)
    np.testing.assert_allclose(_interpolated(column, (len(wanted), 1)).ravel(), wanted, atol=1e-5)
    np.testing.assert_allclose(_interpolated(column.reshape(1, -1, 1), (1, len(wanted))).ravel(), wanted, atol=1e-5)


@pytest.mark.full
def test_interpolation_is_what_others_compute() -> None:
    """Against JAX's cubic resizing, up and down, which is that of PyTorch and of PIL."""
    image = pytest.importorskip("jax.image", reason="JAX is not installed")
    values = np.random.default_rng(1).normal(size=(14, 14, 3)).astype("float32")
    for sizes in ((24, 24), (7, 9), (14, 20)):
        wanted = np.asarray(image.resize(values, (*sizes, 3), "cubic", antialias=True))
        np.testing.assert_allclose(_interpolated(values, sizes), wanted, atol=1e-5)
    np.testing.assert_allclose(_interpolated(values, (14, 14)), values, atol=1e-6)


def test_relative_positions_are_interpolated(tmp_path: Path) -> None:
    text = "model Net(window: int = 3) :: [window * window, 8] -> [window * window, 8] {\n"
    text += "  attention(2, relative_position=[window, window]) as mix\n}"
    old, new, match = carried(tmp_path, archdsl.load_text(text), archdsl.load_text(text, window=4))
    assert [each.how for each in match.changed] == ["interpolated from 5 x 5 places to 7 x 7"]
    bias = old["mix/relative_position_bias"].reshape(5, 5, 2)
    np.testing.assert_array_equal(new["mix/relative_position_bias"], _interpolated(bias, (7, 7)).reshape(49, 2))


@pytest.mark.parametrize("channels", [1, 4, 6])
def test_other_channels_of_the_input(tmp_path: Path, channels: int) -> None:
    """A grey image gives what the same image in three channels gave; so do as many copies of it as there are."""
    old, new, match = carried(tmp_path, tiny(), tiny(channels=channels))
    before, now = old["patches/kernel"], new["patches/kernel"]
    if channels == 1:
        assert match.changed[0].how == "summed up over 3 channels of the input"
        np.testing.assert_allclose(now[:, :, 0], before.sum(axis=2), rtol=1e-6)
    else:
        assert match.changed[0].how == f"3 channels of the input repeated to {channels}, times 3/{channels}"
        for channel in range(channels):
            np.testing.assert_allclose(now[:, :, channel], before[:, :, channel % 3] * (3 / channels), rtol=1e-6)
    if channels == 6:
        np.testing.assert_allclose(now.sum(axis=2), before.sum(axis=2), rtol=1e-4, atol=1e-5)


def test_a_kernel_within_the_model_is_not_summed_up(tmp_path: Path) -> None:
    text = "model Net(width: int = 4) :: [8, 8, 3] -> [8, 8, 2] { conv(width, k=1) as a -> conv(2, k=1) as b }"
    _, new, match = carried(tmp_path, archdsl.load_text(text), archdsl.load_text(text, width=1))
    assert [(each.key, each.how) for each in match.changed] == [("a/kernel", ""), ("a/bias", ""), ("b/kernel", "")]
    assert new.keys() == {"b/bias"}


def test_other_classes_start_the_head_anew(tmp_path: Path) -> None:
    old, new, match = carried(tmp_path, tiny(), tiny(classes=7))
    assert [(each.key, each.how) for each in match.changed] == [("head/kernel", ""), ("head/bias", "")]
    assert new.keys() == old.keys() - {"head/kernel", "head/bias"}


def test_the_report_says_what_becomes_of_each(tmp_path: Path) -> None:
    file = tmp_path / "old.safetensors"
    safetensors.write(file, arrays(tiny()), {"schema": safetensors.SCHEMA, "version": safetensors.VERSION})
    with pytest.warns(PartialWeights) as warned, fitted(tiny(size=48, channels=1, classes=7).graph, file, partial=True):
        pass
    assert str(warned[0].message).splitlines()[1:] == [
        "carried over:",
        "  patches/kernel: [4, 4, 3, 8] in the file, [4, 4, 1, 8] in the model; summed up over 3 channels of the input",
        "  places/embeddings: [65, 8] in the file, [145, 8] in the model; interpolated from 8 x 8 places to 12 x 12, "
        "1 before them kept",
        "of another shape:",
        "  head/kernel: [8, 5] in the file, [8, 7] in the model",
        "  head/bias: [5] in the file, [7] in the model",
    ]
    document = tiny(size=48, classes=7).match_weights(file).document()
    assert [each["key"] for each in document["carried"]] == ["places/embeddings"]
    assert [each["key"] for each in document["changed"]] == ["head/kernel", "head/bias"]


def test_the_command_says_the_same(tmp_path: Path) -> None:
    file, spec = tmp_path / "old.safetensors", tmp_path / "net.arch"
    safetensors.write(file, arrays(tiny()), {"schema": safetensors.SCHEMA, "version": safetensors.VERSION})
    spec.write_text(VIT, encoding="utf-8")
    count = len(expected(tiny().graph))
    run = CliRunner().invoke(cli, ["weights", "match", str(spec), str(file)])
    assert (run.exit_code, run.stdout.endswith(f"fits Tiny: {count} arrays\n")) == (0, True), run.output
    run = CliRunner().invoke(cli, ["weights", "match", str(spec), str(file), "--set", "size=48", "--format", "json"])
    assert run.exit_code == 1
    document = json.loads(run.stdout)
    assert (document["schema"], len(document["kept"])) == ("archdsl-weights-match", count - 1)
    assert document["carried"] == [
        {
            "key": "places/embeddings",
            "found": "[65, 8]",
            "wanted": "[145, 8]",
            "how": "interpolated from 8 x 8 places to 12 x 12, 1 before them kept",
        }
    ]
    run = CliRunner().invoke(cli, ["weights", "match", str(spec), "imagenet"])
    assert run.exit_code == 2
    assert "no library is known to publish weights of Tiny" in run.stderr


def test_what_does_not_fit_is_no_match(tmp_path: Path) -> None:
    """Without being asked, nothing is carried over."""
    file = tmp_path / "old.safetensors"
    safetensors.write(file, arrays(tiny()), {"schema": safetensors.SCHEMA, "version": safetensors.VERSION})
    with (
        pytest.raises(archdsl.WeightsError, match="1 of another shape\nof another shape:\n  places"),
        fitted(tiny(size=48).graph, file),
    ):
        pass


def test_a_published_checkpoint_is_carried_over(tmp_path: Path) -> None:
    """By timm's names, to another size, other channels and other classes; a block that is new starts anew."""
    old = archdsl.load("vit_ti16", size=64)
    from tests.unit.weights.test_published import stated

    shapes = dict(stated("vit_ti16")["weights"]) | {"pos_embed": [1, 17, 192], "head.weight": [1000, 192]}
    shapes["head.bias"] = [1000]
    rng = np.random.default_rng(0)
    published = {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    file = tmp_path / "timm.safetensors"
    safetensors.write(file, published, {})
    assert old.match_weights(file)
    new = archdsl.load("vit_ti16", size=96, classes=3)
    match = new.match_weights(file)
    assert [(each.key, each.how) for each in match.changed] == [
        ("position_embedding/embeddings", "interpolated from 4 x 4 places to 6 x 6, 1 before them kept"),
        ("head/kernel", ""),
        ("head/bias", ""),
    ]
    assert (match.new, match.dropped) == ((), ())
    table = read(new, file)["position_embedding/embeddings"]
    np.testing.assert_array_equal(table[0], published["pos_embed"][0, 0])
    mean = table[1:].mean(axis=0)
    np.testing.assert_allclose(mean, published["pos_embed"][0, 1:].mean(axis=0), atol=0.2)
    few = {name: array for name, array in published.items() if not name.startswith("blocks.11")} | {
        "more": np.ones(3, "f4")
    }
    safetensors.write(file, few, {})
    match = old.match_weights(file)
    assert {key.partition("/")[0].rpartition(".")[0] for key in match.new} == {"encoder.11", "encoder.11.mlp"}
    assert match.dropped == ("more",)
    assert len(match.kept) + len(match.new) == len(expected(old.graph))
    safetensors.write(file, {"a": np.ones(3, "f4")}, {})
    with pytest.raises(archdsl.WeightsError, match="no table of names makes these the arrays of ViTTi16"):
        old.match_weights(file)


def test_sums_of_interpolation_are_whole() -> None:
    ones = np.ones((5, 5, 1), "float32")
    for size in (2, 5, 11):
        np.testing.assert_allclose(_interpolated(ones, (size, size)), 1, rtol=1e-6)
    assert math.isclose(float(_interpolated(ones, (1, 1))[0, 0, 0]), 1, rel_tol=1e-6)
    assert Array((1,), "float32", dict).kind == "float"
