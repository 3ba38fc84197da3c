"""Receptive fields: the part of the model's input that each node depends on (Araujo, Norris & Sim 2019).

The windows of convolutions and poolings are followed from the input on, over all branches, by the rules that the ops
state of themselves (``Op.reach``); doi:10.23915/distill.00021 has the arithmetic. Where a gate or a statistic looks at
the whole map beside the main path, as in squeeze-and-excitation or group normalisation, the field is that of the path,
as papers give it, and ``context`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Literal, TypeAlias

from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Node
from archdsl.ops.base import Op
from archdsl.ops.reach import SAME, WHOLE, Layout, Part, Reach, Sight, cells, merged, then, union

Extent: TypeAlias = int | Literal["whole", "unknown"]


@dataclass(frozen=True, slots=True)
class Field:
    """A node's receptive field along each spatial axis of the model's input, and the meaning of its tensor's axes."""

    axes: tuple[Sight, ...]
    layout: Layout
    context: bool = False
    """Whether something of the whole input enters beside the field: a gate, or the statistics of a map."""

    @property
    def size(self) -> tuple[Extent, ...]:
        """Pixels along each axis, also beyond the edges of the image: 483 for a ResNet-50 of 224 x 224."""
        return tuple(seen.extent if isinstance(seen, Reach) else seen for seen in self.axes)

    @property
    def stride(self) -> tuple[Fraction | None, ...]:
        """The effective stride in pixels; ``None`` where there are no neighbours, or the axis is not spatial."""
        return tuple(seen.stride if isinstance(seen, Reach) else None for seen in self.axes)

    @property
    def padding(self) -> tuple[int | None, ...]:
        """The effective padding: pixels before the image that the first position sees."""
        return tuple(-seen.begin(0) if isinstance(seen, Reach) else None for seen in self.axes)

    @property
    def is_window(self) -> bool:
        """Whether it is a range along every axis, neither the whole of one nor unknown."""
        return bool(self.axes) and all(isinstance(seen, Reach) for seen in self.axes)


@dataclass(frozen=True)
class Receptive:
    """The receptive fields of a model; ``nodes`` has that of each node by its path."""

    nodes: Mapping[str, Field]
    inputs: Mapping[str, Field]

    @cached_property
    def largest(self) -> Field | None:
        """The largest window of a node: that of the last map before one sees the whole image.

        This is what papers call the receptive field of a model. ``None`` when nothing looks through a window, as in a
        model of dense layers.
        """
        windows = [field for field in dict.fromkeys(self.nodes.values()) if field.is_window]
        return max(windows, key=_area, default=None)


def _area(field: Field) -> tuple[int, Fraction]:
    """A sort key: by size, then by stride, so that of two equal fields the one on the smaller map is less."""
    seen = [sight for sight in field.axes if isinstance(sight, Reach)]
    return prod(reach.extent for reach in seen), prod((reach.stride for reach in seen), start=Fraction(1))


def receptive_field(graph: Graph) -> Receptive:
    """The field of every node, in one sweep; each distinct op is evaluated once per kind of input.

    Open dimensions (``?``) are taken to fit the strides of the model. Fields do not depend on them otherwise.

    >>> from archdsl.api import load
    >>> receptive_field(load("vgg16").graph).largest.size
    (212, 212)
    """
    known: dict[tuple[object, ...], Field] = {}
    fields = {port.name: _input(port.shape) for port in graph.inputs}
    inputs = dict(fields)
    shapes = graph.shapes
    for node in graph.nodes:
        seen = tuple(fields[name] for name in node.inputs)
        given = tuple(shapes[name] for name in node.inputs)
        key = (id(node.op), given, *map(id, seen))
        field = known.get(key)
        if field is None:
            field = known[key] = _field(node, seen, given)
        fields[node.path] = field
    return Receptive({node.path: fields[node.path] for node in graph.nodes}, inputs)


def _input(shape: Shape) -> Field:
    rank = max(len(shape) - 1, 0)
    layout = (*(frozenset([Part(axis)]) for axis in range(rank)), frozenset[Part]())
    return Field((SAME,) * rank, layout[: len(shape)])


def _field(node: Node, fields: tuple[Field, ...], inputs: tuple[Shape, ...]) -> Field:
    op: Op = node.op
    if not fields:
        return Field((), (frozenset(),) * len(node.shape))
    reach = op.reach(inputs, node.shape)
    seeing = [(field, shape) for field, shape in zip(fields, inputs, strict=True) if field.axes]
    first = seeing[0][0] if seeing and op.aligned else fields[0]
    layout = op.carry(first.layout, inputs, node.shape)
    if seeing:  # constants see nothing of the model's input
        fields, inputs = tuple(field for field, _ in seeing), tuple(shape for _, shape in seeing)
    looked = [_through(field, reach) for field in fields]
    if len(fields) == 1:
        return Field(looked[0], layout, fields[0].context or op.sees_map)
    stretched = [_is_stretched(shape, node.shape) for shape in inputs]
    wide = [field for field, narrow in zip(fields, stretched, strict=True) if not narrow] or list(fields)
    ways = [axes for axes, narrow in zip(looked, stretched, strict=True) if not narrow] or looked
    context = any(stretched) or op.sees_map or any(field.context for field in fields)
    if len({field.layout for field in wide}) > 1:
        # Axes that stand for different places are joined place by place: no window says what one sees.
        ways = [_mixed(axes, merged(field.layout)) for axes, field in zip(ways, wide, strict=True)]
    longest = max(map(len, ways))
    axes = tuple(union([way[axis] for way in ways if axis < len(way)]) for axis in range(longest))
    return Field(axes, layout, context)


def _is_stretched(shape: Shape, output: Shape) -> bool:
    """Whether an input is broadcast along a spatial axis, as the gate of squeeze-and-excitation is."""
    return len(shape) == len(output) and any(n == 1 != m for n, m in zip(shape[:-1], output[:-1], strict=True))


def _through(field: Field, reach: tuple[Sight, ...]) -> tuple[Sight, ...]:
    axes = list(field.axes)
    for parts, sight in zip(field.layout, reach, strict=False):
        if sight == SAME:
            continue
        alone = len(parts) == 1
        for part in parts:
            seen: Sight = cells(part.block) if part.block > 0 else sight if alone and not part.block else WHOLE
            axes[part.axis] = then(axes[part.axis], seen)
    return tuple(axes)


def _mixed(axes: tuple[Sight, ...], parts: frozenset[Part]) -> tuple[Sight, ...]:
    held = {part.axis for part in parts}
    return tuple(then(sight, WHOLE) if axis in held else sight for axis, sight in enumerate(axes))
