"""Poolings. Numeric padding is left to Keras's own layers where these give the same result."""

from __future__ import annotations

from archdsl.backends.code.values import Argument, Code, Literal, Make, make
from archdsl.backends.python.lowering.convolution import zeros
from archdsl.backends.python.registry import Lowered, Site, called, expression, lowers, one
from archdsl.ops.base import known, per_axis
from archdsl.ops.pooling import AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from archdsl.ops.sliding import Pairs, same_pads


def _layer(kind: str, op: MaxPool | AvgPool, site: Site, padding: str) -> Make:
    size, strides = one(per_axis(op.k, site.rank, "k")), one(per_axis(op.step, site.rank, "stride"))
    return make(f"layers.{kind}{site.rank}D", ("pool_size", size), strides=strides, padding=padding)


def _rule(op: MaxPool | AvgPool, site: Site) -> tuple[str, Pairs]:
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
def max_pool(op: MaxPool, site: Site) -> Lowered:
    padding, pairs = _rule(op, site)
    made = _layer("MaxPooling", op, site, padding or "valid")
    if padding:
        return Lowered(Code("{self}({0})"), made)
    if site.is_nonnegative:  # zeros do not win
        padded = zeros(pairs, site)
        return Lowered(Code(f"{{self}}({padded.template})", padded.literals), made)
    pads: Literal = ((0, 0), *pairs, (0, 0))
    return Lowered(Code('{self}(ops.pad({0}, {pad}, constant_values=-float("inf")))', (("pad", pads),)), made)


@lowers(AvgPool)
def avg_pool(op: AvgPool, site: Site) -> Lowered:
    padding, pairs = _rule(op, site)
    padded = Code("{0}")
    if pairs and op.count_pad and op.ceil_mode:
        # The padding is part of the map, and what lies beyond it is not.
        pads, extra = op.overhang(site.inputs[0])
        padded, padding, pairs = zeros(pads, site), "", tuple((0, n) for n in extra)
    elif pairs and op.count_pad:
        padded = zeros(pairs, site)
        made = _layer("AveragePooling", op, site, "valid")
        return Lowered(Code(f"{{self}}({padded.template})", padded.literals), made)
    if padding and not any(before != after for before, after in pairs):
        return Lowered(Code("{self}({0})"), _layer("AveragePooling", op, site, padding))
    strides = per_axis(op.step, site.rank, "stride")
    literals = (*padded.literals, ("size", per_axis(op.k, site.rank, "k")), ("strides", strides), ("inside", pairs))
    text = f"average_inside({padded.template}, {{size}}, {{strides}}, {{inside}})"
    return Lowered(Code(text, literals), None, frozenset({"average_inside"}))


@lowers(GlobalAvgPool)
def global_avg_pool(op: GlobalAvgPool, site: Site) -> Lowered:
    return called(f"GlobalAveragePooling{site.rank}D", keepdims=op.keepdims)


@lowers(GlobalMaxPool)
def global_max_pool(op: GlobalMaxPool, site: Site) -> Lowered:
    return called(f"GlobalMaxPooling{site.rank}D", keepdims=op.keepdims)


@lowers(AdaptiveAvgPool)
def adaptive_avg_pool(op: AdaptiveAvgPool, site: Site) -> Lowered:
    sizes = per_axis(op.size, site.rank, "size")
    spatial = [known(n, "the map") for n in site.inputs[0][:-1]]
    if not any(n % size for n, size in zip(spatial, sizes, strict=True)):
        steps: Argument = one(tuple(n // size for n, size in zip(spatial, sizes, strict=True)))
        return called(f"AveragePooling{site.rank}D", ("pool_size", steps))
    return expression("adaptive_average({0}, {size})", "adaptive_average", size=sizes)
