"""``archdsl compile --optimise`` and ``--for cpu``: what they write computes what the plain model does."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import archdsl
from archdsl.cli.main import cli
from archdsl.graph.model import Graph
from archdsl.runtimes import fastest
from archdsl.runtimes.inputs import examples
from archdsl.runtimes.race import Entrant, Result
from archdsl.runtimes.registry import RUNTIMES
from archdsl.tabular import render
from archdsl.weights import safetensors
from tests.reference.run import random_weights, run

NET = """
model Net() :: [8, 8, 4] -> [5] {
  rescale(0.5, 1.0)
  -> add { conv(4, bias=false) -> batch_norm, conv(4, k=1, bias=false) -> batch_norm, id } -> relu
  -> global_avg_pool -> dense(5)
}
"""
needs_onnx = pytest.mark.skipif(
    find_spec("onnx") is None or find_spec("onnxruntime") is None, reason="onnx or onnxruntime is not installed"
)


def _invoke(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["compile", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Graph:
    """A model in the current folder, with weights in `w.safetensors`."""
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(NET)
    graph = archdsl.load("net.arch").graph
    arrays = random_weights(graph, np.random.default_rng(1))
    safetensors.write(Path("w.safetensors"), {k: np.asarray(a, "float32") for k, a in arrays.items()}, {})
    return graph


def _expected(graph: Graph) -> np.ndarray:
    (x,) = examples(graph, 2)
    weights = random_weights(graph, np.random.default_rng(1))
    return run(graph, weights, {"input": x}).outputs["output"]


@needs_onnx
def test_optimise_writes_what_computes_the_same(net: Graph) -> None:
    import onnxruntime

    _invoke("net.arch", "--weights", "w.safetensors", "--optimise", "-o", "lean.onnx")
    session = onnxruntime.InferenceSession("lean.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"input": examples(net, 2)[0]})
    assert np.abs(found - _expected(net)).max() < 1e-5
    assert 'conv(4, pad="valid")' in _invoke("net.arch", "--optimise", "--to", "graph")


def test_optimise_gives_python_a_model_and_its_weights(net: Graph) -> None:
    lean = archdsl.load("net.arch").optimised(weights_to="lean.safetensors", weights="w.safetensors")
    assert [node.op.name for node in lean.graph] == ["pad", "conv", "relu", "global_avg_pool", "dense"]
    assert lean.match_weights("lean.safetensors")
    with safetensors.opened("lean.safetensors") as source:
        assert source.metadata["rewrites"] == "fold-after 2, fold-before 1, sum-branches 1"
        arrays = {key: array.read() for key, array in source.arrays.items()}
    found = run(lean.graph, arrays, {"input": examples(net, 2)[0]}).outputs["output"]
    assert np.abs(found - _expected(net)).max() < 1e-5


@pytest.mark.full
@needs_onnx
def test_for_cpu_tries_forms_and_writes_the_fastest(net: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastest, "DOUBTFUL", ())
    monkeypatch.setattr("archdsl.runtimes.race._TURN", 0.001)
    output = _invoke("net.arch", "--weights", "w.safetensors", "--for", "cpu", "-o", "fast.onnx")
    lines = output.splitlines()
    assert lines[0].split() == ["runtime", "rewrites", "latency", "quartiles", "off", "by"]
    assert lines[1].endswith("written")
    assert ["fold-after, fold-before, sum-branches" in line for line in lines[1:3]].count(True) == 1
    assert "wrote fast.onnx" in output
    assert Path("fast.onnx").stat().st_size > 500


def test_a_form_with_other_answers_is_never_chosen(net: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rewritten form is twice as fast, and wrong."""
    outputs = {0: [np.ones(5)], 1: [np.ones(5) * 1.01]}

    def race(entrants: list[Entrant], batches: list[int], **_: object) -> list[Result]:
        found = []
        for entrant in entrants:
            is_rewritten = int(entrant.folder.name) > 0
            seconds = [0.5] * 3 if is_rewritten else [1.0] * 3
            found.append(Result(entrant, batches[0], seconds, outputs=outputs[is_rewritten]))
        return found

    monkeypatch.setattr(fastest, "race", race)
    monkeypatch.setattr("archdsl.runtimes.registry.find_spec", lambda _: True)
    architecture = archdsl.load("net.arch")
    forms = fastest.fastest(architecture, tmp_path, runtimes=("onnx", "openvino"))
    assert forms[0].rewrites == ()
    assert forms[0].is_right
    rights = [form.is_right for form in forms]
    assert rights == sorted(rights, reverse=True)
    assert rights.count(True) == 2
    text = render(fastest.table(forms))
    assert text.count("written") == 1
    assert "wrong" in text
    outputs[1] = outputs[0]
    again = tmp_path / "again"
    again.mkdir()
    assert fastest.fastest(architecture, again, runtimes=("onnx",))[0].rewrites
    outputs[0] = outputs[1] = [np.full(5, np.nan)]
    third = tmp_path / "third"
    third.mkdir()
    with pytest.raises(fastest.NoForm, match="answers are off"):
        fastest.fastest(architecture, third, runtimes=("onnx",))


