"""Activations, as modules."""

from __future__ import annotations

from archdsl.backends.code.values import CALL, Argument, code, make
from archdsl.backends.torch.code import Lowered, entry, helped, shaped
from archdsl.backends.torch.lowering.initial import started
from archdsl.backends.torch.registry import FIRST, Orders, Site, in_order, lowers, moved, sizes
from archdsl.graph.dims import Shape
from archdsl.ops import activation as ops
from archdsl.ops.base import Op


def _plain(op: type[Op], callee: str, **arguments: Argument) -> None:
    made = Lowered(CALL, make(callee, **arguments))
    lowers(op)(lambda op, site: made)


_plain(ops.Relu, "nn.ReLU")
_plain(ops.Relu6, "nn.ReLU6")
_plain(ops.Silu, "nn.SiLU")
_plain(ops.HardSilu, "nn.Hardswish")
_plain(ops.HardSigmoid, "nn.Hardsigmoid")
_plain(ops.Sigmoid, "nn.Sigmoid")
_plain(ops.Tanh, "nn.Tanh")
_plain(ops.Softplus, "nn.Softplus")
_plain(ops.Mish, "nn.Mish")


@lowers(ops.LeakyRelu)
def leaky_relu(op: ops.LeakyRelu, site: Site) -> Lowered:
    return Lowered(CALL, make("nn.LeakyReLU", ("negative_slope", op.slope)))


@lowers(ops.Elu)
def elu(op: ops.Elu, site: Site) -> Lowered:
    return Lowered(CALL, make("nn.ELU", alpha=op.alpha) if op.alpha != 1 else make("nn.ELU"))


@lowers(ops.Gelu)
def gelu(op: ops.Gelu, site: Site) -> Lowered:
    return Lowered(CALL, make("nn.GELU", approximate="tanh") if op.approximate else make("nn.GELU"))


@lowers(ops.QuickGelu)
def quick_gelu(op: ops.QuickGelu, site: Site) -> Lowered:
    return Lowered(CALL, make("QuickGELU"), helpers=helped("QuickGELU"))


@lowers(ops.Softmax)
def softmax(op: ops.Softmax, site: Site) -> Lowered:
    return Lowered(CALL, make("nn.Softmax", dim=site.dim(op.axis)))


def _slopes(op: ops.Prelu, inputs: tuple[Shape, ...], output: Shape) -> Orders:
    return Orders(takes=FIRST if op.per == "channel" and len(output) > 1 else None)


@lowers(ops.Prelu, orders=_slopes)
def prelu(op: ops.Prelu, site: Site) -> Lowered:
    if op.per == "element":
        shape = in_order(sizes(site.inputs[0]), site.takes)
        slopes = started(op.init, shape, sizes(site.inputs[0]))
        back = entry("", "alpha", moved(len(shape), site.takes))
        return Lowered(code("torch.where({0} > 0, {0}, {self} * {0})"), slopes, (back,))
    count = site.channels if op.per == "channel" else 1
    made = make("nn.PReLU", ("num_parameters", count)) if count != 1 else make("nn.PReLU")
    return Lowered(CALL, made, (entry("weight", "alpha", shaped(count)),))
