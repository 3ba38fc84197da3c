"""Nodes of ONNX as operators of a program: attributes as values, and older opsets in the form of the newest."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.program import Node, Numbers

_VALUES: Final = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints", 8: "strings"}
"""For ONNX's types of attributes, where their values are."""
_AS_INPUTS: Final = {
    "Squeeze": ("axes",),
    "Unsqueeze": ("axes",),
    "Split": ("split",),
    "ReduceMean": ("axes",),
    "ReduceSum": ("axes",),
    "ReduceMax": ("axes",),
    "ReduceMin": ("axes",),
    "ReduceProd": ("axes",),
    "ReduceL2": ("axes",),
    "Slice": ("starts", "ends", "axes", "steps"),
    "Pad": ("pads", "value"),
    "Clip": ("min", "max"),
}
"""Attributes of older opsets that are inputs now, in their order."""
_HELD: Final = re.compile(r"(.+)\.(weight|bias|running_mean|running_var|gamma|beta|[a-z_]*(?:kernel|weight|bias))")
_NEWEST_SOFTMAX: Final = 13


def attributes(node: Any, given: Mapping[str, Any], array: Callable[[Any], Numbers]) -> dict[str, Any]:
    """The attributes of a node; ``given`` are those of the call of the function that it is in."""
    found: dict[str, Any] = {}
    for each in node.attribute:
        if each.ref_attr_name:
            if each.ref_attr_name in given:
                found[each.name] = given[each.ref_attr_name]
            continue
        where = _VALUES.get(each.type)
        if where is None:
            found[each.name] = Unsupported(f"attribute {each.name} is a graph, or of a type that cannot be read")
            continue
        value = getattr(each, where)
        if where == "t":
            value = array(value)
        elif where == "s":
            value = value.decode("utf-8", "replace")
        elif where in ("floats", "ints", "strings"):
            value = tuple(value)
        found[each.name] = value
    return found


def modern(node: Node, opset: int, constant: Callable[[Numbers], str]) -> None:
    """Brings a node into the form of the newest opset."""
    taken = node.attributes
    moved = _AS_INPUTS.get(node.kind, ())
    if any(name in taken for name in moved):
        inputs = node.inputs[:1]
        for name in moved:
            value = taken.pop(name, None)
            kind = np.float32 if name in ("value", "min", "max") else np.int64
            inputs.append("" if value is None else constant(np.asarray(value, kind)))
        while inputs[-1] == "":
            inputs.pop()
        node.inputs = inputs
    if node.kind == "Softmax" and opset < _NEWEST_SOFTMAX:
        taken.setdefault("axis", 1)
    if node.kind == "Resize" and opset < 11:
        node.inputs = [node.inputs[0], "", *node.inputs[1:]]
        taken.setdefault("coordinate_transformation_mode", "asymmetric")
        taken.setdefault("nearest_mode", "floor")


def constant_value(taken: Mapping[str, Any]) -> Numbers:
    """The value of a node ``Constant``."""
    for name, kind in (
        ("value_float", np.float32),
        ("value_floats", np.float32),
        ("value_int", np.int64),
        ("value_ints", np.int64),
    ):
        if name in taken:
            return np.asarray(taken[name], kind)
    value = taken.get("value")
    if not isinstance(value, np.ndarray):
        raise Unsupported("a constant that is no array of numbers")
    return value


def place(node: Any, held: Mapping[str, Any], within: str) -> str:
    """The layer that a node belongs to: by its weights, what its exporter noted, or its own name."""
    if within:
        return f"{within}.{node.name}" if node.name else within
    for name in node.input:
        if name in held and (found := _HELD.fullmatch(name)):
            return found[1]
    noted = {entry.key: entry.value for entry in getattr(node, "metadata_props", ())}
    if scopes := noted.get("pkg.torch.onnx.name_scopes"):
        try:
            listed = ast.literal_eval(scopes)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            listed = []
        names = [each for each in listed[:-1] if isinstance(each, str) and each] if isinstance(listed, list) else []
        if names:
            return str(names[-1])
    return from_path(node.name) or node.op_type.lower()


def from_path(name: str) -> str:
    """``layer1.0.conv1`` of ``/layer1/layer1.0/conv1/Conv``; other names as they are."""
    if not name.startswith("/"):
        return name
    found = ""
    for part in name.strip("/").split("/")[:-1]:
        found = part if not found or part.startswith(f"{found}.") else f"{found}.{part}"
    return found or name.strip("/")
