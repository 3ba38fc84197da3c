"""Operators over windows of a map: convolutions, poolings and resizes."""

from __future__ import annotations

from math import gcd
from typing import Any, Final

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.numbers import shortest
from archdsl.intake.tensors.lowering import Site, made, reads
from archdsl.intake.tensors.program import Numbers
from archdsl.intake.tensors.views import Axes, View, axis, length
from archdsl.ops.base import Misfit
from archdsl.ops.sliding import same_pads
from archdsl.passes.shapes import explain

_MOST_REPEATED: Final = 16
"""Times that a place is repeated before every so many are taken, which no spec should do with a large map."""


def _equal(numbers: tuple[int, ...]) -> int | tuple[int, ...]:
    return numbers[0] if len(set(numbers)) == 1 else numbers


def _pads(site: Site, sizes: tuple[int, ...], taps: tuple[int, ...], strides: tuple[int, ...]) -> tuple[Any, ...]:
    """Before and after for each dimension."""
    rank = len(sizes)
    given = site.attribute("pads", (0,) * (2 * rank))
    match site.attribute("auto_pad", "NOTSET"):
        case "VALID":
            return ((0, 0),) * rank
        case "SAME_UPPER":
            return tuple(same_pads(n, k, s) for n, k, s in zip(sizes, taps, strides, strict=True))
        case "SAME_LOWER":
            found = [same_pads(n, k, s) or (0, 0) for n, k, s in zip(sizes, taps, strides, strict=True)]
            return tuple((after, before) for before, after in found)
    pairs = tuple(zip(given[:rank], given[rank:], strict=True))
    if len(pairs) != rank or any(n < 0 for n in given):
        raise Unsupported(f"pads={[*given]} has no counterpart")
    return pairs


def _after(name: str, site: Site, lies: Axes, **arguments: Any) -> tuple[str, Axes]:
    """Appends an op over a map, and gives its name and axes, which are new."""
    base = site.laid(site.view(), lies)
    op = made(name, **arguments)
    try:
        shape = op.shape(tuple(map(length, lies)))
    except Misfit as misfit:
        raise Unsupported(explain(misfit, op)) from None
    return base, tuple(axis(int(n)) for n in shape)  # type: ignore[arg-type]  # all sizes are known


def kernel(array: Numbers) -> Numbers:
    """A kernel ``[filters, channels, spatial…]`` as ours lies: ``[spatial…, channels, filters]``."""
    return array.transpose(*range(2, array.ndim), 1, 0)


@reads("Conv")
def conv(site: Site) -> View:
    lies = site.spatial(site.view())
    weight = site.constant(1)
    rank = len(lies) - 1
    if weight.array.ndim != rank + 2:
        raise Unsupported(f"a kernel {[*weight.array.shape]} for a map of {rank} dimensions")
    ks = weight.array.shape[2:]
    strides = tuple(site.attribute("strides", (1,) * rank))
    dilations = tuple(site.attribute("dilations", (1,) * rank))
    groups = site.attribute("group", 1)
    sizes = tuple(map(length, lies[:-1]))
    pads = _pads(site, sizes, tuple((k - 1) * d + 1 for k, d in zip(ks, dilations, strict=True)), strides)
    held, shared = {"kernel": kernel(weight.array)}, [weight.name]
    if site.has(2):
        held["bias"] = site.array(2)
        shared.append(site.constant(2).name)
    arguments: dict[str, Any] = {
        "k": _equal(ks),
        "stride": _equal(strides),
        "pad": shortest(pads) if any(map(any, pads)) else "valid",
        "dilation": _equal(dilations),
        "bias": site.has(2),
    }
    channels, filters = length(lies[-1]), weight.array.shape[0]
    if groups * weight.array.shape[1] != channels:
        raise Unsupported(f"a kernel {[*weight.array.shape]} in {groups} groups for {channels} channels")
    name = "conv"
    if groups > 1 and weight.array.shape[1] == 1:
        name, arguments["multiplier"] = "depthwise_conv", filters // channels
    else:
        arguments |= {"filters": filters, "groups": groups}
    base, axes = _after(name, site, lies, **arguments)
    return site.as_map(site.emit(name, [base], axes, held, shared, **arguments), axes)


