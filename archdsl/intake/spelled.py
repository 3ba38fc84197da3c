"""Rewrite rules that fuse several ops of other programs into one op of the language."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Final

from archdsl.intake.flat import Flat
from archdsl.intake.site import Rule, Site
from archdsl.ops.activation import QuickGelu
from archdsl.ops.attention import Attention
from archdsl.ops.base import Op
from archdsl.ops.elementwise import Clip, Negative, Power, Square
from archdsl.ops.extent import Pad, Slice
from archdsl.ops.input import Rescale
from archdsl.ops.joining import Add, Divide, Matmul, Mul, Subtract
from archdsl.ops.normalisation import LocalResponseNorm
from archdsl.ops.reduction import L2Normalize, Sum
from archdsl.ops.reshape import Flatten, FlattenSpatial, Permute, Reshape, UnflattenSpatial
from archdsl.ops.tiling import DepthToSpace, Order, SpaceToDepth, WindowMerge, WindowPartition

_ROUNDED: Final = 1e-6


def tokens_of_map(site: Site) -> str | None:
    """A reshape of a map to one row for each place: ``flatten_spatial``; and back: ``unflatten_spatial``."""
    if not isinstance(site.node.op, Reshape):
        return None
    before, after = site.graph.shape(site.inputs[0]), site.node.shape
    if before[-1:] != after[-1:]:
        return None
    if len(before) > 2 == len(after):
        return site.emit(FlattenSpatial(), *site.inputs)
    if len(after) == 3 and len(before) == 2 and all(isinstance(size, int) for size in after):
        return site.emit(UnflattenSpatial(size=after[:-1]), *site.inputs)
    return None


def flattened_by_channel(site: Site) -> str | None:
    """Channels first, and then flattened."""
    made = site.maker() if isinstance(site.node.op, Flatten) else None
    if made is None or not isinstance(made.op, Permute) or site.node.op != Flatten():
        return None
    rank = len(made.op.order)
    return site.emit(Flatten(order="chw"), made.inputs[0]) if made.op.order == (rank - 1, *range(rank - 1)) else None


def in_blocks(site: Site) -> str | None:
    """A reshape, a permutation and a reshape that cut a map into blocks or put it together again."""
    moved = site.maker() if isinstance(site.node.op, Reshape | FlattenSpatial) else None
    cut = site.made(moved.inputs[0]) if moved is not None and isinstance(moved.op, Permute) else None
    if moved is None or cut is None or not isinstance(moved.op, Permute) or not isinstance(cut.op, Reshape):
        return None
    if len(cut.shape) % 2 == 0:
        return None
    shapes = (site.graph.shape(cut.inputs[0]), cut.shape, moved.shape, site.node.shape)
    before, between, across, after = ([size for size in shape if isinstance(size, int)] for shape in shapes)
    if [*map(len, (before, between, across, after))] != [*map(len, shapes)]:
        return None
    found = _blocks(before, between, moved.op.order, across, after)
    return site.emit(found, cut.inputs[0]) if found is not None else None


def _blocks(
    before: Sequence[int], between: Sequence[int], order: Sequence[int], moved: Sequence[int], after: Sequence[int]
) -> Op | None:
    """The op that moves numbers so; of several that do, one with square blocks."""
    rank = len(between) // 2
    channels = 2 * rank
    counts, places = tuple(range(0, channels, 2)), tuple(range(1, channels, 2))
    orders: dict[Order, tuple[int, ...]] = {
        "hwc": (*places, channels),
        "whc": (*places[::-1], channels),
        "chw": (channels, *places),
    }
    found: dict[int, Op] = {}
    for name, inside in orders.items():
        axes = (*counts, *inside)
        back = tuple(sorted(range(len(axes)), key=axes.__getitem__))
        for is_cut, cut in ((True, between), (False, moved)):
            if tuple(order) != (axes if is_cut else back):
                continue
            blocks, sizes, width = cut[:channels:2], cut[1:channels:2], cut[-1]
            whole = tuple(n * s for n, s in zip(blocks, sizes, strict=True))
            one, other = (before, after) if is_cut else (after, before)
            if tuple(one) != (*whole, width):
                continue
            kind = len({*sizes})
            if tuple(other) == (*blocks, prod(sizes) * width):
                shuffle = SpaceToDepth if is_cut else DepthToSpace
                found.setdefault(kind, shuffle(size=_one(sizes), order=name))
            elif tuple(other) == (prod(blocks), prod(sizes), width) and name == "hwc":
                window = _one(sizes)
                found.setdefault(
                    kind, WindowPartition(window=window) if is_cut else WindowMerge(window=window, size=whole)
                )
    return found[min(found)] if found else None


def _one(sizes: Sequence[int]) -> int | tuple[int, ...]:
    return sizes[0] if len({*sizes}) == 1 else tuple(sizes)


def by_transposed(site: Site) -> str | None:
    """A product with what was transposed before."""
    made = site.maker(1) if isinstance(site.node.op, Matmul) else None
    if made is None or not isinstance(made.op, Permute) or not isinstance(site.node.op, Matmul):
        return None
    *front, one, other = made.op.order
    if [*front, other, one] != [*range(len(front) + 2)]:
        return None
    op = site.node.op.model_copy(update={"transpose_b": not site.node.op.transpose_b})
    return site.emit(op, site.inputs[0], made.inputs[0])


def added_negative(site: Site) -> str | None:
    """The difference from a negative: a sum."""
    op = site.node.op
    made = site.maker(1) if isinstance(op, Subtract) else None
    if made is None or not isinstance(made.op, Negative):
        return None
    return site.emit(Add(broadcast=op.broadcast), site.inputs[0], made.inputs[0])  # type: ignore[attr-defined]


def quick_gelu(site: Site) -> str | None:
    """``x * sigmoid(1.702 * x)``."""
    if not isinstance(site.node.op, Mul) or len(site.inputs) != 2:
        return None
    for place in (0, 1):
        gate, x = site.maker(place), site.inputs[1 - place]
        inner = site.made(gate.inputs[0]) if gate is not None and gate.op.name == "sigmoid" else None
        if inner is not None and inner.op == Rescale(factor=1.702) and inner.inputs[0] == x:
            return site.emit(QuickGelu(), x)
    return None


def unit_length(site: Site) -> str | None:
    """``x`` times the inverse root of its squares' sum, which is at least ``eps`` squared: ``l2_normalize``."""
    if not isinstance(site.node.op, Mul) or len(site.inputs) != 2:
        return None
    for place in (0, 1):
        x = site.inputs[1 - place]
        chain = site.chain(site.inputs[place], Power, Clip, Sum, Square)
        if chain is None or chain[-1].inputs[0] != x:
            continue
        root, least, total = (node.op for node in chain[:3])
        assert isinstance(root, Power)
        assert isinstance(least, Clip)
        assert isinstance(total, Sum)
        if root.exponent == -0.5 and total.keepdims and least.max is None and least.min is not None and least.min > 0:
            return site.emit(L2Normalize(axis=total.axis, eps=float(f"{sqrt(least.min):.6g}")), x)
    return None


