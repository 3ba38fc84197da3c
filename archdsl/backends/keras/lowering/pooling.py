"""Poolings. Numeric padding is left to Keras's own layers where these give the same result."""

from __future__ import annotations

from typing import Any

from keras import ops

from archdsl.backends.keras.layers.functions import adaptive_average, average_inside
from archdsl.backends.keras.lowering.spatial import by_rank, zeros
from archdsl.backends.keras.registry import Site, Tensor, lowers
from archdsl.ops.base import known, per_axis
from archdsl.ops.pooling import AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from archdsl.ops.sliding import Pairs, same_pads


def window(op: MaxPool | AvgPool, site: Site) -> dict[str, Any]:
    """The arguments that Keras's poolings share."""
    return {"pool_size": per_axis(op.k, site.rank, "k"), "strides": per_axis(op.step, site.rank, "stride")}


def rule(op: MaxPool | AvgPool, site: Site) -> tuple[str, Pairs]:
    """Keras's ``padding`` that equals the op's, or ``""`` if neither does; and the op's numbers, if it has any."""
    pairs = op.edges(site.inputs[0])
    if isinstance(pairs, str):
        return pairs, ()
    if not any(map(any, pairs)):
        return "valid", ()
    ks, strides = per_axis(op.k, site.rank, "k"), per_axis(op.step, site.rank, "stride")
    same = tuple(same_pads(n, k, s) for n, k, s in zip(site.inputs[0], ks, strides, strict=False))
    return ("same" if pairs == same else ""), pairs


@lowers(MaxPool)
def max_pool(op: MaxPool, site: Site, x: Tensor) -> Tensor:
    pad, pairs = rule(op, site)
    if not pad:
        # Padding must not win: it is minus infinity where zeros could.
        x = zeros(pairs, site, x) if site.nonnegative else _padded(x, pairs, -float("inf"))
    return by_rank("MaxPooling", site)(padding=pad or "valid", name=site.path, **window(op, site))(x)


@lowers(AvgPool)
def avg_pool(op: AvgPool, site: Site, x: Tensor) -> Tensor:
    pad, pairs = rule(op, site)
    if pairs and op.count_pad and op.ceil_mode:
        # The padding is part of the map, and what lies beyond it is not.
        pads, extra = op.overhang(site.inputs[0])
        x, pad, pairs = zeros(pads, site, x), "", tuple((0, n) for n in extra)
    elif pairs and op.count_pad:
        layer = by_rank("AveragePooling", site)(padding="valid", name=site.path, **window(op, site))
        return layer(zeros(pairs, site, x))
    # On torch, Keras's "same" counts the padding of a side that has more of it.
    lopsided = any(before != after for before, after in pairs)
    if pad and not lopsided:
        return by_rank("AveragePooling", site)(padding=pad, name=site.path, **window(op, site))(x)
    size, strides = per_axis(op.k, site.rank, "k"), per_axis(op.step, site.rank, "stride")
    return average_inside(x, size, strides, pairs)


def _padded(x: Tensor, pairs: Pairs, value: float) -> Tensor:
    return ops.pad(x, [(0, 0), *pairs, (0, 0)], constant_values=value)


@lowers(GlobalAvgPool)
def global_avg_pool(op: GlobalAvgPool, site: Site, x: Tensor) -> Tensor:
    return by_rank("GlobalAveragePooling", site)(keepdims=op.keepdims, name=site.path)(x)


@lowers(GlobalMaxPool)
def global_max_pool(op: GlobalMaxPool, site: Site, x: Tensor) -> Tensor:
    return by_rank("GlobalMaxPooling", site)(keepdims=op.keepdims, name=site.path)(x)


@lowers(AdaptiveAvgPool)
def adaptive_avg_pool(op: AdaptiveAvgPool, site: Site, x: Tensor) -> Tensor:
    sizes = per_axis(op.size, site.rank, "size")
    spatial = [known(n, "the map") for n in site.inputs[0][:-1]]
    if not any(n % size for n, size in zip(spatial, sizes, strict=True)):
        steps = tuple(n // size for n, size in zip(spatial, sizes, strict=True))
        return by_rank("AveragePooling", site)(steps, strides=steps, padding="valid", name=site.path)(x)
    return adaptive_average(x, sizes)
