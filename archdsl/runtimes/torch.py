"""PyTorch: the file that ``compile --to torch`` writes, run eagerly."""

from __future__ import annotations

import json
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from archdsl.backends.torch.file import written
from archdsl.backends.torch.order import port_order
from archdsl.backends.torch.state import state
from archdsl.graph.model import Graph
from archdsl.runtimes.registry import Array, Loaded, Model
from archdsl.weights import safetensors


def export(model: Model, file: Path) -> None:
    """Writes the code, and next to it the weights and which outputs are channels first."""
    code = written(model.graph)
    arrays = {key: np.ascontiguousarray(array) for key, array in state(code, model.arrays).items()}
    safetensors.write(file.with_suffix(".safetensors"), arrays, {"format": "pt"})
    first = [bool(code.dialect.orders[port.node].gives) for port in code.graph.outputs]
    file.with_suffix(".json").write_text(json.dumps(first))
    file.write_text(code.text)


def load(file: Path, graph: Graph, inputs: Sequence[Array], threads: int) -> Loaded:
    if threads:
        torch.set_num_threads(threads)
    model = runpy.run_path(str(file))[graph.name]()
    with safetensors.opened(str(file.with_suffix(".safetensors"))) as source:
        model.load_state_dict({key: torch.from_numpy(array.read()) for key, array in source.arrays.items()})
    model.eval()
    tensors = [
        torch.from_numpy(np.moveaxis(array, -1, 1).copy() if port_order(port.shape) and array.ndim > 2 else array)
        for array, port in zip(inputs, graph.inputs, strict=True)
    ]
    first = json.loads(file.with_suffix(".json").read_text())

    def read(outputs: Any) -> Sequence[Array]:
        found = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
        arrays = [tensor.numpy() for tensor in found]
        return [np.moveaxis(a, 1, -1) if moved and a.ndim > 2 else a for a, moved in zip(arrays, first, strict=True)]

    return Loaded(torch.inference_mode()(lambda: model(*tensors)), read)
