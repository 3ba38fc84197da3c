"""An unsupported operator as an opaque step: its name, its inputs and outputs, and its arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.opaque import Opaque, in_words, shown
from archdsl.intake.tensors.lowering import Site, made
from archdsl.intake.tensors.program import Constant, Numbers
from archdsl.intake.tensors.views import Axes, View, axis, length

_FEW: Final = 16
"""Numbers of a constant that can be said among arguments."""
Order: TypeAlias = tuple[int, ...]
"""For each axis of a value as it lies, which of the source's it is, counted without the batch."""


def hole(site: Site, shapes: Mapping[str, tuple[int, ...]], used: Collection[str], told: Opaque) -> dict[str, View]:
    """The results of an operator that are used, by their names: each is an opaque step, and the first has the arrays.

    A tensor is taken as it lies where that is an order of its axes, else as the source has it. Results lie as the first
    tensor does, or with the channels last in a model whose images have them first.

    Raises:
        Unsupported: the source does not say the shape of a result, or the operator takes no tensor.
    """
    taken = [_taken(site, site.forced(value)) for value in site.inputs if isinstance(value, View)]
    if not taken:
        raise Unsupported("it takes nothing that depends on the model's input")
    arrays, config = _given(site)
    found: dict[str, View] = {}
    for place, name in enumerate(site.node.outputs):
        if name not in used:
            continue
        shape = shapes.get(name)
        if shape is None and (said := told.shape(site.place, place, is_first=not found)) is not None:
            shape = (site.lowering.batch.size, *said)
        lead, rows = _rows(site, shape)
        every = (*((lead,) if lead else ()), *rows)
        order = _order(site, taken[0][1], len(every))
        axes = tuple(every[n] for n in order) or ((),)
        held = {} if found else {str(number): array for number, array in enumerate(arrays)}
        op = made(
            "opaque",
            layer=shown(site.node.kind),
            size=tuple(map(length, axes)),
            arrays=tuple(tuple(array.shape) for array in held.values()),
            config=config,
            result=place,
        )
        base = site.lowering.emit(site.place, op, [base for base, _ in taken], axes, held)
        found[name] = View(base, ((site.lowering.batch, *lead), *rows))
    return found


def _taken(site: Site, view: View) -> tuple[str, Order]:
    """The value that a tensor is, and the order in which its axes lie in it."""
    ordered, lies = site.in_order(view), site.lies(view)
    left, order = [*range(len(ordered))], list[int]()
    for row in lies:
        same = next((place for place in left if ordered[place] == row), None)
        if same is not None:
            left.remove(same)
            order.append(same)
    if left or len(order) < len(lies):
        return site.laid(view, ordered), tuple(range(len(ordered)))
    return site.laid(view, lies), tuple(order)


def _rows(site: Site, shape: Sequence[int] | None) -> tuple[tuple[Any, ...], Axes]:
    """What the first axis of a result has beside the batch, and its other axes."""
    if shape is None:
        raise Unsupported("the source does not say the shape of its result")
    batch = site.lowering.batch.size
    if not shape or shape[0] % batch or any(n < 1 for n in shape):
        raise Unsupported(f"its result {[*shape]} has no batch of {batch}")
    return axis(shape[0] // batch), tuple(map(axis, shape[1:]))


def _order(site: Site, first: Order, rank: int) -> Order:
    if len(first) == rank:
        return first
    same = tuple(range(rank))
    return (*same[1:], 0) if rank > 2 and site.lowering.graph.turned else same


def _given(site: Site) -> tuple[list[Numbers], str]:
    """The arrays of an operator, and in words its other arguments and constants. Whole numbers are no weights."""
    arrays: list[Numbers] = []
    arguments = dict(site.node.attributes)
    for place, value in enumerate(site.inputs):
        if not isinstance(value, Constant):
            continue
        is_weight = value.array.dtype.kind == "f" and (bool(value.name) or value.array.size > _FEW)
        if is_weight and all(value.array.shape):
            arrays.append(value.array)
        else:
            arguments[f"input{place}"] = _words(value.array)
    return arrays, in_words(
        {name: _words(each) if isinstance(each, np.ndarray) else each for name, each in arguments.items()}
    )


def _words(array: Numbers) -> str:
    return str(array.tolist()) if array.size <= _FEW else f"{array.dtype}{[*array.shape]}"
