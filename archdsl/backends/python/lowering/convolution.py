"""Convolutions. Keras pads by rule only: numeric padding becomes zeros before, unless a rule gives the same."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from archdsl.backends.code.values import Argument, Code, make
from archdsl.backends.keras.held import has_depthwise_layer
from archdsl.backends.python.registry import Lowered, Site, frozen, initializer, lowers, one, penalty, sides
from archdsl.ops.base import per_axis
from archdsl.ops.convolution import Conv, ConvBase, DepthwiseConv, SeparableConv
from archdsl.ops.sliding import Pairs, pad_pairs
from archdsl.ops.transposed import ConvTranspose


class Padding(NamedTuple):
    """Numeric padding of a window that is independent of the size of the map."""

    pairs: Pairs
    is_same: bool
    """Whether ``padding="same"`` is the same."""


def padding(op: Any, rank: int) -> Padding | None:
    """The padding of a convolution; ``None`` if it depends on the size of the map."""
    k, stride = per_axis(op.k, rank, "k"), per_axis(op.stride, rank, "stride")
    extents = [(n - 1) * d for n, d in zip(k, per_axis(op.dilation, rank, "dilation"), strict=True)]
    has_halves = not any(extents) or (set(stride) == {1} and not any(extent % 2 for extent in extents))
    halves = tuple((extent // 2, extent // 2) for extent in extents)
    if op.pad == "same":
        return Padding(halves, is_same=True) if has_halves else None
    pairs = pad_pairs(0 if op.pad == "valid" else op.pad, rank)
    return Padding(pairs, has_halves and pairs == halves)


def zeros(pairs: Pairs, site: Site) -> Code:
    """The first input, zero-padded."""
    if not any(map(any, pairs)):
        return Code("{0}")
    return Code(f"layers.ZeroPadding{site.rank}D({{pad}})({{0}})", (("pad", sides(pairs)),))


def _padded(op: Any, site: Site) -> tuple[Code, dict[str, Argument], frozenset[str]]:
    """The first input, padded as in all instances, and the layer's own padding."""
    found = padding(op, site.rank)
    if found is None or site.is_same:
        return Code("{0}"), {"padding": "same"}, frozenset()
    pairs = found.pairs
    if not any(any(map(any, each)) for each in site.pads):
        return Code("{0}"), {}, frozenset()
    if all(any(map(any, each)) for each in site.pads):
        return zeros(pairs, site), {}, frozenset()
    helper = f"zero_pad{site.rank}d"
    return Code(f"{helper}({{0}}, {{pad}})", (("pad", sides(pairs)),)), {}, frozenset({helper})


def _common(op: ConvBase, site: Site) -> dict[str, Argument]:
    """The arguments that all of Keras's convolutions share."""
    return {
        "strides": one(per_axis(op.stride, site.rank, "stride")),
        "use_bias": op.bias,
        "bias_initializer": initializer(op, "bias_init", "zeros"),
        **frozen(op),
    }


def _conv(op: Conv | DepthwiseConv, site: Site, filters: int, groups: int) -> Lowered:
    padded, own, helpers = _padded(op, site)
    made = make(
        f"layers.Conv{site.rank}D",
        ("filters", filters),
        ("kernel_size", one(per_axis(op.k, site.rank, "k"))),
        **_common(op, site) | own,
        dilation_rate=one(per_axis(op.dilation, site.rank, "dilation")),
        groups=groups,
        kernel_initializer=initializer(op),
        kernel_regularizer=penalty(op),
    )
    return Lowered(_call(padded), made, helpers)


def _call(padded: Code) -> Code:
    return Code(f"{{self}}({padded.template})", padded.literals)


