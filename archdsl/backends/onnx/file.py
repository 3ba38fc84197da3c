"""Program to file: messages of ONNX's protocol buffers, with external data for large weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import onnx

from archdsl.backends.onnx.functions import Function
from archdsl.backends.onnx.program import FLOAT, INT64, Array, Attribute, Initial, Step
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Port

OPSET: Final = 21
IR_VERSION: Final = 10
INT32: Final = 6
_TYPES: Final = {np.dtype("float32"): FLOAT, np.dtype("int64"): INT64}
_LARGEST: Final = 2**31 - 2**24
"""Bytes of arrays in one message, which may have 2 GiB; what is left is for the steps."""
_ALIGNMENT: Final = 4096
"""Of arrays in a file of their own, so that they can be mapped into memory."""


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a file."""

    graph: Graph
    steps: Sequence[Step]
    functions: Sequence[Function]
    arrays: Mapping[str, Initial]
    outputs: Sequence[str]
    integers: frozenset[str]
    """The inputs that are whole numbers."""
    properties: Mapping[str, str]

    @property
    def domain(self) -> str:
        """The domain of the local functions: names of blocks belong to the model."""
        return f"archdsl.{self.graph.name}"

    @property
    def size(self) -> int:
        """The size of all arrays in bytes."""
        return sum(array.size for array in self.arrays.values())

    @property
    def is_large(self) -> bool:
        """Whether the arrays must be external data."""
        return self.size > _LARGEST


def write(content: Content, file: Path, beside: Path | None, location: str) -> None:
    """Writes the model to ``file``, and its arrays to ``beside`` if given, under the relative name ``location``."""
    model = onnx.ModelProto(ir_version=IR_VERSION, producer_name="archdsl", domain=content.domain)
    model.producer_version = content.properties["archdsl.version"]
    model.doc_string = content.graph.doc
    model.opset_import.add(domain="", version=OPSET)
    if content.functions:
        model.opset_import.add(domain=content.domain, version=1)
    for key, value in content.properties.items():
        model.metadata_props.add(key=key, value=value)
    model.functions.extend(_function(function, content.domain) for function in content.functions)
    graph = _graph(content)
    if beside is not None:
        _write_beside(graph.initializer, content.arrays, beside, location)
    with file.open("wb") as out:
        out.write(model.SerializeToString())
        _write_graph(out, graph, {} if beside is not None else content.arrays)


def _graph(content: Content) -> onnx.GraphProto:
    """The graph without its arrays."""
    graph = onnx.GraphProto(name=content.graph.name)
    batch = _batch(content.graph)
    for port in content.graph.inputs:
        _port(graph.input, port.name, port, INT32 if port.name in content.integers else FLOAT, batch)
    for name, port in zip(content.outputs, content.graph.outputs, strict=True):
        _port(graph.output, name, port, FLOAT, batch)
    graph.node.extend(_node(step, content.domain) for step in content.steps)
    return graph


def _write_graph(out: BinaryIO, graph: onnx.GraphProto, arrays: Mapping[str, Initial]) -> None:
    """Writes the model's graph field, with the arrays at its end.

    Of large arrays a message and its bytes would be two more copies. So each is made, written and forgotten: the
    message says how long it is before it begins, and the lengths follow from the shapes.
    """
    heads = {name: _head(name, initial) for name, initial in arrays.items()}
    rest = graph.SerializeToString()
    length = sum(len(head) + arrays[name].size for name, head in heads.items())
    out.write(_MODEL_GRAPH + _varint(len(rest) + length) + rest)
    for name, head in heads.items():
        out.write(head)
        out.write(np.ascontiguousarray(arrays[name].make()).data)


_MODEL_GRAPH: Final = b"\x3a"
_GRAPH_INITIALIZER: Final = b"\x2a"
_TENSOR_RAW_DATA: Final = b"\x4a"
"""Numbers of fields of messages in ``onnx.proto``, as they are written before one with a length: 7, 5 and 9."""


