"""Sliding windows over the spatial dimensions, as in convolutions and poolings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.diagnostics.catalogue.habits import KernelLargerThanMap
from archdsl.diagnostics.catalogue.lints import UncoveredMap
from archdsl.graph.dims import Dim, Shape, ceil_div, show
from archdsl.ops.base import Misfit, NonNegative, Wanted, known, per_axis, positive, spatial_rank
from archdsl.ops.reach import Reach

Numbers: TypeAlias = int | tuple[int, ...]
"""An argument of type ``Sizes``."""
Pairs: TypeAlias = tuple[tuple[int, int], ...]
"""Padding before and after, for each spatial dimension."""

Pad = Annotated[
    Literal["same", "valid"]
    | NonNegative
    | Annotated[tuple[NonNegative | tuple[NonNegative, NonNegative], ...], Field(min_length=1, max_length=3)],
    Wanted('"same", "valid", a number, or a list with a number or [before, after] for each spatial dimension'),
]


def pad_pairs(pad: int | tuple[int | tuple[int, int], ...], rank: int) -> Pairs:
    """Numeric padding as (before, after) for each spatial dimension."""
    if not isinstance(pad, tuple):
        return ((pad, pad),) * rank
    if len(pad) != rank:
        raise Misfit(codes.WrongCount, argument="pad", name="pad", given=len(pad), wanted=rank)
    return tuple(p if isinstance(p, tuple) else (p, p) for p in pad)


def slide(
    shape: Shape, k: Numbers, stride: Numbers, pad: str | int | tuple[int | tuple[int, int], ...], dilation: Numbers = 1
) -> Shape:
    """The spatial dimensions of the output of a sliding window.

    "same" gives ``ceil(n / stride)``; otherwise ``floor((n + before + after - extent) / stride) + 1`` with the dilated
    extent ``(k - 1) * dilation + 1`` (Dumoulin & Visin 2016, arXiv:1603.07285).
    """
    rank = spatial_rank(shape)
    ks, strides = per_axis(k, rank, "k"), per_axis(stride, rank, "stride")
    dilations = per_axis(dilation, rank, "dilation")
    if pad == "same":
        return tuple(ceil_div(n, s) for n, s in zip(shape, strides, strict=False))
    pads = pad_pairs(0 if isinstance(pad, str) else pad, rank)
    out = tuple(
        (n + before + after - (window - 1) * d - 1) // s + 1
        for n, window, s, d, (before, after) in zip(shape, ks, strides, dilations, pads, strict=False)
    )
    return positive(out, shape, argument="k")


def overhang(n: Dim, k: int, stride: int, before: int, after: int) -> int:
    """How far the last window reaches beyond the padding where sizes are rounded up: PyTorch's ``ceil_mode``.

    A window that would begin behind the map, in the padding after it, is left out. For open sizes it is the most that
    it may be, which gives as many windows.

    >>> overhang(112, k=3, stride=2, before=0, after=0), overhang(5, k=2, stride=2, before=1, after=1)
    (1, 0)
    """
    if not isinstance(n, int) and after + stride <= k:
        return stride - 1
    spare = known(n, "the map") + before + after - k
    steps = -(-spare // stride)
    if steps * stride >= n + before:
        steps -= 1
    return max(steps * stride - spare, 0)


_SMALL = "the input is small for this model, or a stride before this is one too many"


def larger_than_map(shape: Shape, k: Numbers) -> Iterator[Misfit]:
    """The warning for a window larger than the map along a dimension."""
    sizes = shape[: spatial_rank(shape)]
    if any(isinstance(n, int) and window > n for n, window in zip(sizes, per_axis(k, len(sizes), "k"), strict=True)):
        shown = str(k) if isinstance(k, int) else show(k)
        yield Misfit(KernelLargerThanMap, argument="k", k=shown, shape=show(sizes), help=[_SMALL])


def uncovered(
    shape: Shape, k: Numbers, stride: Numbers, pad: str | int | tuple[int | tuple[int, int], ...], dilation: Numbers = 1
) -> Iterator[Misfit]:
    """The warning for adjacent windows that end before the map does.

    Where windows overlap, most published models leave out a row at the border now and then.
    """
    if pad == "same":
        return
    rank = spatial_rank(shape)
    pads = pad_pairs(0 if isinstance(pad, str) else pad, rank)
    each = (per_axis(k, rank, "k"), per_axis(stride, rank, "stride"), per_axis(dilation, rank, "dilation"))
    for axis, (n, (before, after), window, s, d) in enumerate(zip(shape[:rank], pads, *each, strict=True)):
        extent = (window - 1) * d + 1
        if not isinstance(n, int) or extent != s:
            continue
        left = (n + before + after - extent) % s - after
        if left > 0:
            help_ = ('`pad="same"` covers the map; a `crop` before it says what is dropped',)
            yield Misfit(UncoveredMap, argument="stride", left=str(left), size=str(n), axis=str(axis), help=help_)
            return


def same_pads(n: Dim, k: int, stride: int) -> tuple[int, int] | None:
    """TensorFlow's "same" padding before and after ``n`` elements; ``None`` if it depends on run-time sizes.

    >>> same_pads(112, k=3, stride=2), same_pads(112, k=3, stride=1)
    ((0, 1), (1, 1))
    """
    if stride > 1 and not isinstance(n, int):
        return None
    total = max((ceil_div(n, stride) - 1) * stride + k - n, 0)
    assert isinstance(total, int), "the size cancels when the stride is 1"
    return total // 2, total - total // 2


def reaches(
    shape: Shape, k: Numbers, stride: Numbers, pad: str | int | tuple[int | tuple[int, int], ...], dilation: Numbers = 1
) -> tuple[Reach, ...]:
    """The reach of a sliding window along each spatial dimension. Open sizes are taken to be multiples of the stride.

    >>> reaches((112, 112, 64), 3, 2, "same")[0].first, reaches((112, 112, 64), 3, 2, 1)[0].first
    ((0,), (-1,))
    """
    rank = spatial_rank(shape)
    extents = [
        (window - 1) * d + 1
        for window, d in zip(per_axis(k, rank, "k"), per_axis(dilation, rank, "dilation"), strict=True)
    ]
    strides = per_axis(stride, rank, "stride")
    if pad == "same":
        sizes = (n if isinstance(n, int) else s for n, s in zip(shape, strides, strict=False))
        pads = [same_pads(n, extent, s) or (0, 0) for n, extent, s in zip(sizes, extents, strides, strict=True)]
    else:
        pads = list(pad_pairs(0 if isinstance(pad, str) else pad, rank))
    return tuple(
        Reach.window(extent, stride=s, before=before)
        for extent, s, (before, _) in zip(extents, strides, pads, strict=True)
    )
