"""Joins of several tensors."""

from __future__ import annotations

import keras

from archdsl.backends.keras.layers.joining import MatMul
from archdsl.backends.keras.registry import Layers, Site, lowers
from archdsl.ops.base import Op
from archdsl.ops.joining import Add, Average, Concat, Matmul, Maximum, Minimum, Mul, Subtract


@lowers(Add, Subtract, Mul, Maximum, Minimum, Average)
def elementwise(op: Op, site: Site) -> Layers:
    return getattr(keras.layers, op.keras)(name=site.path)


@lowers(Concat)
def concat(op: Concat, site: Site) -> Layers:
    return keras.layers.Concatenate(axis=op.axis if op.axis < 0 else op.axis + 1, name=site.path)


@lowers(Matmul)
def matmul(op: Matmul, site: Site) -> Layers:
    if len(site.output) == 2:
        return keras.layers.Dot(axes=(2, 2 if op.transpose_b else 1), name=site.path)
    return MatMul(op.transpose_b, name=site.path)
