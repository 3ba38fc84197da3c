"""ONNX Runtime on the processor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnxruntime

from archdsl.backends.onnx.write import save
from archdsl.graph.model import Graph
from archdsl.runtimes.registry import Array, Loaded, Model
from archdsl.weights import in_memory


def export(model: Model, file: Path) -> None:
    save(model.graph, file, in_memory(model.arrays), inline=True)


def load(file: Path, graph: Graph, inputs: Sequence[Array], threads: int) -> Loaded:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    feeds = {port.name: array for port, array in zip(graph.inputs, inputs, strict=True)}
    return Loaded(lambda: session.run(None, feeds), lambda outputs: outputs)
