"""Activations."""

from __future__ import annotations

from archdsl.backends.python.registry import Lowered, Site, called, expression, frozen, initializer, lowers, penalty
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
def activation(op: Op, site: Site) -> Lowered:
    """Activations with the same name in Keras and no arguments."""
    return called("Activation", ("activation", op.name))


@lowers(Relu)
def relu(op: Relu, site: Site) -> Lowered:
    return called("ReLU")


@lowers(Relu6)
def relu6(op: Relu6, site: Site) -> Lowered:
    return called("ReLU", ("max_value", 6.0))


@lowers(LeakyRelu)
def leaky_relu(op: LeakyRelu, site: Site) -> Lowered:
    return called("LeakyReLU", ("negative_slope", op.slope))


@lowers(Prelu)
def prelu(op: Prelu, site: Site) -> Lowered:
    rank = max(site.ranks)
    shared = {"channel": tuple(range(1, rank)), "tensor": tuple(range(1, rank + 1)), "element": ()}[op.per]
    return called(
        "PReLU",
        alpha_initializer=initializer(op),
        alpha_regularizer=penalty(op),
        shared_axes=shared or None,
        **frozen(op),
    )


@lowers(Elu)
def elu(op: Elu, site: Site) -> Lowered:
    return called("ELU", alpha=op.alpha)


@lowers(Gelu)
def gelu(op: Gelu, site: Site) -> Lowered:
    return (
        expression("ops.gelu({0}, approximate=True)")
        if op.approximate
        else called("Activation", ("activation", "gelu"))
    )


@lowers(QuickGelu)
def quick_gelu(op: QuickGelu, site: Site) -> Lowered:
    return expression("{0} * ops.sigmoid(1.702 * {0})")


@lowers(Softmax)
def softmax(op: Softmax, site: Site) -> Lowered:
    return called("Softmax", axis=op.axis if op.axis < 0 else op.axis + 1)
