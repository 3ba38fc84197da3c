"""Adapts arrays to another shape, where the meaning of their axes is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archdsl.graph.model import Graph, Node
from archdsl.ops.base import OverPlaces, Weight
from archdsl.weights.arrays import Array


@dataclass(frozen=True, slots=True)
class Carried:
    """An adapted array of a file, and a description of the change."""

    array: Array
    how: str


def carried(graph: Graph, wanted: Mapping[str, Weight], key: str, array: Array) -> Carried | None:
    """A float array adapted to the model's array of that key; ``None`` if no rule applies.

    Rows that stand for the places of a grid are interpolated. Kernels of what looks at the model's input are summed up
    over its channels, where there is one now, or repeated and scaled, as timm does.
    """
    node = graph.by_path[key.partition("/")[0]]
    weight = wanted[key]
    places = node.op.lies_over(weight.name, *graph.input_shapes(node))
    if places is not None:
        return _resized(places, array, weight.shape)
    axis = node.op.input_axis(weight.name)
    if axis is not None and _sees_input(graph, node):
        return _of_other_channels(array, weight.shape, axis)
    return None


# --- places -----------------------------------------------------------------------------------------------------------


def _resized(places: OverPlaces, array: Array, shape: tuple[int, ...]) -> Carried | None:
    if not places.is_joined:
        rank = len(places.grid)
        if len(array.shape) != len(shape) or array.shape[rank:] != shape[rank:]:
            return None
        how = f"interpolated from {_times(array.shape[:rank])} places to {_times(places.grid)}"
        return Carried(Array(shape, "float32", lambda: _interpolated(array.read(), places.grid)), how)
    if len(array.shape) != len(shape) or array.shape[1:] != shape[1:]:
        return None
    split = _split(array.shape[0], shape[0]) if not places.grid else _whole(array.shape[0], places.grid)
    if split is None:
        return None
    before, old, new = split
    how = f"interpolated from {_times(old)} places to {_times(new)}"
    kept = f", {before} before them kept" if before else ""

    def read() -> Any:
        import numpy as np

        values = array.read()
        grid = values[before:].reshape(*old, *shape[1:])
        return np.concatenate([values[:before], _interpolated(grid, new).reshape(-1, *shape[1:])]).astype("float32")

    return Carried(Array(shape, "float32", read), f"{how}{kept}")


def _split(found: int, wanted: int) -> tuple[int, tuple[int, int], tuple[int, int]] | None:
    """The tokens before the grid, and the two square grids: the fewest tokens for which both are square.

    >>> _split(197, 577), _split(196, 144), _split(5, 7)
    ((1, (14, 14), (24, 24)), (0, (14, 14), (12, 12)), None)
    """
    for before in range(min(found, wanted, _TOKENS)):
        old, new = (math.isqrt(count - before) for count in (found, wanted))
        if old * old == found - before and new * new == wanted - before:
            return before, (old, old), (new, new)
    return None


_TOKENS = 9
"""More than models have before their places: a class token, one of distillation, or registers."""


def _whole(found: int, grid: tuple[int, ...]) -> tuple[int, tuple[int, int], tuple[int, ...]] | None:
    side = math.isqrt(found)
    return (0, (side, side), grid) if side * side == found else None


def _interpolated(values: Any, sizes: Sequence[int]) -> Any:
    """The leading axes resized one after the other by cubic convolution (Keys 1981, a = -0.5).

    Where there are fewer places than before, the kernel is as much wider, so that all are seen. That is what PyTorch's
    ``interpolate(mode="bicubic", antialias=True)`` does.
    """
    import numpy as np

    result = np.asarray(values, dtype="float64")
    for axis, size in enumerate(sizes):
        result = np.moveaxis(np.tensordot(_weights(result.shape[axis], size), result, (1, axis)), 0, axis)
    return result.astype("float32")


def _weights(old: int, new: int) -> Any:
    """The interpolation matrix: a row for each new position, with sum 1."""
    import numpy as np

    step = old / new
    width = max(step, 1.0)
    centres = (np.arange(new) + 0.5) * step - 0.5
    x = np.abs((np.arange(old)[None] - centres[:, None]) / width)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    found = np.where(x < 1, near, np.where(x < 2, far, 0))
    return found / found.sum(axis=1, keepdims=True)


# --- channels ---------------------------------------------------------------------------------------------------------


def _sees_input(graph: Graph, node: Node) -> bool:
    """Whether a node's first input is the model's, without layers with weights in between."""
    ports = {port.name for port in graph.inputs}
    name = node.inputs[0]
    while name not in ports:
        before = graph.by_path[name]
        if not before.inputs or before.op.weights(*graph.input_shapes(before)):
            return False
        name = before.inputs[0]
    return True


def _of_other_channels(array: Array, shape: tuple[int, ...], axis: int) -> Carried | None:
    others = [size for place, size in enumerate(shape) if place != len(shape) + axis]
    if len(array.shape) != len(shape) or [n for i, n in enumerate(array.shape) if i != len(shape) + axis] != others:
        return None
    old, new = array.shape[axis], shape[axis]
    if new == 1:
        how = f"summed up over {old} channels of the input"
        return Carried(Array(shape, "float32", lambda: array.read().sum(axis=axis, keepdims=True)), how)

    def read() -> Any:
        import numpy as np

        places = np.arange(new) % old
        return (np.take(array.read(), places, axis=axis) * (old / new)).astype("float32")

    return Carried(Array(shape, "float32", read), f"{old} channels of the input repeated to {new}, times {old}/{new}")


def _times(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))
