"""The meaning of the axes of every tensor, propagated from the model's inputs, and where they are mixed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Node
from archdsl.ops.base import Op
from archdsl.ops.reach import Layout, Part

CHANNELS: Final = -1
"""The axis number of channels; spatial axes are numbered from 0."""


class RowsAlone(NamedTuple):
    """An op over tokens applied to a map: it takes the columns for tokens, and each row separately."""

    node: Node
    shape: Shape
    """Of the map."""


class Crossing(NamedTuple):
    """A join of two tensors that have a common axis at different positions, whose sizes agree by chance."""

    node: Node
    axis: int
    one: Part
    other: Part


Slip: TypeAlias = RowsAlone | Crossing


def image_layout(shape: Shape) -> Layout:
    """The layout of a tensor with spatial axes, channels last."""
    places = (frozenset([Part(axis)]) for axis in range(len(shape) - 1))
    return (*places, frozenset([Part(CHANNELS)])) if shape else ()


def slips(graph: Graph, inputs: Mapping[str, Layout]) -> Iterator[Slip]:
    """All slips, in one sweep. ``inputs`` has the layouts of the model's inputs."""
    layouts, shapes = dict(inputs), {port.name: port.shape for port in graph.inputs}
    known: dict[tuple[object, ...], Layout] = {}
    for node in graph.nodes:
        op, names = node.op, node.inputs
        if not names:
            layouts[node.path], shapes[node.path] = (frozenset(),) * len(node.shape), node.shape
            continue
        layout = layouts[names[0]]
        if op.among_tokens and _takes_rows(layout):
            yield RowsAlone(node, shapes[names[0]])
        if op.aligned:
            yield from _crossing(node, layouts, shapes)
            layout = next((layouts[name] for name in names if any(layouts[name])), layout)
        if type(op).carry is not Op.carry:
            given = tuple(shapes[name] for name in names)
            key = (id(op), layout, given)
            if key not in known:
                known[key] = op.carry(layout, given, node.shape)
            layout = known[key]
        layouts[node.path], shapes[node.path] = layout, node.shape


def _takes_rows(layout: Layout) -> bool:
    *before, tokens, _ = map(_place, layout)
    return tokens is not None and any(place is not None and place != tokens for place in before)


def _place(parts: frozenset[Part]) -> Part | None:
    """The input axis that an axis represents as a whole; none for channels, windows and merged axes."""
    part = _alone(parts)
    return part if part is not None and part.axis >= 0 and not part.block else None


def _alone(parts: frozenset[Part]) -> Part | None:
    return next(iter(parts)) if len(parts) == 1 else None


def _crossing(node: Node, layouts: Mapping[str, Layout], shapes: Mapping[str, Shape]) -> Iterator[Crossing]:
    first, *others = node.inputs
    for other in others:
        if layouts[other] is layouts[first] or layouts[other] == layouts[first]:
            continue
        ours, theirs = (_standing(layouts[name], shapes[name]) for name in (first, other))
        for axis, one in ours.items():
            its = theirs.get(axis)
            if its is not None and its != one and (one in theirs.values() or its in ours.values()):
                yield Crossing(node, axis, one, its)
                return


def _standing(layout: Layout, shape: Shape) -> dict[int, Part]:
    """The input axis of each axis that has a size, represents a single one and shares it with no other."""
    alone = {axis: part for axis, parts in enumerate(layout) if shape[axis] != 1 and (part := _alone(parts))}
    count = Counter(alone.values())
    return {axis: part for axis, part in alone.items() if count[part] == 1}
