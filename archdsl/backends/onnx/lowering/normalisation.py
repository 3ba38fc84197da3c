"""Normalisations."""

from __future__ import annotations

import numpy as np

from archdsl.backends.onnx.initial import ONES, ZEROS
from archdsl.backends.onnx.registry import FIRST, lowers
from archdsl.backends.onnx.scope import Scope
from archdsl.backends.onnx.site import Site
from archdsl.ops.axes import known_channels
from archdsl.ops.normalisation import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RmsNorm


def _affine(op: BatchNorm | LayerNorm | InstanceNorm, site: Site) -> list[str]:
    """Gain and offset, which ONNX's operators require."""
    channels = known_channels(site.inputs[0])
    gain = site.weight("gamma", op.init or ONES) if op.scale else site.table("ones", np.ones(channels))
    offset = site.weight("beta", op.bias_init or ZEROS) if op.center else site.table("zeros", np.zeros(channels))
    return [gain, offset]


@lowers(BatchNorm, takes=FIRST)
def batch_norm(op: BatchNorm, site: Site, x: str) -> str:
    running = (site.weight("moving_mean", ZEROS), site.weight("moving_variance", ONES))
    return site.emit("BatchNormalization", x, *_affine(op, site), *running, epsilon=op.eps)


@lowers(LayerNorm)
def layer_norm(op: LayerNorm, site: Site, x: str) -> str:
    return site.emit("LayerNormalization", x, *_affine(op, site), axis=-1, epsilon=op.eps)


@lowers(InstanceNorm, takes=FIRST)
def instance_norm(op: InstanceNorm, site: Site, x: str) -> str:
    return site.emit("InstanceNormalization", x, *_affine(op, site), epsilon=op.eps)


@lowers(GroupNorm, takes=FIRST)
def group_norm(op: GroupNorm, site: Site, x: str) -> str:
    """An instance norm of the groups, whose channels are contiguous, then gain and offset."""
    ones, zeros = (site.table(what, np.full(op.groups, float(what == "ones"))) for what in ("ones", "zeros"))
    grouped = site.emit("Reshape", x, site.ints(0, op.groups, -1))
    normed = site.emit("InstanceNormalization", grouped, ones, zeros, epsilon=op.eps)
    whole = site.emit("Reshape", normed, site.emit("Shape", x))
    scaled = site.emit("Mul", whole, site.weight_beside("gamma", op.init or ONES))
    return site.emit("Add", scaled, site.weight_beside("beta", op.bias_init or ZEROS))


@lowers(RmsNorm)
def rms_norm(op: RmsNorm, site: Site, x: str) -> str:
    normed = root_mean_square(site, x, op.eps)
    return site.emit("Mul", normed, site.weight("scale", op.init or ONES)) if op.scale else normed


def root_mean_square(scope: Scope, x: str, eps: float) -> str:
    """``x`` divided by its root mean square along the last axis."""
    squares = scope.emit("ReduceMean", scope.emit("Mul", x, x), scope.ints(-1), keepdims=1)
    return scope.emit("Div", x, scope.emit("Sqrt", scope.emit("Add", squares, scope.number(eps))))


@lowers(LocalResponseNorm, takes=FIRST)
def local_response_norm(op: LocalResponseNorm, site: Site, x: str) -> str:
    """ONNX's own operator for images with an odd window; otherwise means along the channels.

    What lies beyond the first and the last channel is zero, and counts in these means.
    """
    weight = op.alpha if op.divide else op.alpha * op.size
    if op.size % 2 and site.rank == 2:
        return site.emit("LRN", x, size=op.size, alpha=weight, beta=op.beta, bias=op.k)
    before, after = op.size // 2, (op.size - 1) // 2
    lined = site.emit("Reshape", site.emit("Mul", x, x), site.ints(0, 1, known_channels(site.inputs[0]), -1))
    pads = (before, 0, after, 0)
    means = site.emit("AveragePool", lined, kernel_shape=(op.size, 1), pads=pads, count_include_pad=1)
    weighted = site.emit("Mul", site.emit("Reshape", means, site.emit("Shape", x)), site.number(weight))
    divisor = site.emit("Pow", site.emit("Add", weighted, site.number(op.k)), site.number(op.beta))
    return site.emit("Div", x, divisor)
