"""OpenVINO's files: every op computes what its definition says; names, weights, and when there is no file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="writing OpenVINO's files takes `pip install 'archdsl[openvino]'`")
pytest.importorskip("openvino", reason="writing OpenVINO's files takes `pip install 'archdsl[openvino]'`")

pytest.importorskip("onnxruntime", reason="another file of the model is run by ONNX Runtime: `pip install onnxruntime`")

import openvino
from click.testing import CliRunner

import archdsl
from archdsl.backends.openvino import write
from archdsl.cli.main import cli
from archdsl.graph.fingerprint import fingerprint
from archdsl.graph.model import Graph
from archdsl.version import __version__
from tests.computed import COMPUTED
from tests.fuzz.single import one
from tests.fuzz.union import union
from tests.onnx.agreement import ONE_OP, precision, stored
from tests.onnx.agreement import answers as runtime_answers
from tests.reference.comparison import difference, inputs_for
from tests.reference.run import random_weights, run

CALLS = int(os.environ.get("ARCHDSL_CALLS", "1"))
"""Of each op; `make differential` asks for more."""
FreshPython = Callable[..., object]
NET = """
block Unit(filters: int) { conv(filters, stride=2, bias=false) -> batch_norm -> relu }
model Net() :: (image: [h, w, 3]) -> (scores: [5], map: [_, _, 8]) {
  image -> Unit(4) -> Unit(8) as last
  -> ports {
    scores: global_avg_pool -> dense(5) as head
    map: upsample(2, method="bilinear")
  }
}
"""


def answers(file: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a file computes on the CPU in float32, by the names of its outputs."""
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model(file, "CPU", settings)
    needed = {name for port in compiled.inputs for name in port.names}
    found = compiled({name: value for name, value in inputs.items() if name in needed})
    return {name: found[port] for port in compiled.outputs for name in port.names}


def disagreements(graph: Graph, folder: Path, *, built: Graph | None = None) -> list[str]:
    rng = np.random.default_rng(0)
    weights, inputs = random_weights(graph, rng), inputs_for(graph, rng, 2)
    write.save(built or graph, folder / "net.xml", stored(weights))
    found, wanted = answers(folder / "net.xml", inputs), run(graph, weights, inputs).outputs
    tolerance = precision(graph, ONE_OP)
    return [line for name, value in wanted.items() for line in difference(name, found[name], value, tolerance)]


@pytest.mark.parametrize("seed", range(CALLS))
def test_every_op_is_what_it_says(seed: int, tmp_path: Path) -> None:
    graph = union({name: one(name, Random(f"{name} {seed}")) for name in COMPUTED})
    assert disagreements(graph, tmp_path) == []


def test_comparison_finds_another_function(tmp_path: Path) -> None:
    graph, other = (
        archdsl.load_text(f"model M() :: [9, 9, 3] -> [_, _, 4] {{ conv(4, stride=2, pad={pad}) -> relu }}").graph
        for pad in ("1", "[[0, 2], 1]")
    )
    assert disagreements(graph, tmp_path) == []
    assert disagreements(graph, tmp_path, built=other) != []


def test_open_sizes_names_and_weights(tmp_path: Path) -> None:
    net = archdsl.load_text(NET)
    assert net.to_openvino(tmp_path / "net.xml", seed=1) == tmp_path / "net.bin"
    net.to_onnx(tmp_path / "net.onnx", seed=1, inline=True)
    images = np.random.default_rng(0).standard_normal((3, 8, 12, 3), np.float32)
    found, wanted = (answers(tmp_path / name, {"image": images}) for name in ("net.xml", "net.onnx"))
    assert {name: value.shape for name, value in found.items()} == {"scores": (3, 5), "map": (3, 4, 6, 8)}
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value)
    model = openvino.Core().read_model(tmp_path / "net.xml")
    assert model.get_rt_info(["archdsl", "version"]).astype(str) == __version__
    assert model.get_rt_info(["archdsl", "graph"]).astype(str) == fingerprint(net.graph)
    assert "unit.conv/kernel" in {node.friendly_name for node in model.get_ops()}


def test_files_of_one_seed_have_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(NET, encoding="utf-8")
    done = CliRunner().invoke(cli, ["compile", "net.arch", "-o", "a.onnx", "-o", "a.xml", "--seed", "5"])
    assert done.exit_code == 0, done.output
    assert done.output.endswith("; weights in a.bin\n")
    images = {"image": np.ones((1, 8, 8, 3), np.float32)}
    wanted = runtime_answers(Path("a.onnx"), images)["scores"]
    np.testing.assert_allclose(answers(Path("a.xml"), images)["scores"], wanted, rtol=1e-4, atol=1e-6)


def test_failure_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("lost")

    for name in ("net.xml", "net.bin"):
        (tmp_path / name).write_text("kept", encoding="utf-8")
    monkeypatch.setattr(openvino, "serialize", fail)
    with pytest.raises(RuntimeError, match="lost"):
        archdsl.load_text(NET).to_openvino(tmp_path / "net.xml")
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {
        "net.xml": "kept",
        "net.bin": "kept",
    }


def test_says_which_package_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"pip install 'archdsl\[openvino\]'"):
        archdsl.load_text(NET).to_openvino(tmp_path / "net.xml")
    done = CliRunner().invoke(cli, ["compile", "lenet5", "-o", str(tmp_path / "a.onnx"), "-o", str(tmp_path / "a.xml")])
    assert (done.exit_code, "pip install 'archdsl[openvino]'" in done.output) == (2, True), done.output
    assert not [*tmp_path.iterdir()]


def test_loads_no_framework_and_starts_no_process(tmp_path: Path, fresh_python: FreshPython) -> None:
    (tmp_path / "net.arch").write_text(NET, encoding="utf-8")
    fresh_python("""
import subprocess, sys, socket
from click.testing import CliRunner
def never(*_, **__):
    raise AssertionError("a model is written without help")
subprocess.Popen.__init__ = socket.socket.connect = never
from archdsl.cli.main import cli
done = CliRunner().invoke(cli, ["compile", "net.arch", "-o", "net.xml"])
assert done.exit_code == 0, done.output
assert not {"keras", "tensorflow", "torch", "onnxruntime"} & sys.modules.keys()
""")
