"""A form of a model: how its files are written from a graph and weights, and what they answer."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time
from typing import Any, Final, NamedTuple

import numpy as np

from archdsl.graph.model import Graph
from archdsl.weights import Array

Arrays = dict[str, Any]


class Case(NamedTuple):
    """What all forms of a model are written from, and asked."""

    graph: Graph
    weights: Mapping[str, Array]
    inputs: Mapping[str, Any]
    folder: Path
    keras: Callable[[], Any]
    """The Keras model with the weights, built when it is first asked for."""


class Answer(NamedTuple):
    """What a form answers: its outputs by name, in bytes its files, in seconds of one core its first answer."""

    outputs: Arrays
    size: int
    first: float


def _answer(call: Callable[[], Arrays], *files: Path) -> Answer:
    gc.collect()
    started = process_time()
    outputs = call()
    first = process_time() - started
    size = sum(path.stat().st_size for file in files for path in ([file] if file.is_file() else file.rglob("*")))
    return Answer(outputs, size, first)


def _named(graph: Graph, found: Any) -> Arrays:
    """By the names of the outputs, what a model gives that has one output or a dictionary."""
    found = found if isinstance(found, dict) else {graph.outputs[0].name: found}
    return {name: np.asarray(value) for name, value in found.items()}


def keras(case: Case) -> Answer:
    import keras

    import archdsl.layers as archdsl_layers  # noqa: F401  # registers what Keras lacks

    file = case.folder / "net.keras"
    case.keras().save(file)

    def call() -> Arrays:
        model = keras.saving.load_model(file, compile=False)
        given = [*case.inputs.values()]
        return _named(case.graph, model(given if len(given) > 1 else given[0], training=False))

    return _answer(call, file)


def savedmodel(case: Case) -> Answer:
    import tensorflow as tf

    from archdsl.backends.keras.savedmodel import SIGNATURE, save

    folder = case.folder / "net.savedmodel"
    save(case.graph, case.keras(), folder)

    def call() -> Arrays:
        loaded = tf.saved_model.load(str(folder))
        found = loaded.signatures[SIGNATURE](**{name: tf.constant(value) for name, value in case.inputs.items()})
        return {name: value.numpy() for name, value in found.items()}

    return _answer(call, folder)


def litert(case: Case) -> Answer:
    from ai_edge_litert.interpreter import Interpreter

    from archdsl.backends.keras.litert import save
    from archdsl.backends.keras.savedmodel import SIGNATURE

    file = case.folder / "net.tflite"
    save(case.graph, case.keras(), file, {})

    def call() -> Arrays:
        serve = Interpreter(str(file), num_threads=1).get_signature_runner(SIGNATURE)
        needed = serve.get_input_details()
        found: Arrays = serve(**{name: value for name, value in case.inputs.items() if name in needed})
        return found

    return _answer(call, file)


def onnx(case: Case) -> Answer:
    import onnx
    import onnxruntime

    from archdsl.backends.onnx.write import save

    file = case.folder / "net.onnx"
    beside = save(case.graph, file, case.weights)
    onnx.checker.check_model(file, full_check=True)

    def call() -> Arrays:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        names = [port.name for port in session.get_outputs()]
        needed = {port.name for port in session.get_inputs()}
        given = {name: value for name, value in case.inputs.items() if name in needed}
        return dict(zip(names, session.run(names, given), strict=True))

    return _answer(call, file, *([beside] if beside else []))


def openvino(case: Case) -> Answer:
    import openvino

    from archdsl.backends.openvino.write import save

    file = case.folder / "net.xml"
    beside = save(case.graph, file, case.weights)

    def call() -> Arrays:
        settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
        model = openvino.Core().compile_model(file, "CPU", settings)
        needed = {name for port in model.inputs for name in port.names}
        found = model({name: value for name, value in case.inputs.items() if name in needed})
        return {name: found[port] for port in model.outputs for name in port.names}

    return _answer(call, file, beside)


def torch(case: Case) -> Answer:
    import torch

    from archdsl.backends.torch.file import written
    from archdsl.weights import safetensors
    from tests.pytorch.running import loaded, outputs

    torch.set_num_threads(1)
    arrays = {key: array.read() for key, array in case.weights.items()}
    code, beside = case.folder / "net.py", case.folder / "net.safetensors"
    file = written(case.graph)
    code.write_text(file.text, encoding="utf-8")
    safetensors.write(beside, arrays, {})

    def call() -> Arrays:
        model = loaded(case.graph, arrays, file, torch.float32)
        return outputs(case.graph, model, case.inputs, file, torch.float32)

    return _answer(call, code, beside)


FORMS: Final[Mapping[str, Callable[[Case], Answer]]] = {
    "keras": keras,
    "savedmodel": savedmodel,
    "litert": litert,
    "onnx": onnx,
    "openvino": openvino,
    "torch": torch,
}
"""By what ``--to`` calls them."""
ON_TENSORFLOW: Final = ("keras", "savedmodel", "litert")
"""What a model must be built for."""
