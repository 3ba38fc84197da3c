"""Resampling of maps: ONNX's Resize, or products with matrices for filters that it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import pi
from typing import Final

import numpy as np

from archdsl.backends.onnx.lowering.products import along
from archdsl.backends.onnx.program import ABSENT, FLOAT, Attribute
from archdsl.backends.onnx.registry import FIRST, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.base import per_axis
from archdsl.ops.resize import Resize, Upsample

_CENTRES: Final[dict[str, Attribute]] = {"coordinate_transformation_mode": "half_pixel"}
_METHODS: Final[Mapping[str, dict[str, Attribute]]] = {
    "nearest": {"mode": "nearest", "nearest_mode": "round_prefer_ceil"},
    "bilinear": {"mode": "linear"},
}


@lowers(Upsample, takes=FIRST)
def upsample(op: Upsample, site: Site, x: str) -> str:
    factors = per_axis(op.size, site.rank, "size")
    if op.method in _FILTERS:
        longer = [site.emit("Mul", site.length(x, axis + 2), site.ints(factor)) for axis, factor in enumerate(factors)]
        return _filtered(site, x, op.method, longer)
    scales = site.emit("Constant", value=np.array((1, 1, *factors), np.float32))
    return site.emit("Resize", x, ABSENT, scales, **_CENTRES, **_METHODS[op.method])


@lowers(Resize, takes=FIRST)
def resize(op: Resize, site: Site, x: str, *_like: str) -> str:
    if op.method in _FILTERS or (op.antialias and op.method == "bilinear"):
        sizes = [_sizes(site, axis, axis + 1) for axis in range(2)]
        return _filtered(site, x, op.method, sizes, antialias=op.antialias)
    # ONNX Runtime takes the sizes of all axes, and fails to load a model where `axes` says which they are of.
    lengths = site.emit("Concat", site.emit("Shape", x, end=2), _sizes(site, 0, 2), axis=0)
    return site.emit("Resize", x, ABSENT, ABSENT, lengths, **_CENTRES, **_METHODS[op.method])


def _sizes(site: Site, begin: int, end: int) -> str:
    """The output's spatial sizes: known, or those of the map ``like`` at run time."""
    sizes = [size for size in site.output[begin:end] if isinstance(size, int)]
    return site.ints(*sizes) if len(sizes) == end - begin else site.lengths_given(1, begin, end)


def _filtered(site: Site, x: str, method: str, sizes: Sequence[str], *, antialias: bool = False) -> str:
    """A product with a matrix for each dimension, computed from the sizes at run time.

    What a filter would take from beyond the edge is left out of its weights, which add up to 1. ONNX has no Lanczos
    filter; ONNX Runtime fails where "bicubic" shrinks a map and a transpose is next to it, and OpenVINO leaves nothing
    out.
    """
    for index, outputs in enumerate(sizes):
        inputs = site.length(x, index + 2)
        step = site.emit("Div", *(site.emit("Cast", length, to=FLOAT) for length in (inputs, outputs)))
        centres = site.emit("Unsqueeze", site.emit("Mul", _centres(site, outputs), step), site.ints(1))
        distances = site.emit("Abs", site.emit("Sub", centres, _centres(site, inputs)))
        if antialias:
            distances = site.emit("Div", distances, site.emit("Max", step, site.number(1.0)))
        weights = (_FILTERS.get(method) or _triangle)(site, distances)
        total = site.emit("ReduceSum", weights, site.ints(1), keepdims=1)
        x = along(site, x, index + 2, site.emit("Div", weights, total))
    return x


def _centres(site: Site, length: str) -> str:
    """The centres of pixels: 0.5, 1.5 and so on."""
    zero, one = (site.emit("Constant", value=np.array(n, np.int64)) for n in (0, 1))
    places = site.emit("Cast", site.emit("Range", zero, site.emit("Squeeze", length), one), to=FLOAT)
    return site.emit("Add", places, site.number(0.5))


def _sinc(site: Site, x: str) -> str:
    """``sin(pi x) / (pi x)``, 1 at 0."""
    angle = site.emit("Mul", x, site.number(pi))
    is_zero = site.emit("Equal", angle, site.number(0.0))
    return site.emit("Where", is_zero, site.number(1.0), site.emit("Div", site.emit("Sin", angle), angle))


def _within(site: Site, distances: str, radius: float, inside: str, outside: str | None = None) -> str:
    near = site.emit("Less", distances, site.number(radius))
    return site.emit("Where", near, inside, outside or site.number(0.0))


def _lanczos(radius: float) -> Callable[[Site, str], str]:
    def shape(site: Site, distances: str) -> str:
        wide = _sinc(site, site.emit("Div", distances, site.number(radius)))
        return _within(site, distances, radius, site.emit("Mul", _sinc(site, distances), wide))

    return shape


def _triangle(site: Site, distances: str) -> str:
    """The triangle filter of linear interpolation."""
    return site.emit("Max", site.emit("Sub", site.number(1.0), distances), site.number(0.0))


def _cubic(site: Site, distances: str) -> str:
    """Keys's cubic convolution with a = -1/2."""
    far = _polynomial(site, distances, -0.5, 2.5, -4.0, 2.0)
    return _within(
        site, distances, 1.0, _polynomial(site, distances, 1.5, -2.5, 0.0, 1.0), _within(site, distances, 2.0, far)
    )


def _polynomial(site: Site, x: str, *factors: float) -> str:
    """Horner's rule, highest power first."""
    value = site.number(factors[0])
    for factor in factors[1:]:
        value = site.emit("Add", site.emit("Mul", value, x), site.number(factor))
    return value


_FILTERS: Final[Mapping[str, Callable[[Site, str], str]]] = {
    "bicubic": _cubic,
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
}
