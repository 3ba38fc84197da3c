"""Resampling of maps."""

from __future__ import annotations

from archdsl.backends.code.values import CALL, code, make
from archdsl.backends.torch.code import Lowered, helped
from archdsl.backends.torch.lowering.convolution import MAP, one
from archdsl.backends.torch.registry import Site, lowers
from archdsl.graph.dims import Dim
from archdsl.ops.base import per_axis
from archdsl.ops.resize import Resize, Upsample


@lowers(Upsample, orders=MAP)
def upsample(op: Upsample, site: Site) -> Lowered:
    factors = per_axis(op.size, site.rank, "size")
    if op.method == "bicubic":
        sizes = tuple(dim for dim in site.output[:-1] if isinstance(dim, int))
        if len(sizes) == 2:
            return _bicubic(sizes)
        size = ", ".join(f"{n} * {{0}}.shape[{i}]" for i, n in enumerate(factors, 2))
        return Lowered(code(f'F.interpolate({{0}}, ({size}), mode="bicubic", antialias=True)'))
    named = {} if op.method == "nearest" else {"mode": op.method}
    return Lowered(CALL, make("nn.Upsample", scale_factor=one(factors), **named))


def _bicubic(size: tuple[int, ...]) -> Lowered:
    """Keys's filter with a = -1/2, which PyTorch uses when antialiasing, which has no effect on upsampling."""
    if 1 in size:
        return Lowered(code('resample({0}, {sizes}, "bicubic")', sizes=size), helpers=helped("resample"))
    return Lowered(code('F.interpolate({0}, {size}, mode="bicubic", antialias=True)', size=one(size)))


@lowers(Resize, orders=MAP)
def resize(op: Resize, site: Site) -> Lowered:
    sizes = tuple(dim for dim in site.output[:-1] if isinstance(dim, int))
    size, literals = ("{size}", {"size": one(sizes)}) if len(sizes) == 2 else ("{1}.shape[2:]", {})
    if op.method == "nearest":
        return Lowered(code(f'F.interpolate({{0}}, {size}, mode="nearest-exact")', **literals))
    shrinks = any(_shrinks(n, m) for n, m in zip(site.inputs[0][:-1], site.output[:-1], strict=True))
    antialias = ", antialias=True" if op.antialias and shrinks else ""
    is_thin = 1 in sizes  # of these PyTorch 2.13 makes other numbers with antialias, unless the channels lie last
    if op.method == "bilinear" and not (is_thin and antialias):
        return Lowered(code(f'F.interpolate({{0}}, {size}, mode="bilinear"{antialias})', **literals))
    if op.method == "bicubic" and (antialias or not shrinks) and not is_thin:
        return Lowered(code(f'F.interpolate({{0}}, {size}, mode="bicubic", antialias=True)', **literals))
    text = f'resample({{0}}, {size.replace("{size}", "{sizes}")}, "{op.method}"{antialias})'
    return Lowered(code(text, **({"sizes": sizes} if literals else {})), helpers=helped("resample"))


def _shrinks(n: Dim, m: Dim) -> bool:
    """Whether a dimension may become smaller."""
    return not (isinstance(n, int) and isinstance(m, int)) or m < n
