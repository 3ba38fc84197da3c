"""Joins of several tensors."""

from __future__ import annotations

from functools import reduce
from math import prod

from archdsl.backends.python.registry import Lowered, Site, expression, joined, lowers
from archdsl.graph.dims import Shape
from archdsl.ops.base import Op
from archdsl.ops.joining import Add, Average, Concat, Divide, Matmul, Maximum, Minimum, Mul, Subtract, broadcast_shape


@lowers(Mul, stretches=True)
def mul(op: Mul, site: Site) -> Lowered:
    if site.is_single or len(set(site.inputs)) > 1:
        return expression(" * ".join(f"{{{i}}}" for i in range(len(site.inputs))))
    return joined("Multiply", site)


@lowers(Maximum, Minimum, stretches=True)
def extreme(op: Op, site: Site) -> Lowered:
    if not site.is_single:
        return joined(type(op).__name__, site)
    rest = range(1, len(site.inputs))
    return expression(reduce(lambda text, i: f"ops.{op.name}({text}, {{{i}}})", rest, "{0}"))


@lowers(Average)
def average(op: Average, site: Site) -> Lowered:
    return joined("Average", site)


@lowers(Add, stretches=True)
def add(op: Add, site: Site) -> Lowered:
    """If one has a single long dimension that is not the channels, by subtracting the negative: the same number.

    On TensorFlow, ``keras.ops.add`` takes such an operand for a bias, and adds it along the channels or the first axis,
    whichever has its size (since keras-team/keras#20386; so in Keras 3.15.1).
    """
    if len(set(site.inputs)) == 1 and not site.is_single:
        return joined("Add", site)
    if not any(map(_looks_like_a_bias, site.inputs)):
        return expression(" + ".join(f"{{{i}}}" for i in range(len(site.inputs))))
    text, shape = "{0}", site.inputs[0]
    for i, other in enumerate(site.inputs[1:], 1):
        large, small = (f"{{{i}}}", text) if _count(shape) < _count(other) else (text, f"{{{i}}}")
        text = f"ops.subtract({large}, ops.negative({small}))"
        shape = broadcast_shape([shape, other]) or other
    return expression(text)


def _looks_like_a_bias(shape: Shape) -> bool:
    return sum(dim != 1 for dim in shape[:-1]) == 1 and shape[-1] == 1


def _count(shape: Shape) -> int:
    return prod(dim for dim in shape if isinstance(dim, int))


@lowers(Subtract, stretches=True)
def subtract(op: Subtract, site: Site) -> Lowered:
    return expression("{0} - {1}")


@lowers(Divide, stretches=True)
def divide(op: Divide, site: Site) -> Lowered:
    return expression("{0} / {1}")


@lowers(Concat)
def concat(op: Concat, site: Site) -> Lowered:
    return joined("Concatenate", site, axis=op.axis if op.axis < 0 else op.axis + 1)


@lowers(Matmul, stretches=True)
def matmul(op: Matmul, site: Site) -> Lowered:
    return expression("ops.matmul({0}, ops.swapaxes({1}, -1, -2))" if op.transpose_b else "ops.matmul({0}, {1})")
