"""Resampling: along each dimension, an output is a weighted sum of the inputs around its place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from archdsl.ops.resize import Resize, Upsample
from tests.reference.definitions import Array, Call, defines, each


def _triangle(x: Array) -> Array:
    return np.maximum(1 - np.abs(x), 0)


def _cubic(x: Array) -> Array:
    """Keys's cubic convolution with a = -1/2."""
    x = np.abs(x)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(radius: int) -> Callable[[Array], Array]:
    return lambda x: np.where(np.abs(x) < radius, np.sinc(x) * np.sinc(x / radius), 0)


_FILTERS: dict[str, Callable[[Array], Array]] = {
    "bilinear": _triangle,
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}


def _matrix(n: int, m: int, method: str, antialias: bool) -> Array:
    """``[m, n]``: how much each of ``n`` inputs has in each of ``m`` outputs. Centres of pixels lie at halves."""
    centres = (np.arange(m) + 0.5) * n / m
    if method == "nearest":
        return np.eye(n)[np.floor(centres).astype(int)]
    wider = max(n / m, 1.0) if antialias else 1.0
    weights = _FILTERS[method]((centres[:, None] - (np.arange(n) + 0.5)) / wider)
    return weights / weights.sum(1, keepdims=True)  # what lies beyond the edge has no say


def _resampled(x: Array, sizes: tuple[int, ...], method: str, antialias: bool) -> Array:
    for axis, size in enumerate(sizes, 1):
        x = np.moveaxis(np.tensordot(_matrix(x.shape[axis], size, method, antialias), x, (1, axis)), 0, axis)
    return x


@defines(Upsample)
def upsample(op: Upsample, call: Call) -> Array:
    factors = zip(call.x.shape[1:-1], each(op.size, call.rank), strict=True)
    return _resampled(call.x, tuple(n * factor for n, factor in factors), op.method, antialias=False)


@defines(Resize)
def resize(op: Resize, call: Call) -> Array:
    size = call.inputs[1].shape[1:-1] if op.size is None else each(op.size, call.rank)
    return _resampled(call.x, size, op.method, op.antialias)
