"""A file of ONNX as a message of protobuf: parsed with bounds, its arrays checked, nothing outside its folder read."""

from __future__ import annotations

from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np

from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.tensors.program import Numbers

_LARGEST: Final = 1 << 31
"""Bytes of a message; what protobuf can have."""
_EXTERNAL: Final = 1
"""How ONNX says that an array lies in another file."""
_TYPES: Final = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
}
"""ONNX's numbers for types that can be read."""


class OnnxMissing(ImportError):
    """The package ``onnx`` is not installed."""


def message(file: str) -> Any:
    """The model in a file, without the arrays that lie in others.

    Raises:
        Unreadable: it is no file of ONNX.
        OnnxMissing: the package ``onnx`` is not installed.
        OSError: it cannot be read.
    """
    if find_spec("onnx") is None:
        raise OnnxMissing("reading ONNX takes the package onnx: `pip install 'archdsl[onnx]'`")
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    if Path(file).stat().st_size >= _LARGEST:
        raise Unreadable(file, [Problem("", "it has 2 GB or more, which no message of ONNX can have")])
    try:
        model = onnx.load_model_from_string(Path(file).read_bytes())
    except DecodeError as error:
        raise Unreadable(file, [Problem("", f"it is no file of ONNX, or broken: {error}")]) from None
    if not model.HasField("graph") or not model.opset_import:
        raise Unreadable(file, [Problem("", "it is no file of ONNX: it has no graph or no opset")])
    return model


def array(tensor: Any, file: str) -> Numbers:
    """The values of an array. Raises ``Unreadable`` for one that is broken or lies outside of the file's folder."""
    from onnx import numpy_helper

    shape = tuple(tensor.dims)
    name = _TYPES.get(tensor.data_type)
    if name is None or any(n < 0 for n in shape):
        raise Unreadable(file, [Problem(tensor.name, f"an array {[*shape]} of type {tensor.data_type} cannot be read")])
    if tensor.data_location == _EXTERNAL:
        return _elsewhere(tensor, shape, name, file)
    given = len(tensor.raw_data) // np.dtype(name).itemsize if tensor.HasField("raw_data") else None
    if given is not None and given != prod(shape):
        raise Unreadable(file, [Problem(tensor.name, f"an array {[*shape]} has {given} numbers")])
    try:
        found = numpy_helper.to_array(tensor)
    except (ValueError, TypeError) as error:
        raise Unreadable(file, [Problem(tensor.name, f"its numbers cannot be read: {error}")]) from None
    return np.asarray(found)


def _elsewhere(tensor: Any, shape: tuple[int, ...], name: str, file: str) -> Numbers:
    """An array in another file, mapped to memory."""
    said = {entry.key: entry.value for entry in tensor.external_data}
    folder = Path(file).resolve().parent
    location = said.get("location", "")
    place = (folder / location).resolve()
    if not location or not place.is_relative_to(folder):
        raise Unreadable(file, [Problem(tensor.name, f"its numbers lie outside of the folder of the file: {location}")])
    if not place.is_file():
        raise Unreadable(file, [Problem(tensor.name, f"its numbers lie in a file that is not there: {location}")])
    dtype = np.dtype(name)
    start, size = (said.get(key, "0") for key in ("offset", "length"))
    wanted = prod(shape) * dtype.itemsize
    if not start.isdecimal() or not size.isdecimal() or int(size) not in (0, wanted):
        raise Unreadable(file, [Problem(tensor.name, f"an array {[*shape]} in {size} bytes")])
    if int(start) + wanted > place.stat().st_size:
        raise Unreadable(file, [Problem(tensor.name, f"{location} is too short for it")])
    if not wanted:
        return np.zeros(shape, dtype)
    return np.memmap(place, dtype.newbyteorder("<"), "r", int(start), shape)
