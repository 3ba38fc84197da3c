"""Graphs of ONNX that tests make step by step, and what becomes of their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archdsl.intake.errors import Unreadable
from archdsl.intake.files import import_file

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

CHANCE = np.random.default_rng(3)


class Net:
    """A graph of ONNX that is made step by step."""

    def __init__(self, *shape: int, opset: int = 17) -> None:
        self.shape, self.opset = shape, opset
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []

    def number(self, *values: Any, kind: Any = np.float32) -> str:
        value = np.asarray(values[0] if len(values) == 1 else values, kind)
        return self.array(value)

    def ints(self, *values: int) -> str:
        return self.array(np.asarray(values, np.int64))

    def array(self, value: Any) -> str:
        name = f"w{len(self.arrays)}.weight"
        self.arrays.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weight(self, *shape: int, low: float = -0.3, high: float = 0.3) -> str:
        return self.array(CHANCE.uniform(low, high, shape).astype("float32"))

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, [*inputs], names, name=f"/{names[0]}/{kind}", **attributes))
        return names[0] if outputs == 1 else names

    def model(self, output: str, **arguments: Any) -> Any:
        graph = helper.make_graph(
            self.nodes,
            "Net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [*self.shape])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
            self.arrays,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8, **arguments)

    def saved(self, folder: Path, output: str) -> str:
        file = folder / "net.onnx"
        onnx.save(self.model(output), file)
        return str(file)


def conv(net: Net, x: str, channels: int, filters: int, k: int = 3, **attributes: Any) -> str:
    return net.add("Conv", x, net.weight(filters, channels, k, k), net.weight(filters), **attributes)


def ops(file: str) -> list[str]:
    """The ops of an imported file, whose outputs were compared."""
    found = import_file(file)
    assert "Outputs for random inputs are those of the source" in found.text
    return [node.op.name for node in found.graph]


def refused(file: str) -> str:
    with pytest.raises(Unreadable) as error:
        import_file(file)
    return str(error.value)
