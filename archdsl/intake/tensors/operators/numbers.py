"""Operators over constants alone, computed while a model is read: arithmetic of shapes, weights in another order."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Final, TypeAlias

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.program import Constant, Node, Numbers

_LARGEST: Final = 1 << 28
"""Elements of an array that is computed."""
_TYPES: Final = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}
"""ONNX's numbers for types."""
Function: TypeAlias = Callable[..., Any]


def computed(node: Node, inputs: tuple[Constant | None, ...]) -> tuple[Constant, ...] | None:
    """The result of an operator on constants; ``None`` if it is not folded."""
    function = _FUNCTIONS.get(node.kind)
    if function is None:
        return None
    arrays = [None if each is None else each.array for each in inputs]
    with np.errstate(all="ignore"):
        found = function(node.attributes, *arrays)
    listed = found if isinstance(found, list) else [found]
    is_same = node.kind in ("Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten")
    name = inputs[0].name if is_same and inputs and inputs[0] is not None else ""
    return tuple(Constant(np.asarray(each), name) for each in listed)


def _bounded(shape: Any) -> tuple[int, ...]:
    sizes = tuple(int(n) for n in np.asarray(shape).reshape(-1))
    if any(n < 0 for n in sizes) or prod(sizes) > _LARGEST:
        raise Unsupported(f"an array {[*sizes]} is none, or too large")
    return sizes


def _reshape(attributes: Any, x: Numbers, to: Numbers) -> Numbers:
    keeps = not attributes.get("allowzero", 0)
    return x.reshape([x.shape[i] if n == 0 and keeps else int(n) for i, n in enumerate(to.reshape(-1))])


def _slice(_: Any, x: Numbers, starts: Numbers, ends: Numbers, axes: Any = None, steps: Any = None) -> Numbers:
    index = [slice(None)] * x.ndim
    places = range(len(starts)) if axes is None else axes
    for i, axis in enumerate(places):
        step = 1 if steps is None else int(steps[i])
        end: int | None = int(ends[i])
        if step < 0 and end is not None and end < -x.shape[int(axis)]:
            end = None
        index[int(axis)] = slice(int(starts[i]), end, step)
    return x[tuple(index)]


def _unsqueezed(_: Any, x: Numbers, axes: Numbers) -> Numbers:
    return np.expand_dims(x, tuple(int(n) for n in axes.reshape(-1)))


def _squeezed(_: Any, x: Numbers, axes: Any = None) -> Numbers:
    return np.squeeze(x, None if axes is None else tuple(int(n) for n in axes.reshape(-1)))


def _expand(_: Any, x: Numbers, to: Numbers) -> Numbers:
    shape = np.broadcast_shapes(x.shape, _bounded(to))
    _bounded(shape)
    return np.broadcast_to(x, shape)


def _gather(attributes: Any, x: Numbers, places: Numbers) -> Numbers:
    axis = attributes.get("axis", 0)
    _bounded([*np.delete(x.shape, axis), *places.shape])
    return np.take(x, places, axis=axis)


def _cast(attributes: Any, x: Numbers) -> Numbers:
    name = _TYPES.get(attributes.get("to", 1))
    if name is None:
        raise Unsupported(f"numbers of type {attributes.get('to')}")
    return x.astype(name)


def _range(_: Any, start: Numbers, end: Numbers, step: Numbers) -> Numbers:
    first, last, by = (each.reshape(-1)[0] for each in (start, end, step))
    _bounded([max(int(np.ceil((last - first) / by)), 0)])
    return np.arange(first, last, by, dtype=start.dtype)


def _filled(attributes: Any, shape: Numbers) -> Numbers:
    value = attributes.get("value")
    array = np.zeros(1, np.float32) if value is None else np.asarray(value).reshape(-1)
    return np.full(_bounded(shape), array[0], array.dtype)


def _divided(_: Any, a: Numbers, b: Numbers) -> Numbers:
    return np.trunc(a / b).astype(a.dtype) if a.dtype.kind in "iu" else np.asarray(a / b, a.dtype)


def _matmul(_: Any, a: Numbers, b: Numbers) -> Numbers:
    return np.asarray(a @ b)


