"""Activations."""

from __future__ import annotations

from typing import Final

from archdsl.backends.onnx.registry import AS_THEY_COME, lowers
from archdsl.backends.onnx.site import Site
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
from archdsl.ops.axes import axis_index
from archdsl.ops.base import Op

_PLAIN: Final[dict[type[Op], str]] = {
    Relu: "Relu",
    HardSilu: "HardSwish",
    Sigmoid: "Sigmoid",
    Tanh: "Tanh",
    Softplus: "Softplus",
    Mish: "Mish",
}


@lowers(*_PLAIN, takes=AS_THEY_COME)
def activation(op: Op, site: Site, x: str) -> str:
    """Activations that are operators of ONNX without arguments."""
    return site.emit(_PLAIN[type(op)], x)


@lowers(Relu6, takes=AS_THEY_COME)
def relu6(_: Relu6, site: Site, x: str) -> str:
    return site.emit("Clip", x, site.number(0.0), site.number(6.0))


@lowers(HardSigmoid, takes=AS_THEY_COME)
def hard_sigmoid(_: HardSigmoid, site: Site, x: str) -> str:
    return site.emit("HardSigmoid", x, alpha=1 / 6, beta=0.5)


@lowers(LeakyRelu, takes=AS_THEY_COME)
def leaky_relu(op: LeakyRelu, site: Site, x: str) -> str:
    return site.emit("LeakyRelu", x, alpha=op.slope)


@lowers(Prelu, takes=AS_THEY_COME)
def prelu(op: Prelu, site: Site, x: str) -> str:
    return site.emit("PRelu", x, site.weight_beside("alpha", op.init))


@lowers(Elu, takes=AS_THEY_COME)
def elu(op: Elu, site: Site, x: str) -> str:
    return site.emit("Elu", x, alpha=op.alpha)


@lowers(Gelu, takes=AS_THEY_COME)
def gelu(op: Gelu, site: Site, x: str) -> str:
    return site.emit("Gelu", x, approximate="tanh" if op.approximate else "none")


@lowers(QuickGelu, takes=AS_THEY_COME)
def quick_gelu(_: QuickGelu, site: Site, x: str) -> str:
    return site.emit("Mul", x, site.emit("Sigmoid", site.emit("Mul", x, site.number(1.702))))


@lowers(Silu, takes=AS_THEY_COME)
def silu(_: Silu, site: Site, x: str) -> str:
    return site.emit("Mul", x, site.emit("Sigmoid", x))


@lowers(Softmax, takes=AS_THEY_COME)
def softmax(op: Softmax, site: Site, x: str) -> str:
    return site.emit("Softmax", x, axis=site.axis(axis_index(op.axis, site.inputs[0])))
