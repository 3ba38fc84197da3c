"""Removes the computation of unneeded tokens: after the last attention of a ViT, all but the class token.

From each value it is known along which axis, and from where to where, it is needed; ``Slice`` says so first. An op that
makes each place of its output from the same place of its input needs no more than is needed of it, and an attention
has its queries just where its output is needed. What is left over is never computed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from archdsl.graph.dims import Dim, Shape, Sym
from archdsl.graph.model import Node
from archdsl.ops.axes import axis_index
from archdsl.ops.base import Misfit
from archdsl.ops.extent import Slice
from archdsl.ops.reach import SAME
from archdsl.rewrites.draft import Draft


class Part(NamedTuple):
    """The live range of an axis: from ``start`` up to but excluding ``stop``."""

    axis: int
    start: int
    stop: int

    def of(self, shape: Shape) -> Shape:
        """The shape of this part of a tensor."""
        return (*shape[: self.axis], self.stop - self.start, *shape[self.axis + 1 :])


ALL: Final = None
"""What is needed of a value that is needed as a whole."""


def rewrite(draft: Draft) -> int:
    """Applied where it saves multiply-adds."""
    needed = _needed(draft)
    cut = {node.path: part for node in draft if (part := _part(draft, needed, node)) is not None}
    nodes = [node for node in draft if node.path in cut]
    if sum(_saved(draft, node, cut[node.path]) for node in nodes) == 0:
        return 0
    ranges = {node.path: part for node in draft if (part := _range(draft, node)) is not None}
    wanted = {n.path: [_of_input(draft, n, place, cut[n.path]) for place in range(len(n.inputs))] for n in nodes}
    slices: dict[tuple[str, Part], str] = {}
    for node in draft:
        if node.path in ranges and node.inputs[0] in cut:
            _reslice(draft, node, ranges[node.path], cut[node.inputs[0]])
        elif node.path in cut:
            inputs = [
                name if part is None else _taken(draft, node, name, part, cut.get(name), slices)
                for name, part in zip(node.inputs, wanted[node.path], strict=True)
            ]
            is_alone = node.op.queries_apart and len(inputs) == 1
            draft.change(node, inputs=(*inputs, *node.inputs) if is_alone else tuple(inputs))
    return len(cut)


def _needed(draft: Draft) -> dict[str, Part | None]:
    """The live part of each live value."""
    needed: dict[str, Part | None] = {}

    def need(name: str, part: Part | None) -> None:
        have = needed.get(name, part)
        if have is None or part is None or have.axis != part.axis:
            needed[name] = ALL
        else:
            needed[name] = Part(part.axis, min(have.start, part.start), max(have.stop, part.stop))

    nodes = [*draft]
    for node in nodes:
        if draft.is_output(node.path):
            need(node.path, ALL)
    for node in reversed(nodes):
        if node.path not in needed:
            continue
        own = _range(draft, node)
        part = _part(draft, needed, node)
        for place, name in enumerate(node.inputs):
            if own is not None:
                need(name, own)
            elif part is None:
                need(name, ALL)
            else:
                need(name, _of_input(draft, node, place, part))
                if node.op.queries_apart and len(node.inputs) == 1:
                    need(name, ALL)  # for the keys and values
    return needed


def _range(draft: Draft, node: Node) -> Part | None:
    """The range that a slice takes of its input."""
    op = node.op
    if not isinstance(op, Slice) or op.step != 1:
        return None
    (x,) = draft.input_shapes(node)
    axis = axis_index(op.axis, x)
    size = x[axis]
    if isinstance(size, Sym):
        return None
    start = op.start % size if op.start < 0 else op.start
    stop = (size if op.stop is None else op.stop % size if op.stop < 0 else op.stop) if op.keepdims else start + 1
    return Part(axis, start, stop)


def _part(draft: Draft, needed: dict[str, Part | None], node: Node) -> Part | None:
    """The part of a node to compute, if that is less than all; features are never cut, for they enter products."""
    part = needed.get(node.path)
    if part is None or _range(draft, node) is not None or not node.inputs:
        return None
    size, last = node.shape[part.axis], len(node.shape) - 1
    if part.axis == last or isinstance(size, Sym) or part.stop - part.start >= size:
        return None
    if node.op.queries_apart:
        return part if part.axis == last - 1 and len(node.inputs) <= 3 else None
    shapes = draft.input_shapes(node)
    if node.op.sees_map or len(shapes[0]) != len(node.shape) or shapes[0][part.axis] != size:
        return None
    if node.op.reach(shapes, node.shape)[part.axis] != SAME or (len(shapes) > 1 and not node.op.aligned):
        return None
    cut = _cut_shapes(draft, node, part)
    try:
        fits = node.op.shape(*cut) == part.of(node.shape) and node.op.weights(*cut) == node.op.weights(*shapes)
    except Misfit:
        return None
    return part if fits else None


def _of_input(draft: Draft, node: Node, place: int, part: Part) -> Part | None:
    """The live part of an input for a part of the output."""
    if node.op.queries_apart:
        return part if place == 0 else ALL
    return part if draft.shape(node.inputs[place])[part.axis] == node.shape[part.axis] else ALL


def _cut_shapes(draft: Draft, node: Node, part: Part) -> tuple[Shape, ...]:
    return tuple(
        part.of(shape) if _of_input(draft, node, place, part) is not None else shape
        for place, shape in enumerate(draft.input_shapes(node))
    )


def _saved(draft: Draft, node: Node, part: Part) -> Dim:
    shapes, cut = draft.input_shapes(node), _cut_shapes(draft, node, part)
    if node.op.queries_apart and len(shapes) == 1:
        cut = (*cut, shapes[0])
    return node.op.macs(shapes, node.shape) - node.op.macs(cut, part.of(node.shape))


def _reslice(draft: Draft, node: Node, own: Part, kept: Part) -> None:
    """Adjusts a slice to an input that was cut."""
    op = node.op
    assert isinstance(op, Slice)
    start = own.start - kept.start
    stop = start + own.stop - own.start if op.keepdims else None
    draft.change(node, op=op.model_copy(update={"start": start, "stop": stop}))


def _taken(
    draft: Draft, node: Node, name: str, part: Part, kept: Part | None, slices: dict[tuple[str, Part], str]
) -> str:
    """The part of a value that a node takes; ``kept`` is the part that exists, if not all."""
    if part == kept:
        return name
    if (name, part) not in slices:
        first = kept.start if kept else 0
        op = Slice(start=part.start - first, stop=part.stop - first, axis=part.axis)
        slices[name, part] = draft.add(node, "needed", op, (name,)).path
    return slices[name, part]
