"""``archdsl compile --to torch``: the file and its weights, used as a program would use them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.weights import safetensors
from tests.reference.run import random_weights, run

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

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
    from tests.pytorch.running import module_of

    architecture = archdsl.load(name)
    model = getattr(module_of(architecture.to_torch()), architecture.name)().eval()
    x = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        expected = model(x)
        exported = torch.export.export(model, (x,)).module()(x)
        compiled = torch.compile(model, backend="aot_eager", fullgraph=True)(x)
    assert torch.allclose(exported, expected, atol=1e-5)
    assert torch.allclose(compiled, expected, atol=1e-5)