def _with_kernel(op: Conv | DepthwiseConv, site: Site) -> Lowered:
    padded, own, helpers = _padded(op, site)
    literals = (
        *padded.literals,
        ("strides", per_axis(op.stride, site.rank, "stride")),
        ("padding", own.get("padding", "valid")),
        ("dilation_rate", per_axis(op.dilation, site.rank, "dilation")),
    )
    made = "ConvWith({strides}, {padding}, {dilation_rate})"
    text = f"{made}([{padded.template}, {{1}}])"
    helpers |= {"ConvWith"}
    if not op.bias:
        return Lowered(Code(text, literals), None, helpers)  # type: ignore[arg-type]  # literals and no layers
    bias = make("Bias", initializer=initializer(op, "bias_init", "zeros"), **frozen(op))
    return Lowered(Code(f"{{self}}({text})", literals), bias, helpers | {"Bias"})  # type: ignore[arg-type]  # as above


@lowers(Conv, stretches=True)
def conv(op: Conv, site: Site) -> Lowered:
    return _conv(op, site, op.filters, op.groups) if len(site.inputs) == 1 else _with_kernel(op, site)


@lowers(DepthwiseConv, stretches=True)
def depthwise_conv(op: DepthwiseConv, site: Site) -> Lowered:
    channels: Any = site.inputs[0][-1]
    if len(site.inputs) > 1:
        return _with_kernel(op, site)
    if not has_depthwise_layer(op, site.rank):
        return _conv(op, site, channels * op.multiplier, channels)
    padded, own, helpers = _padded(op, site)
    made = make(
        f"layers.DepthwiseConv{site.rank}D",
        ("kernel_size", one(per_axis(op.k, site.rank, "k"))),
        **_common(op, site) | own,
        depth_multiplier=op.multiplier,
        dilation_rate=one(per_axis(op.dilation, site.rank, "dilation")),
        depthwise_initializer=_depthwise(op, site),
        depthwise_regularizer=penalty(op),
    )
    return Lowered(_call(padded), made, helpers)


@lowers(SeparableConv)
def separable_conv(op: SeparableConv, site: Site) -> Lowered:
    padded, own, helpers = _padded(op, site)
    made = make(
        f"layers.SeparableConv{site.rank}D",
        ("filters", op.filters),
        ("kernel_size", one(per_axis(op.k, site.rank, "k"))),
        **_common(op, site) | own,
        depth_multiplier=op.multiplier,
        dilation_rate=one(per_axis(op.dilation, site.rank, "dilation")),
        depthwise_initializer=_depthwise(op, site),
        pointwise_initializer=initializer(op),
        depthwise_regularizer=penalty(op),
        pointwise_regularizer=penalty(op),
    )
    return Lowered(_call(padded), made, helpers)


def _depthwise(op: DepthwiseConv | SeparableConv, site: Site) -> Any:
    """The initialiser of a kernel [..., channels, multiplier], with a fan-out of their product."""
    channels: Any = site.inputs[0][-1]
    return initializer(op, fan_out=prod(per_axis(op.k, site.rank, "k")) * channels * op.multiplier)


@lowers(ConvTranspose)
def conv_transpose(op: ConvTranspose, site: Site) -> Lowered:
    """Numeric padding is the rule "valid" with positions cropped.

    Where the numbers ask for more places at the end, there is a row of zeros after the input, whose result has more
    than enough of them.
    """
    trims = op.trims(site.rank)
    extra = [1 if after < 0 else 0 for _, after in trims]
    padded = zeros(tuple((0, n) for n in extra), site)
    strides = per_axis(op.stride, site.rank, "stride")
    made = make(
        f"layers.Conv{site.rank}DTranspose",
        ("filters", op.filters),
        ("kernel_size", one(per_axis(op.k, site.rank, "k"))),
        **_common(op, site),
        padding=op.pad if isinstance(op.pad, str) else "valid",
        kernel_initializer=initializer(op),
        kernel_regularizer=penalty(op),
    )
    ends = tuple((before, after + n * s) for (before, after), n, s in zip(trims, extra, strides, strict=bool(trims)))
    text, literals = f"{{self}}({padded.template})", padded.literals
    if any(map(any, ends)):
        text = f"layers.Cropping{site.rank}D({{crop}})({text})"
        literals = (*literals, ("crop", sides(ends)))
    return Lowered(Code(text, literals), made)