def _head(name: str, initial: Initial) -> bytes:
    """The bytes before the data of an array."""
    message = onnx.TensorProto(name=name, dims=initial.shape, data_type=_TYPES[initial.dtype])
    tensor: bytes = message.SerializeToString()
    raw = _TENSOR_RAW_DATA + _varint(initial.size)
    return _GRAPH_INITIALIZER + _varint(len(tensor) + len(raw) + initial.size) + tensor + raw


def _varint(number: int) -> bytes:
    """A protocol buffer varint: seven bits a byte, least significant first, with a continuation bit on all but the
    last.

    >>> _varint(300)
    b'\\xac\\x02'
    """
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def _write_beside(tensors: Any, arrays: Mapping[str, Initial], beside: Path, location: str) -> None:
    """Writes the arrays consecutively to an external file, and notes the offset of each in the model."""
    with beside.open("wb") as data:
        for name, initial in arrays.items():
            start = data.seek(-(-data.tell() // _ALIGNMENT) * _ALIGNMENT)
            written = data.write(np.ascontiguousarray(initial.make()).data)
            tensor = tensors.add(name=name, dims=initial.shape, data_type=_TYPES[initial.dtype])
            tensor.data_location = onnx.TensorProto.EXTERNAL
            for key, value in {"location": location, "offset": str(start), "length": str(written)}.items():
                tensor.external_data.add(key=key, value=value)


def _batch(graph: Graph) -> str:
    """A name for the batch size that no other size has."""
    name, taken = "batch", {str(dim) for port in graph.inputs for dim in port.shape}
    while name in taken:
        name += "_"
    return name


def _port(ports: Any, name: str, port: Port, type_: int, batch: str) -> None:
    """An input or an output; sizes known only at run time have names."""
    value = ports.add(name=name)
    value.type.tensor_type.elem_type = type_
    for dim in (batch, *_shape(port.shape)):
        if isinstance(dim, int):
            value.type.tensor_type.shape.dim.add(dim_value=dim)
        else:
            value.type.tensor_type.shape.dim.add(dim_param=dim)


def _shape(shape: Shape) -> Iterable[int | str]:
    return (dim if isinstance(dim, int) else str(dim) for dim in shape)


def _function(function: Function, domain: str) -> onnx.FunctionProto:
    message = onnx.FunctionProto(name=function.name, domain=domain, doc_string=function.doc)
    message.input.extend(function.inputs)
    message.output.extend(function.outputs)
    message.opset_import.add(domain="", version=OPSET)
    if any(step.is_call for step in function.steps):
        message.opset_import.add(domain=domain, version=1)
    message.node.extend(_node(step, domain) for step in function.steps)
    return message


def _node(step: Step, domain: str) -> onnx.NodeProto:
    node = onnx.NodeProto(op_type=step.kind, name=step.name, domain=domain if step.is_call else "")
    node.input.extend(step.inputs)
    node.output.extend(step.outputs)
    for name, value in sorted(step.attributes.items()):
        _attribute(node.attribute.add(name=name), value)
    return node


def _attribute(attribute: onnx.AttributeProto, value: Attribute) -> None:
    if isinstance(value, np.ndarray):
        attribute.type = onnx.AttributeProto.TENSOR
        _tensor(attribute.t, value)
    elif isinstance(value, str):
        attribute.type, attribute.s = onnx.AttributeProto.STRING, value.encode()
    elif isinstance(value, int):
        attribute.type, attribute.i = onnx.AttributeProto.INT, value
    elif isinstance(value, float):
        attribute.type, attribute.f = onnx.AttributeProto.FLOAT, value
    else:
        attribute.type = onnx.AttributeProto.INTS
        attribute.ints.extend(value)


def _tensor(tensor: onnx.TensorProto, array: Array) -> None:
    tensor.data_type = _TYPES[array.dtype]
    tensor.dims.extend(array.shape)
    tensor.raw_data = array.tobytes()