def local_response_norm(site: Site) -> str | None:
    """``x`` divided by a power of the sum of squares of some channels beside each."""
    if not isinstance(site.node.op, Divide):
        return None
    x, chain = site.inputs[0], site.chain(site.inputs[1], Power, Rescale, Rescale)
    if chain is None:
        return None
    power, plus, times = (node.op for node in chain)
    assert isinstance(power, Power)
    assert isinstance(plus, Rescale)
    assert isinstance(times, Rescale)
    slices = _summed(site, chain[-1].inputs[0])
    squares = site.chain(slices[0].inputs[0], Pad, Square, shared=True) if slices else None
    if squares is None or squares[-1].inputs[0] != x or (plus.factor, times.offset) != (1, 0):
        return None
    pad = squares[0].op
    assert isinstance(pad, Pad)
    width, sides = site.node.shape[-1], pad.channels
    starts = sorted(each.op.start for each in slices if isinstance(each.op, Slice) and each.shape[-1] == width)
    if not isinstance(sides, tuple) or starts != [*range(sum(sides) + 1)] or pad.mode != "constant":
        return None
    size = sum(sides) + 1
    if sides != (size // 2, (size - 1) // 2) or isinstance(times.factor, tuple) or isinstance(plus.offset, tuple):
        return None
    whole = float(f"{times.factor * size:.10g}")
    each = abs(whole / size - times.factor) > _ROUNDED * times.factor or f"{times.factor:e}" < f"{whole:e}"
    alpha = times.factor if each else whole
    return site.emit(LocalResponseNorm(size=size, alpha=alpha, beta=power.exponent, k=plus.offset, divide=not each), x)


def _summed(site: Site, value: str) -> list[Flat]:
    """The slices of one value that are added up; empty where something else is added."""
    found: list[Flat] = []
    queue = [value]
    while queue:
        made = site.made(queue.pop())
        if made is not None and isinstance(made.op, Add):
            queue += made.inputs
        elif made is not None and isinstance(made.op, Slice) and made.op.axis in (-1, len(made.shape) - 1):
            found.append(made)
        else:
            return []
    return found if len({made.inputs[0] for made in found}) == 1 else []


def attention_by_default(site: Site) -> str | None:
    """Sizes of an attention that are those it has by itself."""
    op = site.node.op
    if not isinstance(op, Attention):
        return None
    width = site.graph.shape(site.inputs[0])[-1]
    size = op.size(*(site.graph.shape(value) for value in site.inputs))
    plain = {
        "key_dim": op.key_dim is not None and op.key_dim * op.heads == width,
        "value_dim": op.value_dim == size,
        "units": op.units == width,
        "kv_heads": op.kv_heads == op.heads,
    }
    plain["map"] = op.shifts == (0, 0)  # which only a shift needs
    changed: dict[str, int | None] = {
        n: None for n, is_plain in plain.items() if is_plain and getattr(op, n) is not None
    }
    if not isinstance(op.shift, int) and len({*op.shift}) == 1:
        changed["shift"] = op.shift[0]
    return site.emit(op.model_copy(update=changed), *site.inputs) if changed else None


RULES: Final[tuple[Rule, ...]] = (
    in_blocks,
    tokens_of_map,
    flattened_by_channel,
    by_transposed,
    added_negative,
    quick_gelu,
    unit_length,
    local_response_norm,
    attention_by_default,
)
