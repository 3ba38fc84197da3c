"""Poolings. Padding in numbers is left to Keras's own layers wherever these come to the same result."""

from __future__ import annotations

from typing import Any

from archdsl.backends.keras.layers.pooling import AdaptiveAveragePooling, PaddedAveragePooling, PaddedMaxPooling
from archdsl.backends.keras.lowering.spatial import by_rank, zeros
from archdsl.backends.keras.registry import Layers, Site, lowers
from archdsl.ops.base import known, per_axis
from archdsl.ops.pooling import AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from archdsl.ops.sliding import Pairs, pad_pairs, same_pads


def window(op: MaxPool | AvgPool, site: Site) -> dict[str, Any]:
    """The arguments that the poolings of Keras share."""
    return {
        "pool_size": per_axis(op.k, site.rank, "k"),
        "strides": per_axis(op.step, site.rank, "stride"),
        "name": site.path,
    }


def rule(op: MaxPool | AvgPool, site: Site) -> tuple[str, Pairs]:
    """Keras's ``padding`` that pads as the op does, or ``""`` if neither does; and the op's numbers, if it has any."""
    if isinstance(op.pad, str):
        return op.pad, ()
    pairs = pad_pairs(op.pad, site.rank)
    if not any(map(any, pairs)):
        return "valid", ()
    ks, strides = per_axis(op.k, site.rank, "k"), per_axis(op.step, site.rank, "stride")
    same = tuple(same_pads(n, k, s) for n, k, s in zip(site.inputs[0], ks, strides, strict=False))
    return ("same" if pairs == same else ""), pairs


@lowers(MaxPool)
def max_pool(op: MaxPool, site: Site) -> Layers:
    pad, pairs = rule(op, site)
    if pad:
        return by_rank("MaxPooling", site)(padding=pad, **window(op, site))
    if site.nonnegative:
        return zeros(pairs, site), by_rank("MaxPooling", site)(padding="valid", **window(op, site))
    return PaddedMaxPooling(pads=pairs, **window(op, site))


@lowers(AvgPool)
def avg_pool(op: AvgPool, site: Site) -> Layers:
    pad, pairs = rule(op, site)
    if pairs and op.count_pad:
        return zeros(pairs, site), by_rank("AveragePooling", site)(padding="valid", **window(op, site))
    # On torch, Keras's "same" counts the padding of a side that has more of it.
    lopsided = any(before != after for before, after in pairs)
    if pad and not lopsided:
        return by_rank("AveragePooling", site)(padding=pad, **window(op, site))
    return PaddedAveragePooling(pads=pairs, **window(op, site))


@lowers(GlobalAvgPool)
def global_avg_pool(op: GlobalAvgPool, site: Site) -> Layers:
    return by_rank("GlobalAveragePooling", site)(keepdims=op.keepdims, name=site.path)


@lowers(GlobalMaxPool)
def global_max_pool(op: GlobalMaxPool, site: Site) -> Layers:
    return by_rank("GlobalMaxPooling", site)(keepdims=op.keepdims, name=site.path)


@lowers(AdaptiveAvgPool)
def adaptive_avg_pool(op: AdaptiveAvgPool, site: Site) -> Layers:
    sizes = per_axis(op.size, site.rank, "size")
    spatial = [known(n, "the map") for n in site.inputs[0][:-1]]
    if any(n % size for n, size in zip(spatial, sizes, strict=True)):
        return AdaptiveAveragePooling(sizes, name=site.path)
    steps = tuple(n // size for n, size in zip(spatial, sizes, strict=True))
    return by_rank("AveragePooling", site)(steps, strides=steps, padding="valid", name=site.path)
