"""Rewrites of the bundled models compute the same, in ONNX Runtime without its own rewrites, as they do before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="writing ONNX takes `pip install 'archdsl[onnx]'`")
pytest.importorskip("onnxruntime", reason="what was written is run by ONNX Runtime: `pip install onnxruntime`")

import onnxruntime

import archdsl
from archdsl.backends.onnx.write import save
from archdsl.graph.model import Graph
from archdsl.rewrites import Arrays, optimised
from archdsl.runtimes.inputs import examples
from archdsl.runtimes.race import difference
from archdsl.survey import zoo
from archdsl.weights import in_memory
from tests.reference.run import random_weights

SAME = 1e-4
LARGEST = 60_000_000
SMALL = ("mobilenet_v2", "repvgg_a0", "segformer_b0")


def _answers(graph: Graph, arrays: Arrays, folder: Path) -> list[np.ndarray]:
    save(graph, folder / "net.onnx", in_memory(arrays), inline=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(folder / "net.onnx", options, providers=["CPUExecutionProvider"])
    feeds = dict(zip([port.name for port in graph.inputs], examples(graph, 1), strict=True))
    found: list[np.ndarray] = session.run(None, {port.name: feeds[port.name] for port in session.get_inputs()})
    return found


def _error(graph: Graph, folder: Path) -> tuple[float, dict[str, int]]:
    weights = {
        key: np.asarray(array, "float32") for key, array in random_weights(graph, np.random.default_rng(0)).items()
    }
    found = optimised(graph, weights)
    return difference(_answers(found.graph, found.arrays, folder), _answers(graph, weights, folder)), dict(found.done)


@pytest.mark.parametrize("name", SMALL)
def test_rewritten_at_a_small_size(name: str, tmp_path: Path) -> None:
    error, done = _error(archdsl.load(name, size=64).graph, tmp_path)
    assert done
    assert error < SAME


@pytest.mark.full
@pytest.mark.parametrize("file", zoo())
def test_the_zoo_rewritten(file: str, tmp_path: Path) -> None:
    """The smallest model of each file."""
    entries = [entry for entry in archdsl.compare(file) if entry.params < LARGEST]
    if not entries:
        pytest.skip("all models of it are too large for the machine")
    graph = archdsl.load(f"{file}:{min(entries, key=lambda entry: entry.params).model}").graph
    if graph.is_open:
        pytest.skip("its size is left open")
    error, _ = _error(graph, tmp_path)
    assert error < SAME
