"""Configurations as Keras 3 writes them to ``config.json``, made without Keras."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Tensor = tuple[str, int, int]

_CONV = {
    "padding": "same",
    "data_format": "channels_last",
    "strides": [1, 1],
    "dilation_rate": [1, 1],
    "groups": 1,
    "activation": "linear",
    "use_bias": True,
    "kernel_regularizer": None,
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "Conv2D": _CONV,
    "BatchNormalization": {"axis": -1, "epsilon": 0.001, "momentum": 0.99, "scale": True, "center": True},
    "ReLU": {"max_value": None, "negative_slope": 0.0, "threshold": 0.0},
    "Dense": {"activation": "linear", "use_bias": True, "kernel_regularizer": None},
    "GlobalAveragePooling2D": {"data_format": "channels_last", "keepdims": False},
    "MaxPooling2D": {"data_format": "channels_last", "padding": "valid", "pool_size": [2, 2], "strides": [2, 2]},
    "AveragePooling2D": {"data_format": "channels_last", "padding": "valid", "pool_size": [2, 2], "strides": [2, 2]},
    "ZeroPadding2D": {"data_format": "channels_last"},
    "Concatenate": {"axis": -1},
    "Dropout": {"noise_shape": None},
}


class Net:
    """A functional model, layer by layer: each call of ``add`` gives the tensor that the layer makes."""

    def __init__(self, shape: list[int | None], name: str = "net") -> None:
        self.name = name
        self.layers: list[dict[str, Any]] = []
        self.count = 0
        self.inputs: list[Tensor] = []
        self.input = self.feed("image", shape)

    def feed(self, name: str, shape: list[int | None]) -> Tensor:
        """An input."""
        self.inputs.append(self.add("InputLayer", batch_shape=[None, *shape], dtype="float32", name=name))
        return self.inputs[-1]

    def add(self, kind: str, *inputs: Tensor, name: str | None = None, **config: Any) -> Tensor:
        self.count += 1
        name = name or f"{kind.lower()}_{self.count}"
        found = {"name": name, "trainable": True, **DEFAULTS.get(kind, {}), **config}
        tensors = [_tensor(each) for each in inputs]
        joins = len(tensors) > 1
        nodes: list[Any] = [{"args": [tensors] if joins else tensors, "kwargs": {}}] if inputs else []
        where = {"module": "keras.layers", "class_name": kind, "registered_name": None}
        if kind.startswith("archdsl>"):
            where = {"module": "archdsl.backends", "class_name": kind[8:], "registered_name": kind}
        if kind.startswith("ops."):
            where = {"module": "keras.src.ops.numpy", "class_name": kind[4:], "registered_name": kind[4:]}
        layer = {**where, "config": found, "name": name, "inbound_nodes": nodes}
        self.layers.append(layer)
        return (name, 0, 0)

    def call(self, kind: str, *args: Any, name: str | None = None, config: Any = None, **kwargs: Any) -> Tensor:
        """A layer that is called with tensors and values, by position and by name."""
        made = self.add(kind, name=name, **(config or {}))

        def run(of: Any) -> Any:
            return _tensor(of) if isinstance(of, tuple) else of

        node = {"args": [*map(run, args)], "kwargs": {n: run(value) for n, value in kwargs.items()}}
        self.layers[-1]["inbound_nodes"].append(node)
        return made

    def again(self, of: Tensor, *inputs: Tensor) -> Tensor:
        """Another use of a layer."""
        (layer,) = (each for each in self.layers if each["name"] == of[0])
        layer["inbound_nodes"].append({"args": [_tensor(each) for each in inputs], "kwargs": {}})
        return (of[0], len(layer["inbound_nodes"]) - 1, 0)

    def document(self, *outputs: Tensor) -> dict[str, Any]:
        listed = [[*each] for each in outputs]
        config = {
            "name": self.name,
            "layers": self.layers,
            "input_layers": [[*each] for each in self.inputs],
            "output_layers": listed[0] if len(listed) == 1 else listed,
        }
        return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config}


def _tensor(of: Tensor) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": None, "keras_history": [*of]}}


def conv_norm(net: Net, x: Tensor, filters: int, k: int = 3, stride: int = 1, name: str = "") -> Tensor:
    x = net.add(
        "Conv2D", x, name=f"{name}_conv", filters=filters, kernel_size=[k, k], strides=[stride, stride], use_bias=False
    )
    return net.add("BatchNormalization", x, name=f"{name}_bn")


def residual(depths: list[int], widths: list[int]) -> dict[str, Any]:
    """A residual network with a shortcut that projects at the beginning of each stage."""
    net = Net([32, 32, 3], "res_net")
    x = net.add("ReLU", conv_norm(net, net.input, widths[0], name="stem"))
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        for i in range(depth):
            name = f"stage{stage}_block{i}"
            stride = 2 if i == 0 and stage > 0 else 1
            skip = conv_norm(net, x, width, 1, stride, f"{name}_skip") if i == 0 else x
            y = net.add("ReLU", conv_norm(net, x, width, 3, stride, f"{name}_1"))
            y = conv_norm(net, y, width, name=f"{name}_2")
            x = net.add("ReLU", net.add("Add", skip, y, name=f"{name}_add"))
    x = net.add("GlobalAveragePooling2D", x)
    return net.document(net.add("Dense", x, name="head", units=10))


def archive(document: Any) -> bytes:
    """A ``.keras`` file without weights."""
    text = document if isinstance(document, str) else json.dumps(document)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("config.json", text)
    return file.getvalue()


def saved(folder: Path, document: Any, name: str = "net.keras") -> Path:
    path = folder / name
    path.write_bytes(archive(document))
    return path


def chain(net: Net, x: Tensor, count: int) -> Iterator[Tensor]:
    for _ in range(count):
        x = net.add("ReLU", x)
        yield x
