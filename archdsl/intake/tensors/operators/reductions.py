"""Means, sums and the like along axes, and softmax."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.lowering import Site, reads
from archdsl.intake.tensors.operators import attention
from archdsl.intake.tensors.views import View

_REDUCTIONS: Final = {
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "max",
    "ReduceMin": "min",
    "ReduceVariance": "variance",
}
_POOLED: Final = {"mean": "global_avg_pool", "max": "global_max_pool"}


@reads(*_REDUCTIONS)
def reduce(site: Site) -> View:
    view = site.view()
    rank = len(view.axes)
    given = site.integers(1)
    if given is None and not site.attribute("noop_with_empty_axes", 0):
        given = tuple(range(rank))
    axes = sorted({site.axis(n) for n in given or ()})
    keeps = bool(site.attribute("keepdims", 1))
    name = _REDUCTIONS[site.node.kind]
    if 0 in axes:
        raise Unsupported("it reduces the batch")
    gone = {atom for n in axes for atom in site.unbatched(view.axes[n])}
    lies = site.lies(view)
    if any(0 < sum(atom in gone for atom in row) < len(row) for row in lies):
        lies = site.in_order(view)
    # Of axes that the source has made one, such as a flattened map, each that lies in the value is reduced.
    reduced = [row for row in lies if row and gone.issuperset(row)]
    after = tuple(() if n in axes else row for n, row in enumerate(view.axes))
    if not keeps:
        after = tuple(row for n, row in enumerate(view.axes) if n not in axes)
    if not reduced:
        return view.with_axes(after)
    left = tuple(row for row in lies if row and row not in reduced)
    if left and lies[-1] == left[-1] and len(left) == 1 and len(lies) > 1 and name in _POOLED:
        return View(site.emit(_POOLED[name], [site.laid(view, lies)], left, keepdims=False), after)
    base = site.laid(view, lies)
    places = [i for i, row in enumerate(lies) if row in reduced or not row]
    arguments: dict[str, Any] = {"axis": _axes(places, len(lies))}
    if not left and len(lies) == 1:  # one number of each image, which the language has as a vector
        return View(site.emit(name, [base], ((),), axis=-1, keepdims=True), after)
    if not left:
        raise Unsupported("it leaves nothing but the batch")
    return View(site.emit(name, [base], left, keepdims=False, **arguments), after)


@reads("ReduceL2")
def length_along(site: Site) -> View:
    """The root of the sum of squares."""
    squares = site.same(site.view(), "square")
    node = replace(site.node, kind="ReduceSum")
    total = reduce(replace(site, node=node, inputs=(squares, *site.inputs[1:])))
    assert isinstance(total, View), "a sum of what depends on the input does so too"
    return site.same(total, "sqrt")


def _axes(places: list[int], rank: int) -> int | tuple[int, ...]:
    named = tuple(-1 if place == rank - 1 else place for place in places)
    return named[0] if len(named) == 1 else named


@reads("Softmax")
def softmax(site: Site) -> View:
    value = site.inputs[0]
    if isinstance(value, View) and (found := attention.weighed(site, value)) is not None:
        return found
    view = site.view()
    row = site.unbatched(view.axes[site.axis(site.attribute("axis", -1))])
    lies = site.lies(view)
    if row not in lies:
        lies = site.in_order(view)
    place = lies.index(row)
    base = site.laid(view, lies)
    return View(site.emit("softmax", [base], lies, axis=-1 if place == len(lies) - 1 else place), view.axes)
