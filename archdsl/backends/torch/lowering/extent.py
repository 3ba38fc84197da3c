"""Padding, cropping, slicing and rolling."""

from __future__ import annotations

from archdsl.backends.code.values import code
from archdsl.backends.torch.code import Lowered, helped
from archdsl.backends.torch.lowering.reduction import without
from archdsl.backends.torch.registry import Orders, Site, axes, lowers
from archdsl.graph.dims import Shape
from archdsl.ops.axes import axis_index, side_pairs
from archdsl.ops.base import per_axis
from archdsl.ops.extent import Crop, Pad, Roll, Slice


@lowers(Pad)
def pad(op: Pad, site: Site) -> Lowered:
    x = site.inputs[0]
    sides = [op.sides(x)[axis] for axis in axes(len(x), site.takes)]
    if op.mode == "reflect" and site.takes and sides[0] == (0, 0):
        return Lowered(code('F.pad({0}, {pad}, mode="reflect")', pad=_flat(sides[1:])))
    while sides[0] == (0, 0) and len(sides) > 1:
        del sides[0]
    if op.mode == "reflect":
        return Lowered(code("reflect_pad({0}, {pad})", pad=_flat(sides)), helpers=helped("reflect_pad"))
    if op.value == 0:
        return Lowered(code("F.pad({0}, {pad})", pad=_flat(sides)))
    return Lowered(code("F.pad({0}, {pad}, value={value})", pad=_flat(sides), value=op.value))


def _flat(sides: list[tuple[int, int]]) -> tuple[int, ...]:
    """Padding in the order of ``F.pad``: last dimension first."""
    return tuple(n for pair in reversed(sides) for n in pair)


@lowers(Crop)
def crop(op: Crop, site: Site) -> Lowered:
    pairs = (*side_pairs(op.size, site.rank, "size"), (0, 0))
    ranges = [f"{before or ''}:{-after or ''}" for before, after in (pairs[a] for a in axes(len(pairs), site.takes))]
    while ranges[-1] == ":" and len(ranges) > 1:
        del ranges[-1]
    return Lowered(code(f"{{0}}[:, {', '.join(ranges)}]"))


def _taken(op: Slice, inputs: tuple[Shape, ...], output: Shape) -> Orders:
    return Orders() if op.keepdims else without((axis_index(op.axis, inputs[0]),), len(inputs[0]))


@lowers(Slice, orders=_taken)
def slice_(op: Slice, site: Site) -> Lowered:
    dim, rank = site.dim(op.axis), len(site.inputs[0])
    before = "..., " if dim == rank and rank > 1 else ":, " * dim
    if not op.keepdims:
        return Lowered(code(f"{{0}}[{before}{{place}}]", place=op.start))
    text, ends = "{start}:{stop}", {"start": op.start, "stop": op.stop}
    if op.step != 1:
        text, ends = f"{text}:{{step}}", ends | {"step": op.step}
    return Lowered(code(f"{{0}}[{before}{text}]", **ends))


@lowers(Roll)
def roll(op: Roll, site: Site) -> Lowered:
    shifts = per_axis(op.shift, site.rank, "shift")
    return Lowered(code("torch.roll({0}, {shifts}, dims={dims})", shifts=shifts, dims=site.spatial()))
