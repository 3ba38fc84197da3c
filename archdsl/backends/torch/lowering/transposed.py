"""The transposed convolution: the layer's own padding crops both ends equally, the remainder is cropped after it."""

from __future__ import annotations

from archdsl.backends.code.values import CALL, Argument, Code, code, make
from archdsl.backends.torch.code import Lowered, entry
from archdsl.backends.torch.lowering.convolution import MAP, kernel, one
from archdsl.backends.torch.registry import Site, lowers
from archdsl.ops.base import per_axis
from archdsl.ops.sliding import pad_pairs
from archdsl.ops.transposed import ConvTranspose


def _cuts(op: ConvTranspose, rank: int) -> list[tuple[int, int]]:
    """The crops before and after of ``(n - 1) * s + k`` positions; negative ones pad."""
    ks, strides = per_axis(op.k, rank, "k"), per_axis(op.stride, rank, "stride")
    if isinstance(op.pad, str):
        spare = [k - s for k, s in zip(ks, strides, strict=True)]
        if op.pad == "valid":
            return [(0, min(n, 0)) for n in spare]
        return [(max(n, 0) // 2, n - max(n, 0) // 2) for n in spare]
    extras = per_axis(op.output_pad, rank, "output_pad")
    return [(before, after - extra) for (before, after), extra in zip(pad_pairs(op.pad, rank), extras, strict=True)]


@lowers(ConvTranspose, orders=MAP)
def conv_transpose(op: ConvTranspose, site: Site) -> Lowered:
    rank = site.rank
    strides = per_axis(op.stride, rank, "stride")
    padding, added, ends = [], [], []
    for (before, after), stride in zip(_cuts(op, rank), strides, strict=True):
        own = before if before - after < stride else max(after, 0)
        padding.append(own)
        added.append(max(own - after, 0))
        ends.append((before - own, max(after - own, 0)))
    named: dict[str, Argument] = {"stride": one(strides)} if set(strides) != {1} else {}
    if any(padding):
        named["padding"] = one(tuple(padding))
    if any(added):
        named["output_padding"] = one(tuple(added))
    if not op.bias:
        named["bias"] = False
    made = make(
        f"nn.ConvTranspose{rank}d",
        ("in_channels", site.channels),
        ("out_channels", op.filters),
        ("kernel_size", one(per_axis(op.k, rank, "k"))),
        **named,
    )
    bias = (entry("bias", "bias"),) if op.bias else ()
    return Lowered(_call(ends), made, (kernel(rank), *bias))


def _call(ends: list[tuple[int, int]]) -> Code:
    if not any(map(any, ends)):
        return CALL
    ranges = ", ".join(f"{before or ''}:{-after or ''}" for before, after in ends)
    return code(f"{{self}}({{0}})[:, :, {ranges}]")
