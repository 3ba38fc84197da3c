"""Activations, as layers of Keras, so that a saved model loads without archdsl."""

from __future__ import annotations

import keras

from archdsl.backends.keras.layers.activation import TanhGelu
from archdsl.backends.keras.registry import Layers, Site, initializer, lowers, penalty
from archdsl.ops.activation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSilu,
    LeakyRelu,
    Mish,
    Prelu,
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
def activation(op: Op, site: Site) -> Layers:
    """Those whose name Keras shares and that have no arguments."""
    return keras.layers.Activation(op.name, name=site.path)


@lowers(Relu, Relu6)
def relu(op: Op, site: Site) -> Layers:
    return keras.layers.ReLU(6.0 if isinstance(op, Relu6) else None, name=site.path)


@lowers(LeakyRelu)
def leaky_relu(op: LeakyRelu, site: Site) -> Layers:
    return keras.layers.LeakyReLU(op.slope, name=site.path)


@lowers(Prelu)
def prelu(op: Prelu, site: Site) -> Layers:
    rank = len(site.inputs[0])
    shared = {"channel": range(1, rank), "tensor": range(1, rank + 1), "element": ()}[op.per]
    return keras.layers.PReLU(
        alpha_initializer=initializer(op),
        alpha_regularizer=penalty(op),
        shared_axes=list(shared) or None,
        trainable=op.trainable,
        name=site.path,
    )


@lowers(Elu)
def elu(op: Elu, site: Site) -> Layers:
    return keras.layers.ELU(op.alpha, name=site.path)


@lowers(Gelu)
def gelu(op: Gelu, site: Site) -> Layers:
    return TanhGelu(name=site.path) if op.approximate else keras.layers.Activation("gelu", name=site.path)


@lowers(Softmax)
def softmax(op: Softmax, site: Site) -> Layers:
    return keras.layers.Softmax(op.axis if op.axis < 0 else op.axis + 1, name=site.path)
