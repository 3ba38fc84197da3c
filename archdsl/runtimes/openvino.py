"""OpenVINO on the processor, with a fixed batch size, in float32."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openvino

from archdsl.backends.openvino.write import save
from archdsl.graph.model import Graph
from archdsl.runtimes.registry import Array, Loaded, Model
from archdsl.weights import in_memory


def export(model: Model, file: Path) -> None:
    save(model.graph, file, in_memory(model.arrays))


def load(file: Path, graph: Graph, inputs: Sequence[Array], threads: int) -> Loaded:
    core = openvino.Core()
    model = core.read_model(file)
    model.reshape({port.name: array.shape for port, array in zip(graph.inputs, inputs, strict=True)})
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    feeds = {port.name: array for port, array in zip(graph.inputs, inputs, strict=True)}

    def read(outputs: Any) -> Sequence[Array]:
        return [outputs[index].copy() for index in range(len(graph.outputs))]

    return Loaded(lambda: request.infer(feeds, share_inputs=True, share_outputs=True), read)