def _transposed(attributes: Any, x: Numbers) -> Numbers:
    return x.transpose(attributes.get("perm"))


def _joined(attributes: Any, *arrays: Numbers) -> Numbers:
    _bounded([sum(each.size for each in arrays)])
    return np.concatenate(arrays, axis=attributes["axis"])


def _split(attributes: Any, x: Numbers, sizes: Any = None) -> list[Numbers]:
    axis = attributes.get("axis", 0)
    if sizes is None:
        return [*np.array_split(x, attributes["num_outputs"], axis)]
    return [*np.split(x, np.cumsum(sizes)[:-1], axis)]


def _tile(_: Any, x: Numbers, repeats: Numbers) -> Numbers:
    _bounded(np.asarray(x.shape) * repeats)
    return np.tile(x, repeats)


def _reduced(function: Function) -> Function:
    def run(attributes: Any, x: Numbers, axes: Any = None) -> Numbers:
        over = None if axes is None else tuple(int(n) for n in axes.reshape(-1))
        return np.asarray(function(x, axis=over, keepdims=bool(attributes.get("keepdims", 1))), x.dtype)

    return run


def _scattered(_: Any, x: Numbers, places: Numbers, updates: Numbers) -> Numbers:
    found = x.copy()
    found[tuple(np.moveaxis(places, -1, 0))] = updates
    return found


def _flattened(attributes: Any, x: Numbers) -> Numbers:
    axis = attributes.get("axis", 1)
    return x.reshape(prod(x.shape[:axis]), -1)


def _plain(function: Function) -> Function:
    return lambda _, *arrays: function(*arrays)


_FUNCTIONS: Final[dict[str, Function]] = {
    "Reshape": _reshape,
    "Slice": _slice,
    "Unsqueeze": _unsqueezed,
    "Squeeze": _squeezed,
    "Expand": _expand,
    "Gather": _gather,
    "Cast": _cast,
    "Range": _range,
    "ConstantOfShape": _filled,
    "Div": _divided,
    "MatMul": _matmul,
    "Transpose": _transposed,
    "Concat": _joined,
    "Split": _split,
    "Tile": _tile,
    "ScatterND": _scattered,
    "Flatten": _flattened,
    "Shape": lambda attributes, x: np.asarray(x.shape[attributes.get("start", 0) : attributes.get("end")], np.int64),
    "Size": lambda _, x: np.asarray(x.size, np.int64),
    "Identity": _plain(lambda x: x),
    "Add": _plain(np.add),
    "Sub": _plain(np.subtract),
    "Mul": _plain(np.multiply),
    "Pow": _plain(lambda a, b: np.asarray(np.power(a, b), a.dtype)),
    "Neg": _plain(np.negative),
    "Abs": _plain(np.abs),
    "Sqrt": _plain(np.sqrt),
    "Exp": _plain(np.exp),
    "Log": _plain(np.log),
    "Sin": _plain(np.sin),
    "Cos": _plain(np.cos),
    "Tanh": _plain(np.tanh),
    "Sigmoid": _plain(lambda x: 1 / (1 + np.exp(-x))),
    "Relu": _plain(lambda x: np.maximum(x, 0)),
    "Reciprocal": _plain(lambda x: 1 / x),
    "Floor": _plain(np.floor),
    "Ceil": _plain(np.ceil),
    "Round": _plain(np.round),
    "Sign": _plain(np.sign),
    "Mod": _plain(np.mod),
    "Max": _plain(np.maximum),
    "Min": _plain(np.minimum),
    "Equal": _plain(np.equal),
    "Greater": _plain(np.greater),
    "Less": _plain(np.less),
    "Not": _plain(np.logical_not),
    "And": _plain(np.logical_and),
    "Or": _plain(np.logical_or),
    "Where": _plain(np.where),
    "Clip": lambda _, x, low=None, high=None: np.clip(x, low, high),
    "ReduceMean": _reduced(np.mean),
    "ReduceSum": _reduced(np.sum),
    "ReduceMax": _reduced(np.max),
    "ReduceMin": _reduced(np.min),
    "ReduceProd": _reduced(np.prod),
}
COMPUTED: Final = frozenset(_FUNCTIONS)
