"""Runs a graph with PyTorch's own functions, one call for each op, and counts the memory that is alive at each moment.

For measuring only: the ops of a few published models, whose figures need not be right to be as large. Maps lie channels
last, and PyTorch, which names channels first, sees them through ``permute``, which copies nothing.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from archdsl.graph.model import Graph

Function: TypeAlias = Callable[..., torch.Tensor]
"""Of the op, its weights by name, and then its inputs."""


class Live(TorchDispatchMode):  # type: ignore[misc]  # PyTorch need not be there
    """Within it, ``moments`` gets the bytes that are alive after each call that PyTorch makes, forwards and backwards.

    Counted are storages that calls return, each once, whatever views there are of it, until nothing refers to it. What
    a call needs only inside it is not seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[int] = []
        self._live = 0
        self._known: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        results = function(*args, **(kwargs or {}))
        for result in tree_leaves(results):
            if isinstance(result, torch.Tensor):
                self._count(result.untyped_storage())
        self.moments.append(self._live)
        return results

    def _count(self, storage: Any) -> None:
        if self._known.get(id(storage)) is not storage:
            self._known[id(storage)] = storage
            self._live += storage.nbytes()
            weakref.finalize(storage, self._free, storage.nbytes())

    def _free(self, size: int) -> None:
        self._live -= size


def moments(graph: Graph, batch: int, *, training: bool) -> list[int]:
    """Bytes alive after each call of a forward pass, or of one and the gradients of all weights."""
    owners = {node.layer: node for node in reversed(graph.nodes)}
    weights = {
        layer: {
            weight.name: torch.zeros(weight.shape, requires_grad=training and weight.trainable)
            for weight in node.op.weights(*graph.input_shapes(node))
        }
        for layer, node in owners.items()
    }
    live = Live()
    with live, torch.set_grad_enabled(training):
        outputs = _forward(graph, weights, batch)
        if training:
            torch.autograd.backward(outputs, [torch.ones_like(output) for output in outputs])
    return live.moments


def _forward(graph: Graph, weights: Mapping[str, Mapping[str, torch.Tensor]], batch: int) -> list[torch.Tensor]:
    reads = Counter(name for node in graph.nodes for name in node.inputs)
    ends = {port.node for port in graph.outputs}
    images = [torch.ones((batch, *graph.shapes[port.name])) for port in graph.inputs]  # held, as by a caller
    values = {port.name: image for port, image in zip(graph.inputs, images, strict=True)}
    for node in graph.nodes:
        inputs = []
        for name in node.inputs:
            reads[name] -= 1
            inputs.append(values[name] if reads[name] or name in ends else values.pop(name))
        values[node.path] = FUNCTIONS[node.op.name](node.op, weights[node.layer], *inputs)
        assert values[node.path].shape == (batch, *node.shape), node.path
    return [values[name] for name in ends]


def _first(x: torch.Tensor) -> torch.Tensor:
    return x.permute(0, 3, 1, 2)


def _last(x: torch.Tensor) -> torch.Tensor:
    return x.permute(0, 2, 3, 1)


def _pad(op: Any) -> Any:
    return (op.k - 1) // 2 if op.pad == "same" else 0 if op.pad == "valid" else op.pad


def _conv(op: Any, w: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    kernel = w["kernel"].permute(3, 2, 0, 1)
    return _last(functional.conv2d(_first(x), kernel, w.get("bias"), op.stride, _pad(op), op.dilation, op.groups))


def _depthwise(op: Any, w: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    kernel = w["kernel"].flatten(2).permute(2, 0, 1)[:, None]
    return _last(
        functional.conv2d(_first(x), kernel, w.get("bias"), op.stride, _pad(op), op.dilation, groups=x.shape[-1])
    )


def _batch_norm(op: Any, w: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    mean, variance = w["moving_mean"], w["moving_variance"]
    training = torch.is_grad_enabled()
    return _last(functional.batch_norm(_first(x), mean, variance, w.get("gamma"), w.get("beta"), training, 0.1, op.eps))


def _attention(op: Any, w: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Of a sequence with itself, written out as in the paper."""
    width = w["query/kernel"].shape[0]

    def heads(part: str) -> torch.Tensor:
        kernel, bias = w[f"{part}/kernel"].reshape(width, -1), w[f"{part}/bias"].flatten()
        return functional.linear(x, kernel.T, bias).unflatten(-1, (op.heads, -1)).transpose(1, 2).contiguous()

    weights = (heads("query") * op.size(x.shape[1:]) ** -0.5 @ heads("key").transpose(-2, -1)).softmax(-1)
    mixed = (weights @ heads("value")).transpose(1, 2).flatten(2)
    return functional.linear(mixed, w["attention_output/kernel"].reshape(-1, width).T, w["attention_output/bias"])


def _normalize(_op: Any, w: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    mean, variance = (w.get(name, x.new_ones(x.shape[-1])) for name in ("mean", "variance"))
    return (x - mean) / variance.sqrt()


def _drop_path(op: Any, _w: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    if not torch.is_grad_enabled():
        return x
    kept = x.new_ones((len(x), *(1 for _ in x.shape[1:]))).bernoulli_(1 - op.rate)
    return x * kept / (1 - op.rate)


def _class_token(op: Any, w: Mapping[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    (token,) = w.values()
    return torch.cat([token.reshape(1, op.count, -1).expand(len(x), -1, -1), x], 1)


def _each(function: Function) -> Function:
    """An op without weights or arguments."""
    return lambda _op, _w, *inputs: function(*inputs)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "add": _each(lambda x, y: x + y),
    "attention": _attention,
    "avg_pool": lambda op, _w, x: _last(functional.avg_pool2d(_first(x), op.k, op.step, _pad(op))),
    "batch_norm": _batch_norm,
    "class_token": _class_token,
    "concat": _each(lambda *inputs: torch.cat(inputs, -1)),
    "conv": _conv,
    "dense": lambda _op, w, x: functional.linear(x, w["kernel"].T, w.get("bias")),
    "depthwise_conv": _depthwise,
    "drop_path": _drop_path,
    "dropout": lambda op, _w, x: functional.dropout(x, op.rate, torch.is_grad_enabled()),
    "flatten": _each(lambda x: x.flatten(1)),
    "flatten_spatial": _each(lambda x: x.flatten(1, -2)),
    "gelu": _each(functional.gelu),
    "global_avg_pool": lambda op, _w, x: x.mean((1, 2), keepdim=op.keepdims),
    "layer_norm": lambda op, w, x: functional.layer_norm(x, x.shape[-1:], w["gamma"], w["beta"], op.eps),
    "max_pool": lambda op, _w, x: _last(functional.max_pool2d(_first(x), op.k, op.step, _pad(op))),
    "mul": _each(lambda x, y: x * y),
    "normalize": _normalize,
    "position_embedding": lambda _op, w, x: x + next(iter(w.values())),
    "relu": _each(torch.relu),
    "relu6": _each(functional.relu6),
    "rescale": lambda op, _w, x: x * op.factor + op.offset,
    "scale": lambda _op, w, x: x * next(iter(w.values())),
    "sigmoid": _each(torch.sigmoid),
    "silu": _each(functional.silu),
    "slice": lambda op, _w, x: x.select(1 + op.axis, op.start),
}
