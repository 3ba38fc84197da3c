"""Convolutions. Symmetric padding is the layer's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archdsl.backends.code.values import CALL, Argument, Code, Make, code, make, sequential
from archdsl.backends.torch.code import Entry, Lowered, entry, helped, parameter
from archdsl.backends.torch.registry import FIRST, Orders, Site, lowers
from archdsl.ops.base import per_axis
from archdsl.ops.convolution import Conv, ConvBase, DepthwiseConv, SeparableConv
from archdsl.ops.sliding import Pairs, pad_pairs, same_pads

MAP = Orders(takes=FIRST, gives=FIRST)


def one(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """
    >>> one((3, 3)), one((3, 1))
    (3, (3, 1))
    """
    return values[0] if len(set(values)) == 1 else values


def padded(pairs: Pairs) -> tuple[int, ...]:
    """Padding in the order of ``F.pad``: last dimension first."""
    return tuple(n for pair in reversed(pairs) for n in pair)


class Padding:
    """How a window is padded: symmetrically by the layer; by ``F.pad`` before it; or by TensorFlow's rule."""

    def __init__(self, op: Any, site: Site) -> None:
        rank = site.rank
        self.own: tuple[int, ...] = (0,) * rank
        self.before: Pairs = ()
        self.by_rule = False
        if op.pad == "valid":
            return
        if op.pad != "same":
            self._given(pad_pairs(op.pad, rank))
            return
        extents = [
            (k - 1) * d + 1
            for k, d in zip(per_axis(op.k, rank, "k"), per_axis(op.dilation, rank, "dilation"), strict=True)
        ]
        strides = per_axis(op.stride, rank, "stride")
        pairs = [same_pads(n, k, s) for n, k, s in zip(site.inputs[0], extents, strides, strict=False)]
        if all(pair is not None and pair[0] == pair[1] for pair in pairs):
            self._given(tuple(pair for pair in pairs if pair is not None))
        else:
            self.by_rule = True

    def _given(self, pairs: Pairs) -> None:
        if all(before == after for before, after in pairs):
            self.own = tuple(before for before, _ in pairs)
        else:
            self.before = pairs

    def call(self) -> Code:
        return code("{self}(F.pad({0}, {pad}))", pad=padded(self.before)) if self.before else CALL


def layer(op: Any, site: Site, padding: Padding, filters: int, groups: int, bias: bool) -> Make:
    rank = site.rank
    named: dict[str, Argument] = {}
    strides, dilations = per_axis(op.stride, rank, "stride"), per_axis(op.dilation, rank, "dilation")
    if set(strides) != {1}:
        named["stride"] = one(strides)
    if any(padding.own):
        named["padding"] = one(padding.own)
    if set(dilations) != {1}:
        named["dilation"] = one(dilations)
    if groups != 1:
        named["groups"] = groups
    if not bias:
        named["bias"] = False
    kind = f"Conv{rank}dSame" if padding.by_rule else f"nn.Conv{rank}d"
    size = one(per_axis(op.k, rank, "k"))
    places = (("in_channels", site.channels), ("out_channels", filters), ("kernel_size", size))
    made = make(kind, *places, **named)
    if op.pad == "same" and not padding.by_rule and any(n != 1 for n in per_axis(op.k, rank, "k")):
        named.pop("padding", None)
        return replace(made, general=make(f"Conv{rank}dSame", *places, **named))
    return made


def kernel(rank: int, key: str = "weight", source: str = "kernel") -> Entry:
    """``[*taps, in, out]``, or ``[in, out]`` of a dense layer, becomes ``[out, in, *taps]``."""
    axes = (rank + 1, rank, *range(rank))
    return entry(key, source, lambda arrays: arrays[0][(None,) * (rank + 2 - arrays[0].ndim)].transpose(axes))


def _lowered(op: ConvBase, site: Site, filters: int, groups: int, weight: Entry) -> Lowered:
    padding = Padding(op, site)
    made = layer(op, site, padding, filters, groups, op.bias)
    bias = (entry("bias", "bias"),) if op.bias else ()
    helpers = helped(made.callee) if padding.by_rule else {}
    return Lowered(padding.call(), made, (weight, *bias), helpers)


def _with_kernel(op: Conv | DepthwiseConv, site: Site, filters: int, groups: int) -> Lowered:
    """A convolution with a given kernel."""
    rank, padding = site.rank, Padding(op, site)
    pairs = padding.before or tuple((n, n) for n in padding.own)
    called = code(
        f"conv_with({{0}}, {{1}}, {'{self}' if op.bias else 'None'}, {{stride}}, {{pads}}, {{dilation}}, {{groups}})",
        stride=per_axis(op.stride, rank, "stride"),
        pads=None if padding.by_rule else padded(pairs),
        dilation=per_axis(op.dilation, rank, "dilation"),
        groups=groups,
    )
    made = parameter("torch.zeros", ("size", (filters,))) if op.bias else None
    return Lowered(called, made, (entry("", "bias"),) if op.bias else (), helped("conv_with"))


@lowers(Conv, orders=MAP, stretches=True)
def conv(op: Conv, site: Site) -> Lowered:
    if len(site.inputs) > 1:
        return _with_kernel(op, site, op.filters, op.groups)
    return _lowered(op, site, op.filters, op.groups, kernel(site.rank))


@lowers(DepthwiseConv, orders=MAP, stretches=True)
def depthwise_conv(op: DepthwiseConv, site: Site) -> Lowered:
    filters = site.channels * op.multiplier
    if len(site.inputs) > 1:
        return _with_kernel(op, site, filters, site.channels)
    return _lowered(op, site, filters, site.channels, kernel(site.rank))


@lowers(SeparableConv, orders=MAP)
def separable_conv(op: SeparableConv, site: Site) -> Lowered:
    padding, between = Padding(op, site), site.channels * op.multiplier
    deep = layer(op, site, padding, between, site.channels, bias=False)
    named: dict[str, Argument] = {} if op.bias else {"bias": False}
    point = make(
        f"nn.Conv{site.rank}d", ("in_channels", between), ("out_channels", op.filters), ("kernel_size", 1), **named
    )
    entries = (
        kernel(site.rank, "0.weight", "depthwise_kernel"),
        kernel(site.rank, "1.weight", "pointwise_kernel"),
    )
    bias = (entry("1.bias", "bias"),) if op.bias else ()
    helpers = helped(deep.callee) if padding.by_rule else {}
    return Lowered(padding.call(), sequential((deep, point)), (*entries, *bias), helpers)
