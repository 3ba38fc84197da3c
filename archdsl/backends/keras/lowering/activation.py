"""Activations."""

from __future__ import annotations

import keras

from archdsl.backends.keras.registry import Site, Tensor, initializer, lowers, penalty
from archdsl.ops.activation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSilu,
    LeakyRelu,
    Mish,
    Prelu,
    QuickGelu,
    Relu,
    Relu6,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from archdsl.ops.base import Op


@lowers(Silu, HardSilu, HardSigmoid, Sigmoid, Tanh, Softplus, Mish)
def activation(op: Op, site: Site, x: Tensor) -> Tensor:
    """Activations with the same name in Keras and no arguments."""
    return keras.layers.Activation(op.name, name=site.path)(x)


@lowers(Relu, Relu6)
def relu(op: Op, site: Site, x: Tensor) -> Tensor:
    return keras.layers.ReLU(6.0 if isinstance(op, Relu6) else None, name=site.path)(x)


@lowers(LeakyRelu)
def leaky_relu(op: LeakyRelu, site: Site, x: Tensor) -> Tensor:
    return keras.layers.LeakyReLU(op.slope, name=site.path)(x)


@lowers(Prelu)
def prelu(op: Prelu, site: Site, x: Tensor) -> Tensor:
    rank = len(site.inputs[0])
    shared = {"channel": range(1, rank), "tensor": range(1, rank + 1), "element": ()}[op.per]
    return site.layer(
        keras.layers.PReLU,
        alpha_initializer=initializer(op),
        alpha_regularizer=penalty(op),
        shared_axes=list(shared) or None,
        trainable=op.trainable,
    )(x)


@lowers(Elu)
def elu(op: Elu, site: Site, x: Tensor) -> Tensor:
    return keras.layers.ELU(op.alpha, name=site.path)(x)


@lowers(Gelu)
def gelu(op: Gelu, site: Site, x: Tensor) -> Tensor:
    if op.approximate:
        return keras.ops.gelu(x, approximate=True)
    return keras.layers.Activation("gelu", name=site.path)(x)


@lowers(QuickGelu)
def quick_gelu(_op: QuickGelu, _site: Site, x: Tensor) -> Tensor:
    return keras.ops.multiply(x, keras.ops.sigmoid(keras.ops.multiply(x, 1.702)))


@lowers(Softmax)
def softmax(op: Softmax, site: Site, x: Tensor) -> Tensor:
    return keras.layers.Softmax(op.axis if op.axis < 0 else op.axis + 1, name=site.path)(x)
