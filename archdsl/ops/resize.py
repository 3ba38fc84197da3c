"""Ops that resample a map at another resolution."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, Literal

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, show
from archdsl.ops.base import Misfit, Op, Sizes, per_axis, size_or_like, spatial_rank
from archdsl.ops.reach import SAME, UNKNOWN, Sight, resampled

_LIKE: Final = "`resize(like=x)` takes the size of another map, also where it is known only when the model runs"


class Upsample(Op):
    """Enlarges a map by whole factors.

    "nearest" repeats each place; the others interpolate between the centres of pixels, which PyTorch calls
    ``align_corners=False``, and only images.
    """

    name = "upsample"
    family = "shape"
    aliases = (*("UpSampling1D", "UpSampling2D", "UpSampling3D", "Upsample", "interpolate", "upsampling", "unpool"),)
    absent: ClassVar[Mapping[str, str]] = {"like": _LIKE}
    instead_of_open = _LIKE
    positional = ("size", "method")
    example = "[28, 28, 256] -> [56, 56, 256]: upsample(2)"
    averages = True
    interpolates = True

    size: Sizes = Field(2, description="factor, for all spatial dimensions or for each")
    method: Literal["nearest", "bilinear", "bicubic"] = Field("nearest", description="how places between are filled")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rank = spatial_rank(x)
        if self.method != "nearest" and rank != 2:
            wanted = f'[h, w, c] for method="{self.method}"'
            raise Misfit(codes.WrongRank, argument="method", wanted=wanted, shape=show(x))
        return (*(dim * factor for dim, factor in zip(x, per_axis(self.size, rank, "size"), strict=False)), x[-1])

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        factors = per_axis(self.size, len(output) - 1, "size")
        return (*(_sampled(1, factor, _TAPS[self.method]) for factor in factors), SAME)


class Resize(Op):
    """Brings an image or a map ``[h, w, c]`` to a given size, or to that of another map.

    ``like=x`` takes the size from a tensor, also where it is known only when the model runs.

    Samples at the centres of pixels, as ``align_corners=False`` does in PyTorch. When it shrinks, ``antialias`` widens
    the filter to the distance of the samples, as Pillow does. "bicubic" is Keys's filter with a = -1/2 (PyTorch's has
    -3/4), and what a filter would take from beyond the edge is left out of its weights, which add up to 1. TensorFlow
    rounds the places of "bicubic" to 1/1024 of a pixel where `antialias` is off: outputs are off by up to 1e-3 of the
    largest.
    """

    name = "resize"
    family = "shape"
    aliases = ("Resizing", "Resize", "resize_images")
    instead_of_open = _LIKE
    positional = ("size", "method")
    tensors = ("like",)
    arity = (1, 2)
    example = "[300, 400, 3] -> [224, 224, 3]: resize(224)"
    averages = True
    interpolates = True

    size: Sizes | None = Field(None, description="height and width of the output, or one number for both")
    method: Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] = Field(
        "bilinear", description="how values between pixels are found"
    )
    antialias: bool = Field(False, description="whether shrinking looks at all the pixels that it covers")

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        for argument, map_ in zip((None, "like"), inputs, strict=False):
            if len(map_) != 3:
                raise Misfit(codes.WrongRank, argument=argument, wanted="[h, w, c]", shape=show(map_))
        size = None if self.size is None else per_axis(self.size, 2, "size")
        return (*size_or_like(size, inputs), x[-1])

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        taps = _TAPS[self.method]
        seen: list[Sight] = []
        for n, m in zip(inputs[0][:-1], output[:-1], strict=True):
            if isinstance(n, int) and isinstance(m, int):
                # A filter that shrinks without aliases is as many times wider as the map becomes smaller.
                wider = -(-n // m) if self.antialias and n > m and taps else 1
                seen.append(_sampled(n, m, taps * wider))
            else:
                seen.append(UNKNOWN)
        return (*seen, SAME)


_TAPS: Final = {"nearest": 0, "bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}
"""How far a filter reaches to each side, in places of the input; 0 takes the one place that lies there."""


def _sampled(inputs: int, outputs: int, taps: int) -> Sight:
    """The reach of half-pixel sampling: output ``i`` lies at ``(i + 1/2) * inputs / outputs - 1/2`` of the input."""
    if taps == 0:
        return resampled(2 * inputs, 2 * outputs, inputs, inputs)
    # Twice the numbers avoid halves. A place at the very edge of the filter has no weight, hence the 1.
    shift, width = inputs - outputs, 2 * outputs * taps
    return resampled(2 * inputs, 2 * outputs, shift - width + 2 * outputs, shift + width - 1)
