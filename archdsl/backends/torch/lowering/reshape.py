"""Reshapes and permutations. Each merges a change of axis order before it into its own call."""

from __future__ import annotations

from archdsl.backends.code.values import code
from archdsl.backends.torch.code import Lowered
from archdsl.backends.torch.registry import FIRST, LAST, Orders, Site, axes, known_sizes, lowers, place
from archdsl.graph.dims import Shape, Sym
from archdsl.ops import reshape as ops


def _flat(op: ops.Flatten, inputs: tuple[Shape, ...], output: Shape) -> Orders:
    return Orders(last=4) if op.order == "chw" else Orders(first=4)


@lowers(ops.Flatten, orders=_flat)
def flatten(op: ops.Flatten, site: Site) -> Lowered:
    rank = len(site.inputs[0])
    wanted = axes(rank, op.order == "chw")
    dims = tuple(site.dim(axis) for axis in wanted)
    if dims == tuple(range(1, rank + 1)):
        return Lowered(code("{0}.flatten(1)"))
    return Lowered(code(f"{{0}}.permute(0, {', '.join(map(str, dims))}).flatten(1)"))


@lowers(ops.Reshape, orders=Orders(takes=LAST, gives=LAST))
def reshape(op: ops.Reshape, site: Site) -> Lowered:
    sizes = known_sizes(site.output)
    batch = "{0}.shape[0]" if -1 in sizes else "-1"
    names = [f"size{i}" for i in range(len(sizes))]
    text = ", ".join(f"{{{name}}}" for name in names)
    return Lowered(code(f"{{0}}.reshape({batch}, {text})", **dict(zip(names, sizes, strict=True))))


@lowers(ops.Permute, orders=Orders(tied=False))
def permute(op: ops.Permute, site: Site) -> Lowered:
    rank = len(op.order)
    dims = tuple(place(op.order[axis], rank, site.takes) for axis in axes(rank, site.gives))
    if dims == tuple(range(1, rank + 1)):
        return Lowered(code("{0}"))
    if sum(dim != at for at, dim in enumerate(dims, 1)) == 2:
        swapped = [at for at, dim in enumerate(dims, 1) if dim != at]
        return Lowered(code(f"{{0}}.transpose({swapped[0]}, {swapped[1]})"))
    return Lowered(code(f"{{0}}.permute(0, {', '.join(map(str, dims))})"))


@lowers(ops.FlattenSpatial, orders=Orders(gives=LAST, tied=False, first=3))
def flatten_spatial(op: ops.FlattenSpatial, site: Site) -> Lowered:
    return Lowered(code("{0}.flatten(2).transpose(1, 2)" if site.takes == FIRST else "{0}.flatten(1, -2)"))


@lowers(ops.UnflattenSpatial, orders=Orders(takes=LAST, tied=False))
def unflatten_spatial(op: ops.UnflattenSpatial, site: Site) -> Lowered:
    before, axis = ("{0}.transpose(1, 2)", 2) if site.gives == FIRST else ("{0}", 1)
    size = site.output[:-1]
    if len(site.inputs) > 1 and any(isinstance(dim, Sym) for dim in size):
        return Lowered(code(f"{before}.unflatten({axis}, {{1}}.shape[1:-1])"))
    return Lowered(code(f"{before}.unflatten({axis}, {{size}})", size=known_sizes(size)))