@reads("ConvTranspose")
def conv_transpose(site: Site) -> View:
    lies = site.spatial(site.view())
    weight, rank = site.constant(1), len(lies) - 1
    if site.attribute("group", 1) != 1 or any(d != 1 for d in site.attribute("dilations", ())):
        raise Unsupported("groups and dilation of a transposed convolution have no counterpart")
    if site.attribute("auto_pad", "NOTSET") != "NOTSET" or site.attribute("output_shape", None):
        raise Unsupported("padding by the output's size has no counterpart")
    ks, strides = weight.array.shape[2:], tuple(site.attribute("strides", (1,) * rank))
    arguments: dict[str, Any] = {
        "filters": weight.array.shape[1],
        "k": _equal(ks),
        "stride": _equal(strides),
        "pad": shortest(_pads(site, (), ks, strides) if not rank else _numbers(site, rank)),
        "output_pad": _equal(tuple(site.attribute("output_padding", (0,) * rank))),
        "bias": site.has(2),
    }
    held = {"kernel": kernel(weight.array)}  # [spatial…, filters, channels]
    if site.has(2):
        held["bias"] = site.array(2)
    base, axes = _after("conv_transpose", site, lies, **arguments)
    return site.as_map(site.emit("conv_transpose", [base], axes, held, [weight.name], **arguments), axes)


def _numbers(site: Site, rank: int) -> tuple[Any, ...]:
    return _pads(site, (1,) * rank, (1,) * rank, (1,) * rank)


@reads("MaxPool", "AveragePool")
def pool(site: Site) -> View:
    lies = site.spatial(site.view())
    rank = len(lies) - 1
    ks = tuple(site.attribute("kernel_shape", ()))
    strides = tuple(site.attribute("strides", (1,) * rank))
    if any(d != 1 for d in site.attribute("dilations", (1,))) or (len(site.node.outputs) > 1 and site.node.outputs[1]):
        raise Unsupported("a pooling with dilation, or one that gives places, has no counterpart")
    pads = _pads(site, tuple(map(length, lies[:-1])), ks, strides)
    name = "max_pool" if site.node.kind == "MaxPool" else "avg_pool"
    arguments: dict[str, Any] = {
        "k": _equal(ks),
        "stride": None if strides == ks else _equal(strides),
        "pad": shortest(pads) if any(map(any, pads)) else "valid",
        "ceil_mode": bool(site.attribute("ceil_mode", 0)),
    }
    if name == "avg_pool" and any(map(any, pads)):
        arguments["count_pad"] = bool(site.attribute("count_include_pad", 0))
    if arguments["ceil_mode"]:
        plain = made(name, **{**arguments, "ceil_mode": False})
        sizes = tuple(map(length, lies))
        if made(name, **arguments).shape(sizes) == plain.shape(sizes):
            arguments["ceil_mode"] = False
    base, axes = _after(name, site, lies, **arguments)
    axes = (*axes[:-1], lies[-1])
    return site.as_map(site.emit(name, [base], axes, **arguments), axes)


