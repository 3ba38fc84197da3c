"""SavedModel and LiteRT: ops and models compute what the definitions say; names, seeds, and what has no kernel."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from click.testing import CliRunner

import archdsl
from archdsl.backends.keras import litert, savedmodel
from archdsl.backends.keras.build import build
from archdsl.cli.main import cli
from archdsl.diagnostics import ArchError
from archdsl.graph.model import Graph
from archdsl.ops.registry import OPS
from archdsl.ops.resize import Resize, Upsample
from tests.fuzz.single import one
from tests.fuzz.union import union
from tests.keras.agreement import ONE_OP, assign, precision
from tests.reference.comparison import difference, inputs_for
from tests.reference.run import random_weights, run

SOME = [*OPS][::6]
"""What is looked at in every run; the full one looks at all."""
NET = """
block Unit(filters: int) { conv(filters, stride=2, bias=false) -> batch_norm -> relu }
model Net() :: (image: [h, w, 3], ids: [6]) -> (scores: [5], map: [_, _, 8]) {
  image -> Unit(4) -> Unit(8) as last
  -> ports {
    scores: add { image: global_avg_pool  word: ids -> embedding(10, 8) -> global_avg_pool } -> dense(5) as head
    map: upsample(2, method="bilinear")
  }
}
"""


def saved_answers(folder: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a SavedModel computes, by the names of its outputs."""
    serve = tf.saved_model.load(str(folder)).signatures[savedmodel.SIGNATURE]
    found = serve(**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in found.items()}


def litert_answers(file: Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What LiteRT computes, by the names of its outputs."""
    interpreter = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="what was written is run by LiteRT: `pip install 'archdsl[litert]'`"
    )
    serve = interpreter.Interpreter(str(file), num_threads=1).get_signature_runner(savedmodel.SIGNATURE)
    needed = serve.get_input_details()
    answers: dict[str, Any] = serve(**{name: value for name, value in inputs.items() if name in needed})
    return answers


def calls(names: list[str], seed: int) -> Graph:
    """One call of each of some ops that LiteRT has kernels for."""
    found = {}
    for name in names:
        random = Random(f"{name} {seed}")
        while not has_kernel(graph := one(name, random)):
            pass
        found[name] = graph
    return union(found)


def has_kernel(graph: Graph) -> bool:
    """LiteRT lacks filters wider than a bilinear one, and steps of many dimensions, as some ops on volumes take."""
    (node,) = graph
    wide = isinstance(node.op, Resize | Upsample) and (
        node.op.method not in ("nearest", "bilinear") or getattr(node.op, "antialias", False)
    )
    return not wide and all(len(port.shape) < 4 for port in (*graph.inputs, *graph.outputs))


def ready(graph: Graph, rng: np.random.Generator) -> tuple[keras.Model, dict[str, Any]]:
    """The model of a graph with random weights, and these."""
    model, weights = build(graph), random_weights(graph, rng)
    assign(graph, model, weights)
    return model, weights


def differences(
    graph: Graph, found: Mapping[str, Any], weights: dict[str, Any], inputs: Mapping[str, Any]
) -> list[str]:
    wanted, tolerance = run(graph, weights, inputs).outputs, precision(graph, ONE_OP)
    return [line for name, value in wanted.items() for line in difference(name, found[name], value, tolerance)]


def test_ops_in_both_forms(tmp_path: Path) -> None:
    agree(calls(SOME, 0), tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(int(os.environ.get("ARCHDSL_CALLS", "4"))))
def test_every_op_in_both_forms(seed: int, tmp_path: Path) -> None:
    agree(calls([*OPS], seed), tmp_path)


def agree(graph: Graph, folder: Path) -> None:
    rng = np.random.default_rng(0)
    model, weights = ready(graph, rng)
    savedmodel.save(graph, model, folder / "net")
    inputs = inputs_for(graph, rng, 2)
    assert differences(graph, saved_answers(folder / "net", inputs), weights, inputs) == []
    litert.save(graph, model, folder / "net.tflite", {})
    inputs = inputs_for(graph, rng, 1)
    answers = litert_answers(folder / "net.tflite", inputs)
    assert differences(graph, answers, weights, inputs) == []


def test_comparison_finds_another_function(tmp_path: Path) -> None:
    graph = archdsl.load_text("model M() :: [9, 9, 3] -> [_, _, 4] { conv(4, stride=2, pad=1) -> relu }").graph
    rng = np.random.default_rng(0)
    model, weights = ready(graph, rng)
    kernel = model.get_layer("conv").weights[0]
    kernel.assign(np.asarray(kernel)[::-1])
    savedmodel.save(graph, model, tmp_path / "net")
    litert.save(graph, model, tmp_path / "net.tflite", {})
    inputs = inputs_for(graph, rng, 1)
    assert differences(graph, saved_answers(tmp_path / "net", inputs), weights, inputs) != []
    assert differences(graph, litert_answers(tmp_path / "net.tflite", inputs), weights, inputs) != []


def test_names_open_sizes_and_seeds(tmp_path: Path) -> None:
    net = archdsl.load_text(NET)
    net.to_savedmodel(tmp_path / "net", seed=3)
    net.to_litert(tmp_path / "net.tflite", seed=3)
    rng = np.random.default_rng(0)
    inputs = {
        "image": rng.standard_normal((3, 8, 12, 3), np.float32),
        "ids": rng.integers(0, 10, (3, 6)).astype(np.int32),
    }
    saved = saved_answers(tmp_path / "net", inputs)
    assert {name: value.shape for name, value in saved.items()} == {"scores": (3, 5), "map": (3, 4, 6, 8)}
    model = net.build(seed=3)
    for name, value in model(inputs).items():
        np.testing.assert_allclose(saved[name], value, rtol=1e-5, atol=1e-6)
    assert not np.allclose(saved["scores"], net.build(seed=4)(inputs)["scores"])
    first = litert_answers(tmp_path / "net.tflite", {name: value[:1] for name, value in inputs.items()})
    for name, value in first.items():
        np.testing.assert_allclose(value, saved[name][:1], rtol=1e-4, atol=1e-5)


def test_what_has_no_kernel_is_located(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text(
        "model Net() :: [4, 4, 4, 8] -> [_, _, _, 8] {\n  conv(8, k=1)\n  -> attention(2)\n}\n",
        encoding="utf-8",
    )
    Path("net.tflite").write_text("kept", encoding="utf-8")
    done = CliRunner().invoke(cli, ["compile", "net.arch", "-o", "net.tflite"])
    assert done.exit_code == 1, done.output
    assert "error[no-kernel]: LiteRT has no kernel for `attention` as it is called here" in done.output
    assert "--> net.arch:3:6" in done.output
    assert "needs tf.BatchMatMulV2" in done.output
    assert Path("net.tflite").read_text(encoding="utf-8") == "kept"
    transposed = archdsl.load_text("model Net() :: [4, 4, 4, 2] -> [_, _, _, _] { relu -> space_to_depth(2) }")
    with pytest.raises(ArchError) as caught:
        transposed.to_litert("net.tflite")
    assert [(d.code, d.span.text) for d in caught.value.diagnostics] == [("no-kernel", "space_to_depth")]


def test_what_follows_an_enlarged_map_of_open_sizes(tmp_path: Path) -> None:
    """A convolution, of as many channels as before, also where one layer enlarges two maps."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT is not installed")
    net = archdsl.load_text(
        "model Net() :: [h, w, 3] -> [...] {\n  shared up = upsample(2)\n  conv(8) -> up -> conv(4) -> up -> conv(2)\n}"
    )
    model = net.build(seed=1)
    net.to_litert(tmp_path / "net.tflite", seed=1)
    reader = interpreter.Interpreter(str(tmp_path / "net.tflite"))
    (port,), (out,) = reader.get_input_details(), reader.get_output_details()
    reader.resize_tensor_input(port["index"], [1, 6, 10, 3])
    reader.allocate_tensors()
    x = np.random.default_rng(0).normal(size=(1, 6, 10, 3)).astype("float32")
    reader.set_tensor(port["index"], x)
    reader.invoke()
    np.testing.assert_allclose(reader.get_tensor(out["index"]), model(x), rtol=1e-5, atol=1e-5)


