"""Canonicalises a flat graph: rewrite rules, each a function, are applied to a fixed point.

A rule looks at an op and at what made its inputs, and gives another value for it. What nothing uses any more is dropped
after each pass. No rule changes what a model computes: ``tests/keras/test_intake.py`` compares outputs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from archdsl.intake import spelled
from archdsl.intake.conventions import aligned
from archdsl.intake.flat import Flat, FlatGraph
from archdsl.intake.numbers import shortest
from archdsl.intake.site import Rule, Site
from archdsl.ops.axes import side_pairs
from archdsl.ops.base import Op, per_axis
from archdsl.ops.convolution import Conv, DepthwiseConv, SeparableConv
from archdsl.ops.elementwise import Clip
from archdsl.ops.extent import Pad, Roll, Slice
from archdsl.ops.input import Rescale
from archdsl.ops.joining import Mul
from archdsl.ops.pooling import AdaptiveAvgPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from archdsl.ops.reduction import Max, Mean
from archdsl.ops.registry import OPS
from archdsl.ops.reshape import Flatten, Permute, Reshape
from archdsl.ops.sliding import pad_pairs, same_pads


def _zeros(made: Flat | None) -> tuple[tuple[int, int], ...] | None:
    """The places that a pad of zeros adds, for each spatial dimension."""
    if made is None or not isinstance(made.op, Pad):
        return None
    op = made.op
    if op.mode != "constant" or op.value != 0 or op.channels not in (0, (0, 0)):
        return None
    return side_pairs(op.size, len(made.shape) - 1, "size")


def pad_into_window(site: Site) -> str | None:
    """Zeros around a map, and then a window without padding: the padding of the window.

    The padding of ``max_pool`` never wins, so its map must not be below zero.
    """
    op = site.node.op
    if not isinstance(op, Conv | DepthwiseConv | SeparableConv | MaxPool | AvgPool) or op.pad != "valid":
        return None
    made = site.maker()
    if made is None or (pairs := _zeros(made)) is None:
        return None
    if isinstance(op, MaxPool | AvgPool) and op.ceil_mode:
        return None
    if isinstance(op, MaxPool) and not site.is_nonnegative(made.inputs[0]):
        return None
    if isinstance(op, MaxPool | AvgPool):
        ks = per_axis(op.k, len(pairs), "k")
        if any(max(pair) >= k for pair, k in zip(pairs, ks, strict=True)):
            return None
    return site.emit(op.model_copy(update={"pad": shortest(pairs)}), made.inputs[0], *site.inputs[1:])


def pad_by_rule(site: Site) -> str | None:
    """Padding of a convolution in the numbers that the rule "same" gives for this map: the rule."""
    op = site.node.op
    if not isinstance(op, Conv | DepthwiseConv | SeparableConv) or isinstance(op.pad, str):
        return None
    map_ = site.graph.shape(site.inputs[0])[:-1]
    rank = len(map_)
    found = [
        same_pads(n, (k - 1) * d + 1, s)
        for n, k, s, d in zip(
            map_,
            per_axis(op.k, rank, "k"),
            per_axis(op.stride, rank, "stride"),
            per_axis(op.dilation, rank, "dilation"),
            strict=True,
        )
    ]
    if tuple(found) != pad_pairs(op.pad, rank):
        return None
    return site.emit(op.model_copy(update={"pad": "same"}), *site.inputs)


def valid_by_default(site: Site) -> str | None:
    """A window that needs no padding by either rule for this map: "same" is the default."""
    op = site.node.op
    if not isinstance(op, Conv | DepthwiseConv | SeparableConv | MaxPool | AvgPool) or op.pad != "valid":
        return None
    if isinstance(op, MaxPool | AvgPool) and op.ceil_mode:
        return None
    map_ = site.graph.shape(site.inputs[0])[:-1]
    ks = per_axis(op.k, len(map_), "k")
    strides = per_axis(op.step if isinstance(op, MaxPool | AvgPool) else op.stride, len(map_), "stride")
    dilations = (1,) * len(map_) if isinstance(op, MaxPool | AvgPool) else per_axis(op.dilation, len(map_), "dilation")
    for n, k, s, d in zip(map_, ks, strides, dilations, strict=True):
        if k != 1 and same_pads(n, (k - 1) * d + 1, s) != (0, 0):
            return None
    return site.emit(op.model_copy(update={"pad": "same"}), *site.inputs)


def pooled_with_dims(site: Site) -> str | None:
    """A map pooled to one value, and reshaped to a map of one place: pooled with its dimensions kept."""
    if not isinstance(site.node.op, Reshape):
        return None
    made = site.maker()
    if made is None or not isinstance(made.op, GlobalAvgPool | GlobalMaxPool) or made.op.keepdims:
        return None
    kept = made.op.model_copy(update={"keepdims": True})
    if kept.shape(site.graph.shape(made.inputs[0])) != site.node.shape:
        return None
    return site.emit(kept, made.inputs[0])


def pooled_as_reduced(site: Site) -> str | None:
    """The mean or the largest along all axes of a map but the channels: pooled to one place."""
    op, rank = site.node.op, len(site.graph.shape(site.inputs[0])) if site.inputs else 0
    if not isinstance(op, Mean | Max) or not 2 <= rank <= 4:
        return None
    axes = {axis % rank for axis in ((op.axis,) if isinstance(op.axis, int) else op.axis)}
    if axes != {*range(rank - 1)}:
        return None
    pool = GlobalAvgPool if isinstance(op, Mean) else GlobalMaxPool
    return site.emit(pool(keepdims=op.keepdims), *site.inputs)


def reshaped_in_vain(site: Site) -> str | None:
    """A reshape to the same shape: the identity."""
    is_view = isinstance(site.node.op, Reshape | Flatten)
    return site.inputs[0] if is_view and site.graph.shape(site.inputs[0]) == site.node.shape else None


def reshaped_twice(site: Site) -> str | None:
    """A reshape of a reshape: the last one."""
    made = site.maker() if isinstance(site.node.op, Reshape) else None
    if made is None or not isinstance(made.op, Reshape | Flatten) or getattr(made.op, "order", "hwc") != "hwc":
        return None
    return site.emit(site.node.op, made.inputs[0])


def flattened(site: Site) -> str | None:
    """A reshape to one dimension, of a map that pooling has left one place: flattened."""
    if isinstance(site.node.op, Reshape) and len(site.node.shape) == 1:
        return site.emit(OPS["flatten"](), *site.inputs)
    return None


def rolled_alike(site: Site) -> str | None:
    """The same shift along all dimensions: one number."""
    op = site.node.op
    if not isinstance(op, Roll) or isinstance(op.shift, int) or len({*op.shift}) > 1:
        return None
    return site.emit(op.model_copy(update={"shift": op.shift[0]}), *site.inputs)


def pool_by_rule(site: Site) -> str | None:
    """Padding of a pooling in numbers that a rule gives for this map, where what the numbers add has no part in it."""
    op = site.node.op
    if not isinstance(op, MaxPool | AvgPool) or (isinstance(op.pad, str) and not op.ceil_mode):
        return None
    map_ = site.graph.shape(site.inputs[0])[:-1]
    pairs = op.edges(site.graph.shape(site.inputs[0]))
    ks, strides = (per_axis(given, len(map_), name) for given, name in ((op.k, "k"), (op.step, "stride")))
    rule = "" if isinstance(pairs, str) or any(map(any, pairs)) else "valid"
    if not rule and (isinstance(op, MaxPool) or not op.count_pad):
        same = tuple(same_pads(n, k, s) for n, k, s in zip(map_, ks, strides, strict=True))
        rule = "same" if pairs == same else ""
    changed = {"pad": rule, "ceil_mode": False} | ({"count_pad": True} if isinstance(op, AvgPool) else {})
    return site.emit(op.model_copy(update=changed), *site.inputs) if rule else None


def padded_alike(site: Site) -> str | None:
    """Padding in numbers for each side, in the shortest form."""
    op = site.node.op
    if not isinstance(op, Pad):
        return None
    size = shortest(side_pairs(op.size, len(site.node.shape) - 1, "size"))
    return site.emit(op.model_copy(update={"size": size}), *site.inputs) if size != op.size else None


def pooled_in_boxes(site: Site) -> str | None:
    """A map pooled to a size that divides its own: windows side by side; of windows of one place, the map."""
    op, before = site.node.op, site.graph.shape(site.inputs[0]) if site.inputs else ()
    if isinstance(op, AdaptiveAvgPool):
        sizes = per_axis(op.size, len(before) - 1, "size")
        if any(not isinstance(n, int) or n % size for n, size in zip(before, sizes, strict=False)):
            return None
        ks = tuple(n // size for n, size in zip(before, sizes, strict=False) if isinstance(n, int))
        return site.emit(AvgPool(k=ks[0] if len({*ks}) == 1 else ks, pad="valid"), *site.inputs)
    is_vain = isinstance(op, AvgPool | MaxPool) and {op.k, op.step} <= {1, (1, 1)} and before == site.node.shape
    return site.inputs[0] if is_vain else None


def pooled_by_axis(site: Site) -> str | None:
    """A pooling to a size along one axis and then along others: one to both."""
    made = site.maker() if isinstance(site.node.op, AdaptiveAvgPool) else None
    if made is None or not isinstance(made.op, AdaptiveAvgPool):
        return None
    before, between, after = site.graph.shape(made.inputs[0])[:-1], made.shape[:-1], site.node.shape[:-1]
    if any(middle not in (first, last) for first, middle, last in zip(before, between, after, strict=True)):
        return None
    size = tuple(n for n in after if isinstance(n, int))
    if len(size) < len(after):
        return None
    return site.emit(AdaptiveAvgPool(size=size[0] if len({*size}) == 1 else size), made.inputs[0])


def permuted_twice(site: Site) -> str | None:
    """Two permutations after each other: one, or none where the second undoes the first."""
    made = site.maker() if isinstance(site.node.op, Permute) else None
    if made is None or not isinstance(made.op, Permute) or not isinstance(site.node.op, Permute):
        return None
    order = tuple(made.op.order[place] for place in site.node.op.order)
    return made.inputs[0] if order == (*range(len(order)),) else site.emit(Permute(order=order), made.inputs[0])


def sliced_in_vain(site: Site) -> str | None:
    """A slice of a whole axis: the identity."""
    is_all = isinstance(site.node.op, Slice) and site.graph.shape(site.inputs[0]) == site.node.shape
    return site.inputs[0] if is_all else None


def hard_sigmoid(site: Site) -> str | None:
    """``relu6(x + 3) / 6``, of which MobileNetV3 is made: ``hard_sigmoid``."""
    op = site.node.op
    if not isinstance(op, Rescale) or op.offset != 0 or not isinstance(op.factor, float):
        return None
    capped = site.maker()
    if abs(op.factor * 6 - 1) > 1e-6 or capped is None or not _is_to_six(capped.op):
        return None
    if site.uses[site.came.get(capped.inputs[0], "")] != 1 or capped.inputs[0] not in site.graph.nodes:
        return None
    moved = site.graph.nodes[capped.inputs[0]]
    if not isinstance(moved.op, Rescale) or moved.op.factor != 1 or moved.op.offset != 3:
        return None
    return site.emit(OPS["hard_sigmoid"](), moved.inputs[0])


def _is_to_six(op: Op) -> bool:
    return op.name == "relu6" or (isinstance(op, Clip) and (op.min, op.max) == (0, 6))


def gated_by_itself(site: Site) -> str | None:
    """``x * sigmoid(x)`` and ``x * hard_sigmoid(x)``: ``silu`` and ``hard_silu``."""
    if not isinstance(site.node.op, Mul) or len(site.inputs) != 2:
        return None
    for place in (0, 1):
        made = site.maker(place)
        found = {"sigmoid": "silu", "hard_sigmoid": "hard_silu"}.get(made.op.name) if made is not None else None
        if made is not None and found and made.inputs[0] == site.inputs[1 - place]:
            return site.emit(OPS[found](), made.inputs[0])
    return None


RULES: Final[tuple[Rule, ...]] = (
    pad_into_window,
    pad_by_rule,
    valid_by_default,
    pooled_with_dims,
    pooled_as_reduced,
    reshaped_in_vain,
    reshaped_twice,
    flattened,
    padded_alike,
    rolled_alike,
    pool_by_rule,
    pooled_in_boxes,
    pooled_by_axis,
    permuted_twice,
    sliced_in_vain,
    hard_sigmoid,
    gated_by_itself,
    *spelled.RULES,
)
_PASSES: Final = 20


def rewritten(graph: FlatGraph) -> FlatGraph:
    """The graph after all rules, to a fixed point. Nodes with weights keep their names."""
    for _ in range(_PASSES):
        graph, changed = _pass(graph)
        if not changed:
            break
    return aligned(graph)


def _pass(graph: FlatGraph) -> tuple[FlatGraph, bool]:
    made = replace(graph, nodes={}, outputs={})
    uses, now = graph.users(), {name: name for name in graph.inputs}
    shared = {node.layer for node in graph if node.layer != node.name}
    came = {name: name for name in graph.inputs}
    changed = False
    for node in graph:
        inputs = tuple(now[value] for value in node.inputs)
        site = Site(made, node, inputs, uses, came)
        is_shared = node.layer in shared
        value = None if is_shared else next((v for rule in RULES if (v := rule(site)) is not None), None)
        if value is None:
            value = made.add(node.name, node.op, inputs, node.layer)
        else:
            changed = True
        now[node.name] = value
        came.setdefault(value, node.name)
    made.outputs = {label: now[value] for label, value in graph.outputs.items()}
    return made.live(), changed
