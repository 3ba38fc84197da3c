"""Reductions along one axis after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Final

import numpy as np

from archdsl.intake.tensors.program import Node
from archdsl.intake.tensors.rules.form import Form, instead

_ALIKE: Final = ("ReduceMax", "ReduceMin", "ReduceMean", "ReduceSum")
"""Reductions of which two in a row are one along the axes of both."""


def reduced_twice(form: Form, node: Node) -> Node | None:
    """The largest along the columns of the largest along the rows, and the like: along both."""
    if node.kind not in _ALIKE:
        return None
    before = form.maker(node.inputs[0], node.kind)
    if before is None or form.users[node.inputs[0]] != 1:
        return None
    keeps = bool(node.attributes.get("keepdims", 1))
    first, then = _axes(form, before), _axes(form, node)
    if not first or not then or keeps != bool(before.attributes.get("keepdims", 1)):
        return None
    if len({axis < 0 for axis in (*first, *then)}) > 1:
        return None  # counted from different ends, for which the rank would have to be known
    axes = {*first, *then} if keeps else {*first, *_as_before(first, then)}
    return instead(
        node, node.kind, [before.inputs[0], form.constant(np.asarray(sorted(axes), np.int64))], keepdims=int(keeps)
    )


def _axes(form: Form, node: Node) -> tuple[int, ...]:
    """The axes that a reduction names; none where it names none, or they are computed."""
    found = form.program.constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
    return tuple(int(axis) for axis in found.array.reshape(-1)) if found is not None else ()


def _as_before(gone: Sequence[int], axes: Sequence[int]) -> list[int]:
    """What axes of a tensor were before others were reduced, all counted from one end.

    >>> _as_before([2], [2]), _as_before([-1], [-1])
    ([3], [-2])
    """
    start, step = (-1, -1) if axes[0] < 0 else (0, 1)
    left = (axis for axis in count(start, step) if axis not in gone)
    places = {place: next(left) for place in range(start, start + step * (max(map(abs, axes)) + 1), step)}
    return [places[axis] for axis in axes]
