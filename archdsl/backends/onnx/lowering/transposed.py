"""The transposed convolution."""

from __future__ import annotations

from archdsl.backends.onnx.initial import GLOROT_UNIFORM
from archdsl.backends.onnx.lowering.convolution import bias
from archdsl.backends.onnx.registry import FIRST, lowers
from archdsl.backends.onnx.site import Site
from archdsl.ops.base import per_axis
from archdsl.ops.sliding import pad_pairs, same_pads
from archdsl.ops.transposed import ConvTranspose


@lowers(ConvTranspose, takes=FIRST)
def conv_transpose(op: ConvTranspose, site: Site, x: str) -> str:
    rank = site.rank
    taps, strides = per_axis(op.k, rank, "k"), per_axis(op.stride, rank, "stride")
    pads, added = _cut(op, taps, strides)
    return site.emit(
        "ConvTranspose",
        x,
        site.weight("kernel", op.init or GLOROT_UNIFORM, order=(rank + 1, rank, *range(rank))),
        *bias(op, site),
        kernel_shape=taps,
        strides=strides,
        pads=pads,
        output_padding=added,
    )


def _cut(op: ConvTranspose, taps: tuple[int, ...], strides: tuple[int, ...]) -> tuple[list[int], tuple[int, ...]]:
    """The crops at the beginnings, then at the ends, of the whole result; and the padding at the ends."""
    rank = len(taps)
    if isinstance(op.pad, str):
        pairs = [(0, 0)] * rank
        if op.pad == "same":
            pairs = [same_pads(s, k, s) or (0, 0) for k, s in zip(taps, strides, strict=True)]
        added = tuple(max(s - k, 0) for k, s in zip(taps, strides, strict=True))
    else:
        pairs = [*pad_pairs(op.pad, rank)]
        added = per_axis(op.output_pad, rank, "output_pad")
    return [before for before, _ in pairs] + [after for _, after in pairs], added
