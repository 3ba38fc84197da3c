"""A graph as PyTorch computes it: the file is written, run, loaded with weights and called."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from archdsl.backends.torch.file import File, written
from archdsl.backends.torch.order import port_order
from archdsl.backends.torch.registry import axes
from archdsl.backends.torch.state import state
from archdsl.graph.model import Graph

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

Array = np.ndarray[Any, np.dtype[Any]]


def module_of(text: str, name: str = "net") -> ModuleType:
    """The module that a text is, as if it were imported."""
    module = ModuleType(name)
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)
    return module


def loaded(graph: Graph, weights: Mapping[str, Array], file: File | None = None, dtype: Any = None) -> Any:
    """The model of a graph's file with weights, which must be all that it has, in evaluation."""
    file = file or written(graph)
    model = getattr(module_of(file.text), graph.name)().to(dtype or torch.float64)
    found = {key: torch.from_numpy(np.array(array)) for key, array in state(file, weights).items()}
    model.load_state_dict(found, strict=True)
    return model.eval()


def outputs(
    graph: Graph, model: Any, inputs: Mapping[str, Array], file: File | None = None, dtype: Any = None
) -> dict[str, Array]:
    """What it makes of inputs, both with the channels last."""
    file = file or written(graph)
    given = []
    for port in graph.inputs:
        array = np.moveaxis(inputs[port.name], -1, 1) if port_order(port.shape) else inputs[port.name]
        given.append(torch.from_numpy(np.ascontiguousarray(array)).to(dtype or torch.float64))
    with torch.no_grad():
        result = model(*given)
    made = result if isinstance(result, dict) else {graph.outputs[0].name: result}
    return {port.name: _last(made[port.name].detach().numpy(), file, port.node) for port in file.graph.outputs}


def _last(array: Array, file: File, path: str) -> Array:
    """The axes of an output as the graph has them."""
    order = axes(array.ndim - 1, file.dialect.orders[path].gives)
    back = sorted(range(len(order)), key=lambda place: order[place])
    return array.transpose(0, *(place + 1 for place in back))
