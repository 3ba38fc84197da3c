"""LiteRT, formerly TensorFlow Lite, with a fixed batch size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter

from archdsl.graph.model import Graph
from archdsl.runtimes.registry import Array, Loaded, Model


def export(model: Model, file: Path) -> None:
    from archdsl.backends.keras.litert import converted
    from archdsl.runtimes.keras import made

    file.write_bytes(converted(model.graph, made(model), model.batch))


def load(file: Path, graph: Graph, inputs: Sequence[Array], threads: int) -> Loaded:
    interpreter = Interpreter(str(file), num_threads=threads or None)
    runner = interpreter.get_signature_runner()
    needed = runner.get_input_details()
    feeds = {port.name: array for port, array in zip(graph.inputs, inputs, strict=True) if port.name in needed}
    return Loaded(lambda: runner(**feeds), lambda found: [found[port.name] for port in graph.outputs])
