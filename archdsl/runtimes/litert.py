"""LiteRT, which was TensorFlow Lite, for the size of batch that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ai_edge_litert.interpreter import Interpreter

from archdsl.graph.model import Graph
from archdsl.runtimes.registry import Array, Loaded, Model


def export(model: Model, file: Path) -> None:
    import tensorflow as tf

    from archdsl.runtimes.keras import made

    keras_model = made(model)
    names = [port.name for port in model.graph.inputs]

    def serve(*given: Any) -> Any:
        found = keras_model(list(given) if len(given) > 1 else given[0], training=False)
        return found if isinstance(found, dict) else {model.graph.outputs[0].name: found}

    shapes = [
        tf.TensorSpec((model.batch, *tensor.shape[1:]), tensor.dtype, name=name)
        for name, tensor in zip(names, keras_model.inputs, strict=True)
    ]
    module = tf.Module()
    module.weights = {variable.path: variable.value for variable in keras_model.variables}
    module.serve = tf.function(serve, input_signature=shapes, autograph=False)
    concrete = module.serve.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], module)
    file.write_bytes(converter.convert())


def load(file: Path, graph: Graph, inputs: Sequence[Array], threads: int) -> Loaded:
    interpreter = Interpreter(str(file), num_threads=threads)
    interpreter.allocate_tensors()
    places = [detail["index"] for detail in interpreter.get_input_details()]
    outputs = [detail["index"] for detail in interpreter.get_output_details()]

    def call() -> list[Array]:
        for place, array in zip(places, inputs, strict=True):
            interpreter.set_tensor(place, array)
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in outputs]

    return Loaded(call, lambda found: found)
