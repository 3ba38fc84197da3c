"""``archdsl compile --to torch``: the file and its weights, used as a program would use them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.weights import safetensors
from tests.reference.run import random_weights, run

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

from tests.pytorch.running import loaded, module_of  # noqa: E402 -- needs torch

_PROGRAM = """
import json, sys
import torch
from safetensors.torch import load_file
from lenet import LeNet5
model = LeNet5()
model.load_state_dict(load_file("lenet.safetensors"), strict=True)
x = torch.load("x.pt")
print(json.dumps(model.eval()(x).tolist()))
assert not any(name.partition(".")[0] in ("archdsl", "keras") for name in sys.modules)
"""


def test_code_and_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    monkeypatch.chdir(tmp_path)
    graph = archdsl.load("lenet5").graph
    rng = np.random.default_rng(0)
    weights = {key: array.astype("float32") for key, array in random_weights(graph, rng).items()}
    safetensors.write(Path("given.safetensors"), weights, {})
    result = CliRunner().invoke(
        cli, ["compile", "lenet5", "--to", "torch", "--weights", "given.safetensors", "-o", "lenet.py"]
    )
    assert result.exit_code == 0, result.output
    assert "its weights are in lenet.safetensors" in result.output
    x = rng.normal(size=(2, *graph.inputs[0].shape)).astype("float32")
    torch.save(torch.from_numpy(np.moveaxis(x, -1, 1).copy()), "x.pt")
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = run(graph, weights, {"input": x}).outputs["output"]
    assert np.array(json.loads(done.stdout)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.full
@pytest.mark.parametrize("name", ["resnet18", "vit_ti16", "efficientnet_b0", "swin_t"])
def test_programs_of_torch_take_it(name: str) -> None:
    """``torch.compile``'s graphs and ``torch.export`` say what the model itself says."""
    architecture = archdsl.load(name)
    model = getattr(module_of(architecture.to_torch()), architecture.name)().eval()
    x = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        expected = model(x)
        exported = torch.export.export(model, (x,)).module()(x)
        compiled = torch.compile(model, backend="aot_eager", fullgraph=True)(x)
    assert torch.allclose(exported, expected, atol=1e-5)
    assert torch.allclose(compiled, expected, atol=1e-5)


# --- ONNX by PyTorch's own exporters ----------------------------------------------------------------------------------

_NEW = {"dynamo": True}
_OLD = {"dynamo": False}


def _exported(model: Any, x: Any, file: Path, **options: bool) -> Any:
    """A session of ONNX Runtime with the file that an exporter makes of a model, for batches of any size."""
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    if options["dynamo"]:
        pytest.importorskip("onnxscript", reason="the new exporter needs it: pip install onnxscript")
        options["dynamic_shapes"] = ({0: torch.export.Dim("batch")},)  # type: ignore[assignment]  # of the new one
    else:
        options["dynamic_axes"] = {"x": {0: "batch"}}  # type: ignore[assignment]  # of the old one
    torch.onnx.export(model, (x,), str(file), input_names=["x"], verbose=False, **options)
    return runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


def _is_the_same(model: Any, session: Any, x: Any) -> bool:
    with torch.no_grad():
        expected = model(x).numpy()
    (found,) = session.run(None, {"x": x.numpy()})
    return bool(np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max())


def _exports(name: str, params: dict[str, Any], file: Path, **options: bool) -> None:
    graph = archdsl.load(name, **params).graph
    rng = np.random.default_rng(0)
    model = loaded(graph, random_weights(graph, rng), dtype=torch.float32)
    height, width, channels = graph.inputs[0].shape
    session = _exported(model, torch.randn(2, channels, height, width), file, **options)
    x = torch.from_numpy(rng.normal(size=(3, channels, height, width)).astype("float32"))
    assert _is_the_same(model, session, x)
    with torch.no_grad():
        [*model.parameters()][-1].flatten()[0] += 1  # the first may not matter: random weights forget their input
    assert not _is_the_same(model, session, x)


@pytest.mark.filterwarnings("ignore")  # both exporters tell what they look at
@pytest.mark.parametrize(
    ("name", "params", "options"),
    [("ablation_layer_norm", {}, _OLD), ("lenet5", {}, _NEW)],
)
def test_exporters_take_a_file(name: str, params: dict[str, Any], options: dict[str, bool], tmp_path: Path) -> None:
    """And what they make of it computes the same, until a weight is changed."""
    _exports(name, params, tmp_path / "net.onnx", **options)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("options", [_OLD, _NEW], ids=["old", "new"])
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("resnet18", {"size": 64}),
        ("vit_ti16", {"size": 64, "depth": 2}),
        ("efficientnet_b0", {"size": 64}),
        ("convnext_tiny", {"size": 64}),
        ("swin_t", {}),
        ("xcit_n12", {}),
        ("mobilenet_v2", {"size": 96}),
        ("densenet121", {"size": 64}),
        ("shufflenet_v2_x05", {"size": 64}),
    ],
)
def test_exporters_take_files(name: str, params: dict[str, Any], options: dict[str, bool], tmp_path: Path) -> None:
    _exports(name, params, tmp_path / "net.onnx", **options)
