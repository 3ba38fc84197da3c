"""Poolings."""

from __future__ import annotations

from archdsl.backends.onnx.lowering.products import along
from archdsl.backends.onnx.lowering.windows import padding
from archdsl.backends.onnx.program import Attribute, Value
from archdsl.backends.onnx.registry import FIRST, lowers
from archdsl.backends.onnx.site import Site
from archdsl.backends.tables import window_means
from archdsl.graph.dims import Dim
from archdsl.ops.base import known, per_axis
from archdsl.ops.pooling import AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from archdsl.ops.sliding import Pairs


def _window(op: MaxPool | AvgPool, site: Site, pads: str | Pairs, sizes: tuple[Dim, ...]) -> dict[str, Attribute]:
    k, strides = per_axis(op.k, site.rank, "k"), per_axis(op.step, site.rank, "stride")
    return {"kernel_shape": k, "strides": strides, **padding(pads, sizes, k, strides)}


@lowers(MaxPool, takes=FIRST)
def max_pool(op: MaxPool, site: Site, x: str) -> str:
    (shape,) = site.inputs
    return site.emit("MaxPool", x, **_window(op, site, op.edges(shape), shape[:-1]))


@lowers(AvgPool, takes=FIRST)
def avg_pool(op: AvgPool, site: Site, x: str) -> str:
    """The overhang of ``ceil_mode`` never counts in the mean. Padding that counts becomes part of the map."""
    (shape,) = site.inputs
    counts = op.count_pad and not isinstance(op.pad, str)
    if not (counts and op.ceil_mode):
        window = _window(op, site, op.edges(shape), shape[:-1])
        return site.emit("AveragePool", x, count_include_pad=int(counts), **window)
    pads, extra = op.overhang(shape)
    if any(map(any, pads)):
        befores, afters = zip(*pads, strict=True)
        x = site.emit("Pad", x, site.ints(0, 0, *befores, 0, 0, *afters))
    beyond = tuple((0, n) for n in extra)
    return site.emit("AveragePool", x, count_include_pad=0, **_window(op, site, beyond, shape[:-1]))


@lowers(GlobalAvgPool, takes=FIRST)
def global_avg_pool(op: GlobalAvgPool, site: Site, x: str) -> Value:
    return _whole("GlobalAveragePool", op, site, x)


@lowers(GlobalMaxPool, takes=FIRST)
def global_max_pool(op: GlobalMaxPool, site: Site, x: str) -> Value:
    return _whole("GlobalMaxPool", op, site, x)


def _whole(kind: str, op: GlobalAvgPool | GlobalMaxPool, site: Site, x: str) -> Value:
    made = site.emit(kind, x)
    return Value(made, first=True) if op.keepdims else Value(site.emit("Flatten", made, axis=1))


@lowers(AdaptiveAvgPool, takes=FIRST)
def adaptive_avg_pool(op: AdaptiveAvgPool, site: Site, x: str) -> str:
    """The mean over a box is separable: a product with one matrix for each dimension."""
    sizes = per_axis(op.size, site.rank, "size")
    spatial = [known(n, "the map") for n in site.inputs[0][:-1]]
    if not any(n % size for n, size in zip(spatial, sizes, strict=True)):
        steps = tuple(n // size for n, size in zip(spatial, sizes, strict=True))
        return site.emit("AveragePool", x, kernel_shape=steps, strides=steps)
    for axis, (n, size) in enumerate(zip(spatial, sizes, strict=True)):
        x = along(site, x, axis + 2, site.table("means", window_means(n, size)))
    return x