@reads("AdaptiveAveragePool")
def adaptive(site: Site) -> View:
    view = site.view()
    lies = site.spatial(view)
    wanted = tuple(site.node.attributes["size"])
    arguments: dict[str, Any]
    sizes = tuple(map(length, lies[:-1]))
    if wanted == sizes:
        return view
    if all(n == 1 for n in wanted):
        return pooled(site, "global_avg_pool", view, lies)
    if all(n % m == 0 for n, m in zip(sizes, wanted, strict=True)):
        name, arguments = (
            "avg_pool",
            {"k": _equal(tuple(n // m for n, m in zip(sizes, wanted, strict=True))), "pad": "valid"},
        )
    else:
        name, arguments = "adaptive_avg_pool", {"size": _equal(wanted)}
    base = site.laid(view, lies)
    axes = (*map(axis, wanted), lies[-1])
    return site.as_map(site.emit(name, [base], axes, **arguments), axes)


def pooled(site: Site, name: str, view: View, lies: Axes) -> View:
    """A map pooled to one place, which is no axis of its own; the view has them with size 1."""
    base = site.laid(view, lies)
    made_ = site.emit(name, [base], (lies[-1],), keepdims=False)
    return View(made_, ((site.lowering.batch,), lies[-1], *(() for _ in lies[:-1])))


@reads("GlobalAveragePool", "GlobalMaxPool")
def global_pool(site: Site) -> View:
    view = site.view()
    name = "global_avg_pool" if site.node.kind == "GlobalAveragePool" else "global_max_pool"
    return pooled(site, name, view, site.spatial(view))


@reads("Resize")
def resize(site: Site) -> View:
    """By sizes or by factors, at the centres of pixels."""
    view = site.view()
    lies = site.spatial(view)
    before = tuple(map(length, lies[:-1]))
    if (sizes := site.integers(3)) is not None:
        after = sizes[2:]
    else:
        factors = site.array(2).astype(np.float64).reshape(-1)[2:]
        after = tuple(int(np.floor(n * f + 1e-6)) for n, f in zip(before, factors, strict=True))
    if after == before:
        return view
    mode, places = site.attribute("mode", "nearest"), site.attribute("coordinate_transformation_mode", "half_pixel")
    whole = all(m % n == 0 for n, m in zip(before, after, strict=True))
    method = {"nearest": "nearest", "linear": "bilinear"}.get(mode)
    rounding = site.attribute("nearest_mode", "round_prefer_floor")
    if method == "nearest" and not whole and (places, rounding) == ("asymmetric", "floor"):
        return _from_corners(site, view, after)
    if method == "nearest":
        fits = whole and (places, rounding) in (
            ("asymmetric", "floor"),
            ("half_pixel", "round_prefer_floor"),
            ("half_pixel", "round_prefer_ceil"),
        )
    else:
        fits = places == "half_pixel" or (places == "pytorch_half_pixel" and all(n > 1 for n in after))
    if method is None or not fits or (len(before) != 2 and method != "nearest"):
        raise Unsupported(f"mode={mode}, coordinate_transformation_mode={places} has no counterpart")
    base = site.laid(view, lies)
    axes = (*map(axis, after), lies[-1])
    if whole:
        arguments: dict[str, Any] = {
            "size": _equal(tuple(m // n for n, m in zip(before, after, strict=True))),
            "method": method,
        }
        return site.as_map(site.emit("upsample", [base], axes, **arguments), axes)
    antialias = bool(site.attribute("antialias", 0))
    return site.as_map(site.emit("resize", [base], axes, size=_equal(after), method=method, antialias=antialias), axes)


def _from_corners(site: Site, view: View, after: tuple[int, ...]) -> View:
    """Place ``i`` of ``m`` is that at ``floor(i * n / m)`` of ``n``: of each place repeated, every so many."""
    lies = site.spatial(view)
    common = [gcd(length(row), size) for row, size in zip(lies, after, strict=False)]
    factors = tuple(size // each for size, each in zip(after, common, strict=True))
    if max(factors) > _MOST_REPEATED:
        raise Unsupported(
            f"mode=nearest from corners, from {[*map(length, lies[:-1])]} to {[*after]}, has no counterpart"
        )
    strides = tuple(length(row) // each for row, each in zip(lies, common, strict=False))
    base = site.laid(view, lies)
    if max(factors) > 1:
        repeated = (*(axis(length(row) * n) for row, n in zip(lies, factors, strict=False)), lies[-1])
        base = site.emit("upsample", [base], repeated, size=_equal(factors))
    axes = (*map(axis, after), lies[-1])
    if max(strides) > 1:
        base = site.emit("max_pool", [base], axes, k=1, stride=_equal(strides), pad="valid")
    return site.as_map(base, axes)


@reads("Pad")
def pad(site: Site) -> View:
    view = site.view()
    rank = len(view.axes)
    sizes = site.integers(1) or ()
    axes = site.integers(3)
    if axes is not None:
        full = [0] * (2 * rank)
        for place, number in enumerate(axes):
            full[site.axis(number)], full[site.axis(number) + rank] = sizes[place], sizes[place + len(axes)]
        sizes = tuple(full)
    pairs = tuple(zip(sizes[:rank], sizes[rank:], strict=True))
    if not any(map(any, pairs)):
        return view
    mode, value = site.attribute("mode", "constant"), site.number(2, 0.0)
    if mode not in ("constant", "reflect") or any(pairs[0]) or any(n < 0 for pair in pairs for n in pair):
        raise Unsupported(f"mode={mode} with {[*sizes]} has no counterpart")
    # The axis of the channels is the one that lies last.
    lies = site.lies(view)
    order = [i for row in lies for i, each in enumerate(view.axes) if i and site.unbatched(each) == row and row]
    if sorted(order) != [*range(1, rank)]:
        lies = site.spatial(view) if rank > 3 else site.in_order(view)
        order = [*range(2, rank), 1] if rank > 3 else [*range(1, rank)]
    base = site.laid(view, lies)
    after = tuple(axis(length(lies[i]) + sum(pairs[a])) if any(pairs[a]) else lies[i] for i, a in enumerate(order))
    arguments: dict[str, Any] = {"size": shortest(tuple(pairs[a] for a in order[:-1])), "mode": mode, "value": value}
    before, behind = pairs[order[-1]]
    if before or behind:
        arguments["channels"] = (before, behind) if before else behind
    name = site.emit("pad", [base], after, **arguments)
    logical = [view.axes[0], *view.axes[1:]]
    for i, a in enumerate(order):
        logical[a] = after[i]
    return View(name, tuple(logical))


@reads("LRN")
def lrn(site: Site) -> View:
    view = site.view()
    lies = site.spatial(view)
    size = site.attribute("size", 1)
    base = site.emit(
        "local_response_norm",
        [site.laid(view, lies)],
        lies,
        size=size,
        alpha=float(site.attribute("alpha", 1e-4)),
        beta=float(site.attribute("beta", 0.75)),
        k=float(site.attribute("bias", 1.0)),
    )
    return View(base, view.axes)
