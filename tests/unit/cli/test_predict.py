"""``archdsl predict`` on a classifier that tells red, green and blue, with ONNX Runtime."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from archdsl.graph.fingerprint import fingerprint
from archdsl.prediction import imagenet
from archdsl.prediction.photos import read
from archdsl.runtimes import registry
from archdsl.weights import certificate, safetensors
from archdsl.weights.preprocessing import Preprocessing
from tests.unit.cli.conftest import Run

NET = """model Net(size: int = 8) :: [size, size, 3] -> [3] { global_avg_pool -> dense(3) as head }
model Map() :: [8, 8, 3] -> [8, 8, 3] { conv(3) as head }
model Open() :: [h, w, 3] -> [3] { global_avg_pool -> dense(3) as head }
"""
PLAIN = ("--mean", "0,0,0", "--std", "1,1,1")
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}

needs_runtime = pytest.mark.skipif(
    bool(registry.RUNTIMES["onnx"].missing), reason="models are run by ONNX Runtime: `pip install onnx onnxruntime`"
)


@pytest.fixture(autouse=True)
def _files(run: Run) -> None:
    Path("net.arch").write_text(NET, encoding="utf-8")
    arrays = {"head/kernel": 4 * np.eye(3, dtype="float32"), "head/bias": np.zeros(3, "float32")}
    safetensors.write(Path("w.safetensors"), arrays, {})
    for name, colour in COLOURS.items():
        Image.new("RGB", (20, 12), colour).save(f"{name}.png")


def predict(run: Run, *arguments: str, spec: str = "net.arch:Net") -> Any:
    return run("predict", spec, "--weights", "w.safetensors", "--with", "onnx", *arguments)


def certify(**how: Any) -> None:
    """Writes a certificate that says how images are prepared."""
    import archdsl

    Path("w.safetensors.certificate.json").write_text(
        certificate.Certificate(
            model="Net",
            graph=fingerprint(archdsl.load("net.arch:Net").graph),
            archdsl="0",
            source=certificate.Source(file="w.pth", sha256="0" * 64, family="net", library="mine"),
            converted=certificate.Converted(sha256="0" * 64, arrays=2, parameters=12),
            preprocessing=Preprocessing(size=(8, 8), resize=9, interpolation="bilinear", **how),
        ).text(),
        encoding="utf-8",
    )


@needs_runtime
def test_table_and_json(run: Run) -> None:
    Path("names.txt").write_text("rot\ngrün\nblau\n", encoding="utf-8")
    result = predict(run, "red.png", "blue.png", *PLAIN, "--names", "names.txt", "--top", "2")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["image", "class", "name", "score"]
    assert [line[:3] for line in lines[1:]] == [
        ["red.png", "0", "rot"],
        ["red.png", "1", "grün"],
        ["blue.png", "2", "blau"],
        ["blue.png", "0", "rot"],
    ]
    found = json.loads(predict(run, "green.png", *PLAIN, "--format", "json").stdout)
    assert (found["schema"], found["model"]) == ("archdsl-predictions", "Net")
    ((image,)) = found["images"]
    assert (image["file"], len(image["classes"])) == ("green.png", 3)
    first = image["classes"][0]
    assert list(first) == ["index", "name", "score"]
    assert (first["index"], first["name"]) == (1, None)
    assert first["score"] == pytest.approx(np.exp(4) / (np.exp(4) + 2), rel=1e-4)


@needs_runtime
def test_the_certificate_says_how_and_options_change_it(run: Run) -> None:
    def first(*arguments: str, spec: str = "net.arch:Net") -> int:
        result = predict(run, "red.png", "--format", "json", *arguments, spec=spec)
        assert result.exit_code == 0, result.output
        index: int = json.loads(result.stdout)["images"][0]["classes"][0]["index"]
        return index

    certify(mean=(0, 0, 0), std=(1, 1, 1))
    assert first() == 0
    assert first("--channels", "bgr") == 2
    assert first("--mean", "2,0,0.5") == 1
    assert first("--range", "0,-1", "--mean", "0,0,1") == 1
    assert first("--set", "size=4") == 0
    certify(mean=(0, 0, 0), std=(-1, 1, 2))
    assert first() != 0


def test_photographs(tmp_path: Path) -> None:
    how = Preprocessing(size=(4, 6), resize=8, interpolation="nearest", mean=(0, 0, 0), std=(1, 1, 1))
    ramp = np.tile(np.arange(16, dtype="uint8")[None, :, None], (8, 1, 3))
    Image.fromarray(ramp).save("ramp.png")
    found = read(Path("ramp.png"), how)
    assert (found.shape, found.dtype) == ((4, 6, 3), np.float32)
    np.testing.assert_allclose(found[0, :, 0] * 255, [5, 6, 7, 8, 9, 10], atol=1e-4)
    whole = read(Path("ramp.png"), how.model_copy(update={"resize": (8, 8)}))  # squeezed to half of its width
    np.testing.assert_allclose(whole[0, :, 0] * 255, [3, 5, 7, 9, 11, 13], atol=1e-4)
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    Image.fromarray(ramp.transpose(1, 0, 2)).save("turned.png", exif=exif)
    np.testing.assert_allclose(read(Path("turned.png"), how)[0, :, 0] * 255, [10, 9, 8, 7, 6, 5], atol=1e-4)


def test_names_of_imagenet() -> None:
    assert (len(imagenet()), len(set(imagenet()))) == (1000, 1000)
    assert [imagenet()[index] for index in (0, 285, 665, 967, 999)] == [
        "tench",
        "Egyptian cat",
        "moped",
        "espresso",
        "toilet tissue",
    ]


@pytest.mark.parametrize(
    ("arguments", "spec", "words"),
    [
        (
            ("red.png",),
            "net.arch:Net",
            "no certificate beside w.safetensors says what its images are like: give --mean",
        ),
        (("red.png", "--mean", "0", "--std", "1,1,1"), "net.arch:Net", "--mean has 1 numbers"),
        (("red.png", "--mean", "a", "--std", "1,1,1"), "net.arch:Net", "`a` is no list of numbers"),
        (("red.png", "--range", "1", *PLAIN), "net.arch:Net", "--range"),
        (("net.arch", *PLAIN), "net.arch:Net", "net.arch is no image that can be read"),
        (("none.png", *PLAIN), "net.arch:Net", "cannot read none.png: no such file"),
        (("red.png", *PLAIN), "net.arch:Map", "Map does not give a score for each class"),
        (("red.png", *PLAIN), "net.arch:Open", "the size of the input of Open is left open"),
        (("red.png", "--names", "two.txt", *PLAIN), "net.arch:Net", "two.txt has 2 names, and Net 3 classes"),
        (("red.png", "--with", "openvin", *PLAIN), "net.arch:Net", "openvin"),
    ],
)
def test_refusals(run: Run, arguments: tuple[str, ...], spec: str, words: str) -> None:
    Path("two.txt").write_text("red\ngreen\n", encoding="utf-8")
    result = predict(run, *arguments, spec=spec)
    assert (result.exit_code, words in result.output) == (2, True), result.output


def test_says_what_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None if name == "onnxruntime" else name)
    result = predict(run, "red.png", *PLAIN)
    assert (result.exit_code, "--with onnx takes onnxruntime: `pip install onnx onnxruntime`" in result.output) == (
        2,
        True,
    )


@needs_runtime
def test_weights_that_do_not_fit(run: Run) -> None:
    safetensors.write(Path("w.safetensors"), {"head/bias": np.zeros(3, "float32")}, {})
    result = predict(run, "red.png", *PLAIN)
    assert (result.exit_code, "w.safetensors does not fit Net" in result.output) == (2, True), result.output