def test_a_runtime_that_is_far_behind_is_not_tried_further(
    net: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raced: list[list[str]] = []

    def race(entrants: list[Entrant], batches: list[int], **_: object) -> list[Result]:
        raced.append([f"{each.runtime.name} {each.folder.name}" for each in entrants])
        seconds = {"onnx": 1.0, "openvino": 1.2, "litert": 2.5}
        rewritten = {"0": 1.0, "1": 0.5, "2": 0.7, "3": 0.4}
        times = [seconds[each.runtime.name] * rewritten[each.folder.name] for each in entrants]
        return [Result(each, 1, [time] * 3, outputs=[np.ones(5)]) for each, time in zip(entrants, times, strict=True)]

    monkeypatch.setattr(fastest, "race", race)
    monkeypatch.setattr("archdsl.runtimes.registry.find_spec", lambda _: True)
    forms = fastest.fastest(archdsl.load("net.arch"), tmp_path, runtimes=("litert", "openvino", "onnx"))
    assert raced[0] == ["litert 0", "openvino 0", "onnx 0"]
    assert raced[1] == [f"{name} {number}" for number in range(3) for name in ("openvino", "onnx")]
    assert raced[2] == ["openvino 1", "onnx 1"]
    assert (forms[0].runtime.name, forms[0].rewrites) == ("onnx", ("fold-after", "fold-before", "sum-branches"))
    assert forms[-1].runtime.name == "litert"


def test_what_for_cpu_decides_is_refused(net: Graph) -> None:
    for arguments, words in (
        (["--to", "onnx"], "leave out --to"),
        (["--optimise"], "leave out --optimise"),
        (["-o", "a.onnx", "-o", "b.onnx"], "name one OUT"),
        (["-o", "-"], "name one OUT"),
    ):
        result = CliRunner().invoke(cli, ["compile", "net.arch", "--for", "cpu", *arguments])
        assert result.exit_code == 2
        assert words in result.output
    result = CliRunner().invoke(cli, ["compile", "net.arch", "--optimise", "--by-order", "--weights", "w.safetensors"])
    assert result.exit_code == 2
    assert "--optimise computes with weights by their names" in result.output
    Path("open.arch").write_text("model Open() :: [?, ?, 3] -> [?, ?, 4] { conv(4) }\n")
    result = CliRunner().invoke(cli, ["compile", "open.arch", "--for", "cpu"])
    assert result.exit_code == 2
    assert "is left open" in result.output


def test_no_runtime_is_told(net: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archdsl.runtimes.registry.find_spec", lambda _: None)
    with pytest.raises(fastest.NoForm, match="none of OpenVINO, ONNX Runtime, LiteRT"):
        fastest.fastest(archdsl.load("net.arch"), tmp_path)
    assert {RUNTIMES[name].missing for name in fastest.FORMS} != {()}
