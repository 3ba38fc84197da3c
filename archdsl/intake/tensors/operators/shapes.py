"""Operators that reshape, transpose, slice or join tensors, mostly as views."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.lowering import Site, Spread, Value, reads
from archdsl.intake.tensors.program import Constant
from archdsl.intake.tensors.views import (
    Atom,
    Axes,
    Axis,
    Unaligned,
    View,
    axis,
    leaves,
    length,
    paired,
    places,
    regrouped,
)


def tensor(site: Site, place: int = 0) -> View:
    """An input as a view, also of what is pending."""
    value = site.inputs[place]
    if not isinstance(value, View):
        raise Unsupported("a tensor that depends on the model's input is needed")
    return value


def reshaped(site: Site, view: View, shape: tuple[int, ...]) -> View:
    try:
        return view.with_axes(regrouped(view.axes, shape))
    except Unaligned:
        view = site.forced(view)
        if shape[0] != view.shape[0] or site.unbatched(view.axes[0]):
            raise
        made = tuple(map(axis, shape[1:]))
        base = site.emit("reshape", [site.laid(view, site.in_order(view))], made, to=shape[1:])
        return View(base, (view.axes[0], *made))


@reads("Reshape")
def reshape(site: Site) -> View:
    view = tensor(site)
    to = site.integers(1) or ()
    keeps = not site.attribute("allowzero", 0)
    sizes = [view.shape[i] if n == 0 and keeps else n for i, n in enumerate(to)]
    known, total = prod(n for n in sizes if n != -1), prod(view.shape)
    if sizes.count(-1) > 1 or known == 0 or total % known or (-1 not in sizes and known != total):
        raise Unsupported(f"{[*view.shape]} cannot be reshaped to {sizes}")
    return reshaped(site, view, tuple(total // known if n == -1 else n for n in sizes))


@reads("Flatten")
def flatten(site: Site) -> View:
    view = tensor(site)
    first = site.attribute("axis", 1) % (len(view.axes) + 1)
    return reshaped(site, view, (prod(view.shape[:first]), prod(view.shape[first:])))


@reads("Squeeze")
def squeeze(site: Site) -> View:
    view = tensor(site)
    given = site.integers(1)
    gone = {i for i, n in enumerate(view.shape) if n == 1 and i} if given is None else {site.axis(n) for n in given}
    if any(view.shape[n] != 1 for n in gone):
        raise Unsupported(f"axes {sorted(gone)} of {[*view.shape]} are not of size 1")
    return view.with_axes(regrouped(view.axes, [n for i, n in enumerate(view.shape) if i not in gone]))


@reads("Unsqueeze")
def unsqueeze(site: Site) -> View:
    view = tensor(site)
    given = site.integers(1) or ()
    rank = len(view.axes) + len(given)
    new = {site.axis(n, rank) for n in given}
    old = iter(view.shape)
    return view.with_axes(regrouped(view.axes, [1 if i in new else next(old) for i in range(rank)]))


@reads("Transpose")
def transpose(site: Site) -> View:
    view = tensor(site)
    order = site.attribute("perm", tuple(range(len(view.axes)))[::-1])
    if sorted(order) != [*range(len(view.axes))]:
        raise Unsupported(f"perm={[*order]} for {len(view.axes)} axes")
    return view.with_axes(view.axes[n] for n in order)


@reads("Identity", "Dropout", "Cast", "CastLike")
def identity(site: Site) -> Value:
    value = site.inputs[0]
    assert value is not None
    return value


@reads("Shape")
def shape(site: Site) -> Constant:
    return Constant(np.asarray(site.shape()[site.attribute("start", 0) : site.attribute("end", None)], np.int64))


@reads("Size")
def size(site: Site) -> Constant:
    return Constant(np.asarray(prod(site.shape()), np.int64))


@reads("Expand")
def expand(site: Site) -> View:
    view = tensor(site)
    to = site.integers(1) or ()
    shape = np.broadcast_shapes(view.shape, to)
    if shape == view.shape:
        return view
    padded = view.with_axes((*(() for _ in range(len(shape) - len(view.axes))), *view.axes))
    axes = tuple(row if length(leaves(row)) == n else axis(n) for row, n in zip(padded.axes, shape, strict=True))
    return View(site.lowering.wait(Spread(padded), tuple(map(site.unbatched, axes[1:]))), axes)


@reads("Tile")
def tile(site: Site) -> View:
    if any(n != 1 for n in site.integers(1) or ()):
        raise Unsupported(f"a tensor is repeated {site.integers(1)} times")
    return tensor(site)


# --- parts ------------------------------------------------------------------------------------------------------------


def taken(site: Site, view: View, place: int, start: int, stop: int, step: int = 1) -> View:
    """Places of an axis, which stays."""
    row, count = leaves(view.axes[place]), -(-(stop - start) // step)
    whole = length(row)
    if count == whole:
        return view
    if count < 1:
        raise Unsupported("it takes nothing of an axis")
    if (found := _aligned(view, place, row, start, count, step)) is not None:
        return found
    view = site.forced(view)
    lies = site.lies(view)
    wanted = site.unbatched(view.axes[place])
    if wanted not in lies:
        lies = site.in_order(view)
    at = lies.index(wanted)
    new = axis(count)
    base = site.emit(
        "slice",
        [site.laid(view, lies)],
        (*lies[:at], new, *lies[at + 1 :]),
        start=start,
        stop=None if stop >= whole and start else stop,
        axis=-1 if at == len(lies) - 1 else at,
        step=step,
    )
    return View(base, (*view.axes[:place], new, *view.axes[place + 1 :]))


def _aligned(view: View, place: int, row: Axis, start: int, count: int, step: int) -> View | None:
    """A part that is one place of some atoms, once the axis is split; ``None`` if it is none."""
    whole = length(row)
    if any(atom.is_batch for atom in row) or whole % (count * step):
        return None
    try:
        if step == 1 and start % count == 0:
            picked, rest = regrouped([row], (whole // count, count))
            at = start // count
        elif step > 1 and start < step and count * step == whole:
            rest, picked = regrouped([row], (count, step))
            at = start
        else:
            return None
    except Unaligned:
        return None
    found = View(view.base, (*view.axes[:place], rest, *view.axes[place + 1 :]), view.picks)
    for atom in reversed(picked):
        found = found.picked(atom, at % atom.size)
        at //= atom.size
    return found


@reads("Slice")
def slice_(site: Site) -> View:
    view = tensor(site)
    starts, ends = site.integers(1) or (), site.integers(2) or ()
    axes, steps = site.integers(3) or tuple(range(len(starts))), site.integers(4) or (1,) * len(starts)
    for start, end, number, step in zip(starts, ends, axes, steps, strict=True):
        place = site.axis(number)
        count = view.shape[place]
        if step < 1:
            raise Unsupported("a slice that goes backwards")
        first, last = (min(max(n + count if n < 0 else n, 0), count) for n in (start, end))
        view = taken(site, view, place, first, last, step)
    return view


@reads("Split")
def split(site: Site) -> tuple[View, ...]:
    view = tensor(site)
    place = site.axis(site.attribute("axis", 0))
    whole, sizes = view.shape[place], site.integers(1)
    if sizes is None:
        count = site.attribute("num_outputs", len(site.node.outputs))
        each = -(-whole // count)
        sizes = (*(each,) * (count - 1), whole - each * (count - 1))
    found, at = [], 0
    for number in sizes:
        found.append(taken(site, view, place, at, at + number))
        at += number
    return tuple(found)


@reads("Gather")
def gather(site: Site) -> Value:
    if not isinstance(site.inputs[0], View):
        raise Unsupported("looking up rows of a table has no counterpart yet")
    view, wanted = tensor(site), site.array(1)
    place = site.axis(site.attribute("axis", 0))
    if wanted.dtype.kind not in "iu":
        raise Unsupported("places of an axis by a mask have no counterpart")
    listed = [int(at) + (view.shape[place] if at < 0 else 0) for at in wanted.reshape(-1)]
    step = listed[1] - listed[0] if len(listed) > 1 else 1
    if step < 1 or listed != [*range(listed[0], listed[0] + step * len(listed), step)]:
        raise Unsupported("places of an axis by a list have no counterpart")
    found = taken(site, view, place, listed[0], listed[-1] + 1, step)
    if wanted.ndim == 0:
        return found.with_axes(each for i, each in enumerate(found.axes) if i != place)
    if wanted.ndim > 1:
        shape = (*found.shape[:place], *wanted.shape, *found.shape[place + 1 :])
        return found.with_axes(regrouped(found.axes, shape))
    return found


# --- joins of parts ---------------------------------------------------------------------------------------------------


@reads("Concat")
def concat(site: Site) -> View:
    place = site.axis(site.attribute("axis", 0), len(site.shape(_first(site))))
    if (token := _class_token(site, place)) is not None:
        return token
    views = [tensor(site, i) for i in range(len(site.inputs))]
    if len(views) == 1:
        return views[0]
    if (whole := _rejoined(views, place)) is not None:
        return whole
    views = [site.forced(view) for view in views]
    first = views[0]
    lies = site.lies(first)
    row = site.unbatched(first.axes[place])
    if row not in lies or place == 0:
        lies = site.in_order(first)
    if place == 0:
        raise Unsupported("it joins batches")
    at = lies.index(row) if row in lies else 0
    inputs = [site.laid(first, lies)]
    inputs += [site.laid(view, _like(site, first, view, lies, place)) for view in views[1:]]
    new = axis(sum(view.shape[place] for view in views))
    made = site.emit("concat", inputs, (*lies[:at], new, *lies[at + 1 :]), axis=-1 if at == len(lies) - 1 else at)
    return View(made, (*first.axes[:place], new, *first.axes[place + 1 :]))


def _like(site: Site, first: View, other: View, lies: Axes, free: int = -1) -> Axes:
    """The order in which another tensor lies as a first one does; their sizes may differ along one axis."""
    own: dict[Atom, Atom] = {}
    for n, (a, b) in enumerate(zip(first.axes, other.axes, strict=True)):
        if n != free:
            own.update(zip(*paired(a, b), strict=True))
    row = site.unbatched(first.axes[free]) if free >= 0 else None
    return tuple(
        site.unbatched(other.axes[free]) if each == row and free >= 0 else tuple(own[atom] for atom in leaves(each))
        for each in lies
    )


def _first(site: Site) -> int:
    return next((i for i, value in enumerate(site.inputs) if isinstance(value, View)), 0)


def _class_token(site: Site, place: int) -> View | None:
    """Learned tokens before a sequence."""
    *tokens, last = site.inputs
    arrays = [value.array for value in tokens if isinstance(value, Constant)]
    if not arrays or len(arrays) < len(tokens) or not isinstance(last, View) or place != 1 or len(last.axes) != 3:
        return None
    view, array = site.forced(last), np.concatenate(arrays, axis=1)
    if array.ndim != 3 or array.shape[0] != 1:
        return None
    lies = site.in_order(view)
    axes = (axis(lies_length(lies[0]) + array.shape[1]), lies[1])
    base = site.laid(view, lies)
    made = site.emit("class_token", [base], axes, {"tokens": array[0]}, count=array.shape[1])
    return View(made, (view.axes[0], *axes))


def lies_length(row: Axis) -> int:
    return length(leaves(row))


def _rejoined(views: list[View], place: int) -> View | None:
    """All places of some atoms, one after the other: these atoms, before what else is in the axis."""
    first = views[0]
    if any(view.base != first.base or len(view.picks) != len(first.picks) for view in views[1:]) or not first.picks:
        return None
    if any(a != b for view in views[1:] for a, b in zip(first.resolved, view.resolved, strict=True)):
        return None
    picked = [dict(places(view)) for view in views]
    if any(each.keys() != picked[0].keys() for each in picked[1:]):
        return None
    varying = [atom for atom in picked[0] if len({each[atom] for each in picked}) > 1]
    if prod(atom.size for atom in varying) != len(views):
        return None
    # The atom that changes last is the outermost.
    varying.sort(
        key=lambda atom: next(i for i, each in enumerate(picked) if each[atom] != picked[0][atom]), reverse=True
    )
    for number, each in enumerate(picked):
        left = number
        for atom in varying[::-1]:
            if each[atom] != left % atom.size:
                return None
            left //= atom.size
    rest = tuple((atom, at) for atom, at in places(first) if atom not in varying)
    joined = (*varying, *leaves(first.axes[place]))
    return View(first.base, (*first.axes[:place], joined, *first.axes[place + 1 :]), rest)


@reads("DepthToSpace", "SpaceToDepth")
def shuffled(site: Site) -> View:
    view, block = tensor(site), site.attribute("blocksize", 1)
    n, c, h, w = view.shape
    if site.node.kind == "SpaceToDepth":
        split_ = regrouped(view.axes, (n, c, h // block, block, w // block, block))
        order = (0, 3, 5, 1, 2, 4)
        return view.with_axes(regrouped([split_[i] for i in order], (n, c * block**2, h // block, w // block)))
    if site.attribute("mode", "DCR") == "DCR":
        split_, order = regrouped(view.axes, (n, block, block, c // block**2, h, w)), (0, 3, 4, 1, 5, 2)
    else:
        split_, order = regrouped(view.axes, (n, c // block**2, block, block, h, w)), (0, 1, 4, 2, 5, 3)
    return view.with_axes(regrouped([split_[i] for i in order], (n, c // block**2, h * block, w * block)))


@reads("Roll")
def roll(site: Site) -> View:
    view = site.view()
    shifts: dict[int, int] = dict(
        zip(map(site.axis, site.node.attributes["axes"]), site.node.attributes["shifts"], strict=True)
    )
    lies = site.lies(view)
    rows = {site.unbatched(view.axes[n]): shift for n, shift in shifts.items()}
    if any(row not in lies[:-1] for row in rows):
        lies = site.in_order(view)
    if any(row not in lies[:-1] for row in rows):
        raise Unsupported("a roll along the channels has no counterpart")
    by = tuple(rows.get(row, 0) for row in lies[:-1])
    arguments: dict[str, Any] = {"shift": by[0] if len(set(by)) == 1 else by}
    return View(site.emit("roll", [site.laid(view, lies)], lies, **arguments), view.axes)


@reads("MoveAxis")
def move_axis(site: Site) -> View:
    view = tensor(site)
    axes = [*view.axes]
    source, target = (site.axis(site.node.attributes[name]) for name in ("source", "target"))
    moved = axes.pop(source)
    axes.insert(target, moved)
    return view.with_axes(axes)