def test_a_file_of_litert_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """BiT-152x4 has 3.75 GB of weights; a small model and a smaller end take less time."""
    net = archdsl.load_text("model Net() :: [8] -> [4] { dense(16) -> relu -> dense(4) as head }")
    weights = 4 * net.summary().params
    monkeypatch.setattr(litert, "MOST", weights - 1)
    with pytest.raises(ArchError) as caught:
        net.to_litert(tmp_path / "net.tflite")
    assert [(d.code, d.span.text, d.text) for d in caught.value.diagnostics] == [
        ("form-too-large", "dense", "a file of LiteRT holds at most 847 B, and the weights are 848 B")
    ]
    assert not (tmp_path / "net.tflite").exists()
    monkeypatch.setattr(litert, "MOST", weights)
    net.to_litert(tmp_path / "net.tflite")
    assert (tmp_path / "net.tflite").exists()


def test_only_a_savedmodel_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.arch").write_text("model Net() :: [4] -> [2] { dense(2) }\n", encoding="utf-8")
    Path("mine").mkdir()
    Path("mine/letter.txt").write_text("kept", encoding="utf-8")
    done = CliRunner().invoke(cli, ["compile", "net.arch", "--to", "savedmodel", "-o", "mine"])
    assert (done.exit_code, "cannot write mine: mine is there and is something else" in done.output) == (2, True)
    Path("mine/letter.txt").unlink()
    for _ in range(2):
        done = CliRunner().invoke(cli, ["compile", "net.arch", "--to", "savedmodel", "-o", "mine"])
        assert done.exit_code == 0, done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "net.arch"]
    assert "saved_model.pb" in {path.name for path in Path("mine").iterdir()}


def test_needs_tensorflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    done = CliRunner().invoke(cli, ["compile", "lenet5", "-o", str(tmp_path / "a.tflite")])
    assert (done.exit_code, done.output) == (2, "error: a SavedModel takes Keras on TensorFlow, and it runs on jax\n")
    with pytest.raises(ValueError, match="runs on jax"):
        archdsl.load("lenet5").to_savedmodel(tmp_path / "a")
    assert not [*tmp_path.iterdir()]
