"""Joins of several tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from math import prod
from typing import Final

import keras
from keras import ops

from archdsl.backends.keras.registry import Site, Tensor, lowers
from archdsl.graph.dims import Shape
from archdsl.ops.base import Op
from archdsl.ops.joining import Add, Average, Concat, Divide, Matmul, Maximum, Minimum, Mul, Subtract, broadcast_shape


def _are_batches_alike(tensors: Sequence[Tensor]) -> bool:
    """Whether no constant of batch size 1 is joined with others: Keras's join layers do not broadcast the batch."""
    return len({tensor.shape[0] for tensor in tensors}) == 1


_LAYERS: Final[Mapping[type[Op], Callable[..., keras.Layer]]] = {
    Mul: keras.layers.Multiply,
    Maximum: keras.layers.Maximum,
    Minimum: keras.layers.Minimum,
}
_OPERATIONS: Final[Mapping[type[Op], Callable[[Tensor, Tensor], Tensor]]] = {
    Mul: ops.multiply,
    Maximum: ops.maximum,
    Minimum: ops.minimum,
}


@lowers(Mul, Maximum, Minimum, stretches=True)
def elementwise(op: Op, site: Site, *tensors: Tensor) -> Tensor:
    if _are_batches_alike(tensors):
        return _LAYERS[type(op)](name=site.path)(list(tensors))
    return reduce(_OPERATIONS[type(op)], tensors)


@lowers(Average)
def average(_: Average, site: Site, *tensors: Tensor) -> Tensor:
    return keras.layers.Average(name=site.path)(list(tensors))


@lowers(Add, stretches=True)
def add(_: Add, site: Site, *tensors: Tensor) -> Tensor:
    """Sums of different shapes are computed by subtracting the negative, which is the same number.

    On TensorFlow, ``keras.ops.add`` takes an operand of one long dimension for a bias and adds it along the channels
    or the first axis, whichever has its size (since keras-team/keras#20386; so in Keras 3.15.1).
    """
    if len(set(site.inputs)) == 1 and _are_batches_alike(tensors):
        return keras.layers.Add(name=site.path)(list(tensors))
    total, shape = tensors[0], site.inputs[0]
    for tensor, other in zip(tensors[1:], site.inputs[1:], strict=True):
        small, large = (total, tensor) if _known(shape) < _known(other) else (tensor, total)
        total = ops.subtract(large, ops.negative(small))
        shape = broadcast_shape([shape, other]) or other
    return total


@lowers(Subtract, stretches=True)
def subtract(_: Subtract, site: Site, first: Tensor, second: Tensor) -> Tensor:
    if len(set(site.inputs)) == 1 and _are_batches_alike([first, second]):
        return keras.layers.Subtract(name=site.path)([first, second])
    return ops.subtract(first, second)


@lowers(Divide, stretches=True)
def divide(_op: Divide, _site: Site, first: Tensor, second: Tensor) -> Tensor:
    return ops.divide(first, second)


def _known(shape: Shape) -> int:
    return prod(dim for dim in shape if isinstance(dim, int))


@lowers(Concat)
def concat(op: Concat, site: Site, *tensors: Tensor) -> Tensor:
    axis = op.axis if op.axis < 0 else op.axis + 1
    return keras.layers.Concatenate(axis=axis, name=site.path)(list(tensors))


@lowers(Matmul, stretches=True)
def matmul(op: Matmul, site: Site, a: Tensor, b: Tensor) -> Tensor:
    if len(site.output) == 2 and _are_batches_alike([a, b]):
        return keras.layers.Dot(axes=(2, 2 if op.transpose_b else 1), name=site.path)([a, b])
    return ops.matmul(a, ops.swapaxes(b, -1, -2) if op.transpose_b else b)
