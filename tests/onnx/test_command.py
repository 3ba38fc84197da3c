"""``archdsl compile`` to ONNX: weights of a file, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("onnx", reason="writing ONNX takes `pip install 'archdsl[onnx]'`")

import onnx

from archdsl.backends.onnx import write
from archdsl.cli.main import cli
from archdsl.weights import safetensors

NET = "model Net() :: [4, 4, 2] -> [3] { conv(3, bias=false) as stem -> global_avg_pool -> dense(3) as head }"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(NET, encoding="utf-8")
    safetensors.write(Path("head.safetensors"), {"head/bias": np.array([1, 2, 3], np.float32)}, {})


def compiled(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["compile", "net.arch", *arguments])


def test_writes_and_tells() -> None:
    result = compiled("--to", "onnx")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("wrote net.onnx (")
    assert result.output.endswith(" s: Net, 66 parameters, 873 MACs\n")
    assert compiled("-o", "out/flat.onnx", "--inline", "--seed", "3").exit_code == 0
    assert len(onnx.load("out/flat.onnx").graph.initializer) == 3


def test_weights_that_do_not_fit() -> None:
    Path("net.onnx").write_text("kept", encoding="utf-8")
    result = compiled("-o", "net.onnx", "--weights", "head.safetensors")
    assert result.exit_code == 2
    assert "head.safetensors does not fit Net: 1 fit, 2 not in the file" in result.output
    assert result.output.endswith("`--partial` takes what fits\n")
    assert Path("net.onnx").read_text(encoding="utf-8") == "kept"
    result = compiled("-o", "net.onnx", "--weights", "head.safetensors", "--partial")
    assert result.exit_code == 0, result.output
    assert "head.safetensors fits Net in part: 1 fit, 2 not in the file" in result.output
    (bias,) = (array for array in onnx.load("net.onnx").graph.initializer if array.name == "head/bias")
    assert onnx.numpy_helper.to_array(bias).tolist() == [1, 2, 3]


def test_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, words in (
        (("--weights", "none.safetensors"), "cannot read none.safetensors: no such file"),
        (("--weights", "head.safetensors", "--by-order"), "--by-order is for keras, safetensors or weights.h5"),
        (("--weights", "head.safetensors", "--seed", "1"), "--seed is for fresh weights"),
        (("--weights", "net.onnx"), "net.onnx is no file of weights"),
    ):
        result = compiled("--to", "onnx", *arguments)
        assert (result.exit_code, words in result.output) == (2, True), result.output
    monkeypatch.setattr(write, "find_spec", lambda _: None)
    result = compiled("--to", "onnx")
    assert (result.exit_code, "pip install 'archdsl[onnx]'" in result.output) == (2, True), result.output
    assert not Path("net.onnx").exists()
