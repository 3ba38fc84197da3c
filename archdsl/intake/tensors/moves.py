"""From the order in which a value lies to the one that an op takes, by as few ops as the language has names for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import prod
from typing import Any

from archdsl.intake.tensors.views import Atom, Axes, Axis, length
from archdsl.ops.base import Op
from archdsl.ops.registry import OPS


def moves(source: Axes, target: Axes, cut: Collection[Axis] = ()) -> Iterator[tuple[Op, Axes]]:
    """Ops, each with the axes after it. Both have the same atoms, without the batch.

    ``cut`` are axes of windows: merging these and cutting a map into windows can be one and the same move.
    """
    if source == target:
        return
    flat = tuple(atom for axis in target for atom in axis)
    if tuple(atom for axis in source for atom in axis) == flat:
        yield _reshape(source, target), target
        return
    for axes in (source, target):
        if any(not axis for axis in axes):
            bare = tuple(axis for axis in axes if axis)
            if axes is source:
                yield _reshape(source, bare), bare
                yield from moves(bare, target, cut)
            else:
                yield from moves(source, bare, cut)
                yield _reshape(bare, target), target
            return
    windows = (_merged, _windows) if source[0] in cut else (_windows, _merged)
    for rule in (_permuted, _flattened, *windows, _to_depth, _to_space):
        if (op := rule(source, target)) is not None:
            yield op, target
            return
    yield from _by_parts(source, target)


def _op(name: str, **arguments: Any) -> Op:
    return OPS[name](**arguments)


def _sizes(axes: Axes) -> tuple[int, ...]:
    return tuple(map(length, axes))


def _reshape(source: Axes, target: Axes) -> Op:
    if len(target) == 1:
        return _op("flatten")
    if len(source) > 2 and len(target) == 2 and all(source) and source[-1] == target[-1]:
        return _op("flatten_spatial")
    if len(source) == 2 and len(target) > 2 and all(target) and source[-1] == target[-1]:
        return _op("unflatten_spatial", size=_sizes(target[:-1]))
    return _op("reshape", to=_sizes(target))


def _permuted(source: Axes, target: Axes) -> Op | None:
    if len(source) != len(target) or {*source} != {*target}:
        return None
    return _op("permute", order=tuple(source.index(axis) for axis in target))


def _flattened(source: Axes, target: Axes) -> Op | None:
    """A map flattened as if it had the channels first."""
    if len(target) == 1 and len(source) > 1 and target[0] == sum((source[-1], *source[:-1]), ()):
        return _op("flatten", order="chw")
    return None


def _cuts(row: Axis) -> Iterator[tuple[Axis, Axis]]:
    for place in range(1, len(row)):
        yield row[:place], row[place:]


def _common(sizes: list[int]) -> int | tuple[int, ...]:
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def _windows(source: Axes, target: Axes) -> Op | None:
    if len(source) != 3 or len(target) != 3 or source[-1] != target[-1]:
        return None
    for above, within in _cuts(source[0]):
        for left, inside in _cuts(source[1]):
            if target[:2] == (above + left, within + inside):
                return _op("window_partition", window=_common([length(within), length(inside)]))
    return None


def _merged(source: Axes, target: Axes) -> Op | None:
    if (op := _windows(target, source)) is None:
        return None
    return _op("window_merge", window=op.window, size=_sizes(target[:-1]))  # type: ignore[attr-defined]


def _to_depth(source: Axes, target: Axes) -> Op | None:
    """Blocks of places on the channels."""
    if len(source) != 3 or len(target) != 3:
        return None
    rows, columns, channels = source
    for above, within in _cuts(rows):
        for left, inside in _cuts(columns):
            if target[:2] != (above, left):
                continue
            orders = {
                "hwc": within + inside + channels,
                "whc": inside + within + channels,
                "chw": channels + within + inside,
            }
            for order, wanted in orders.items():
                if target[2] == wanted:
                    return _op("space_to_depth", size=_common([length(within), length(inside)]), order=order)
    return None


def _to_space(source: Axes, target: Axes) -> Op | None:
    if (op := _to_depth(target, source)) is None:
        return None
    return _op("depth_to_space", size=op.size, order=op.order)  # type: ignore[attr-defined]


def _by_parts(source: Axes, target: Axes) -> Iterator[tuple[Op, Axes]]:
    """Cut to runs of atoms that stay together, reordered, and joined."""
    after = {axis[i]: axis[i + 1] for axis in target for i in range(len(axis) - 1)}
    runs: list[list[Atom]] = []
    for row in source:
        for place, atom in enumerate(row):
            if place and after.get(row[place - 1]) is atom:
                runs[-1].append(atom)
            else:
                runs.append([atom])
    parts = tuple(map(tuple, runs))
    if parts != source:
        yield _op("reshape", to=_sizes(parts)), parts
    begins = {run[0]: run for run in parts}
    ordered = tuple(begins[atom] for axis in target for atom in axis if atom in begins)
    if ordered != parts:
        yield _op("permute", order=tuple(parts.index(run) for run in ordered)), ordered
    if ordered != target:
        yield _reshape(ordered, target), target
    assert prod(_sizes(source)) == prod(_sizes(target))
