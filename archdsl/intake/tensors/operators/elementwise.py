"""Functions of one element, and of elements of two tensors, or of a tensor and a constant."""

from __future__ import annotations

from math import prod
from typing import Any, Final

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.broadcasting import as_lies
from archdsl.intake.tensors.lowering import Site, Spread, Value, made, reads, short
from archdsl.intake.tensors.operators import attention
from archdsl.intake.tensors.program import Constant, Numbers
from archdsl.intake.tensors.views import Atom, Axes, View, leaves, length, paired

_PLAIN: Final = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Mish": "mish",
    "HardSwish": "hard_silu",
    "Silu": "silu",
    "Relu6": "relu6",
    "Exp": "exp",
    "Log": "log",
    "Sqrt": "sqrt",
    "Abs": "abs",
    "Neg": "negative",
    "Reciprocal": "reciprocal",
    "Sin": "sin",
    "Cos": "cos",
}


@reads(*_PLAIN)
def plain(site: Site) -> View:
    return site.same(site.view(), _PLAIN[site.node.kind])


@reads("Gelu")
def gelu(site: Site) -> View:
    return site.same(site.view(), "gelu", approximate=site.attribute("approximate", "none") == "tanh")


@reads("Swish")
def swish(site: Site) -> View:
    alpha = short(np.float32(site.attribute("alpha", 1.0)))
    if alpha == 1:
        return site.same(site.view(), "silu")
    if alpha != 1.702:
        raise Unsupported(f"alpha={alpha} has no counterpart")
    return site.same(site.view(), "quick_gelu")


@reads("HardSigmoid")
def hard_sigmoid(site: Site) -> View:
    alpha, beta = site.attribute("alpha", 0.2), site.attribute("beta", 0.5)
    if abs(alpha * 6 - 1) > 1e-6 or beta != 0.5:
        raise Unsupported(f"alpha={alpha}, beta={beta} has no counterpart")
    return site.same(site.view(), "hard_sigmoid")


@reads("Elu")
def elu(site: Site) -> View:
    return site.same(site.view(), "elu", alpha=short(np.float32(site.attribute("alpha", 1.0))))


@reads("LeakyRelu")
def leaky_relu(site: Site) -> View:
    return site.same(site.view(), "leaky_relu", slope=short(np.float32(site.attribute("alpha", 0.01))))


@reads("PRelu")
def prelu(site: Site) -> View:
    view = site.view()
    slopes = site.array(1)
    lies = site.spatial(view) if len(view.axes) > 2 else site.in_order(view)
    if slopes.size not in (1, length(lies[-1])):
        raise Unsupported("slopes for elements have no counterpart")
    per = "channel" if slopes.size > 1 or length(lies[-1]) == 1 else "tensor"
    held = {"alpha": slopes.reshape(*(1 for _ in lies[:-1]), -1)}
    return View(site.emit("prelu", [site.laid(view, lies)], lies, held, per=per), view.axes)


@reads("Clip")
def clip(site: Site) -> View:
    view = site.view()
    low = site.number(1) if site.has(1) else None
    high = site.number(2) if site.has(2) else None
    low, high = (None if n is None or abs(n) > 1e30 else n for n in (low, high))
    if low is None and high is None:
        return view
    if low == 0 and high in (None, 6):
        return site.same(view, "relu" if high is None else "relu6")
    return site.same(view, "clip", min=low, max=high)


# --- two tensors ------------------------------------------------------------------------------------------------------

_JOINS: Final = {"Add": "add", "Sub": "subtract", "Mul": "mul", "Div": "divide", "Max": "maximum", "Min": "minimum"}


@reads(*_JOINS, "Sum", "Pow")
def join(site: Site) -> Value:
    kind = "Add" if site.node.kind == "Sum" else site.node.kind
    values = [value for value in site.inputs if value is not None]
    if len(values) != 2:
        if len(values) == 1:
            return values[0]
        if kind not in ("Add", "Max", "Min") or any(isinstance(value, Constant) for value in values):
            raise Unsupported(f"{len(values)} inputs, some of them constants")
        return _several(site, _JOINS[kind])
    one, other = values
    if isinstance(other, Constant) and isinstance(one, View):
        return with_constant(site, kind, one, other)
    if isinstance(one, Constant) and isinstance(other, View):
        return _constant_first(site, kind, one, other)
    if kind == "Pow":
        raise Unsupported("a power by a tensor has no counterpart")
    assert isinstance(one, View)
    assert isinstance(other, View)
    one, other = _narrow(site, one, other), _narrow(site, other, one)
    return joined(site, _JOINS[kind], site.forced(one), site.forced(other))


def _narrow(site: Site, view: View, beside: View) -> View:
    """A tensor before it was repeated, if what it is joined with has all axes at their size."""
    pending = site.lowering.pending.get(view.base)
    if isinstance(pending, Spread) and view.shape == beside.shape and not view.picks:
        own = site.lowering.layout(view.base)
        if tuple(map(site.unbatched, view.axes[1:])) == own:
            return pending.view
    return view


def _several(site: Site, name: str) -> View:
    views = [site.view(place) for place in range(len(site.inputs))]
    found = views[0]
    for view in views[1:]:
        found = joined(site, name, found, view)
    return found


def _padded(view: View, rank: int) -> View:
    """A view with axes of size 1 in front, as broadcasting has them."""
    return view.with_axes((*(() for _ in range(rank - len(view.axes))), *view.axes))


def joined(site: Site, name: str, one: View, other: View) -> View:
    """Two tensors joined, with axes of size 1 stretched; the larger one's order is kept."""
    rank = max(len(one.axes), len(other.axes))
    first, second = _padded(one, rank), _padded(other, rank)
    shape = np.broadcast_shapes(first.shape, second.shape)
    swapped = first.shape != shape
    big, small = (second, first) if swapped else (first, second)
    if big.shape != shape:
        return _outer(site, name, first, second, shape)
    lies = site.lies(big)
    own: dict[Atom, Atom] = {}
    for a, b in zip(big.axes, small.axes, strict=True):
        if length(leaves(b)) != 1:
            own.update(zip(*paired(a, b), strict=True))
    lies = site.lies(big)  # whose atoms may have been split
    if len(own) < sum(len(row) for row in lies) and any(
        0 < sum(atom in own for atom in row) < len(row) for row in lies
    ):
        lies = site.in_order(big)
    base = site.laid(big, lies)
    wanted = tuple(tuple(own[atom] for atom in row if atom in own) for row in lies)
    beside = site.laid(small, wanted)
    broadcast = tuple(map(length, wanted)) != tuple(map(length, lies))
    inputs = [beside, base] if swapped else [base, beside]
    if broadcast and name in ("maximum", "minimum"):
        raise Unsupported(f"`{name}` of tensors of different shapes has no counterpart")
    arguments: dict[str, Any] = {"broadcast": broadcast} if name not in ("maximum", "minimum") else {}
    return View(site.emit(name, inputs, lies, **arguments), big.axes)


def _outer(site: Site, name: str, one: View, other: View, shape: tuple[int, ...]) -> View:
    """Two tensors of which each has axes that the other lacks, in their own order."""
    if name in ("maximum", "minimum") or site.unbatched(one.axes[0]) or site.unbatched(other.axes[0]):
        raise Unsupported("tensors of such shapes cannot be joined")
    inputs = [site.laid(view, tuple(map(site.unbatched, view.axes[1:]))) for view in (one, other)]
    axes = tuple(a if length(leaves(a)) == n else b for a, b, n in zip(one.axes, other.axes, shape, strict=True))
    lies = tuple(map(site.unbatched, axes[1:]))
    return View(site.emit(name, inputs, lies, broadcast=True), (one.axes[0], *axes[1:]))


# --- a tensor and a constant ------------------------------------------------------------------------------------------


def _constant_first(site: Site, kind: str, one: Constant, other: View) -> Value:
    if kind in ("Add", "Mul", "Max", "Min"):
        return with_constant(site, kind, other, one)
    if kind == "Sub":
        negative = with_constant(site, "Mul", other, Constant(np.asarray(-1, np.float32)))
        return with_constant(site, "Add", negative, one)
    if kind == "Div":
        view = site.same(site.forced(other), "reciprocal")
        return with_constant(site, "Mul", view, one)
    raise Unsupported("a constant to the power of a tensor has no counterpart")


def with_constant(site: Site, kind: str, view: View, constant: Constant) -> View:
    """A tensor joined with numbers: one, one a channel, or one an element."""
    array = constant.array
    if kind == "Sub":
        kind, array = "Add", np.negative(array)
    if kind == "Div":
        kind, array = "Mul", np.asarray(1 / array.astype(np.float64), np.float32)
    if (found := attention.biased(site, kind, view, array)) is not None:
        return found
    if array.size == 1:
        return _with_number(site, kind, view, short(array.reshape(-1)[0]))
    view = site.forced(view)
    rank = max(len(view.axes), array.ndim)
    view = _padded(view, rank)
    array = array.reshape(*(1 for _ in range(rank - array.ndim)), *array.shape)
    if np.broadcast_shapes(view.shape, array.shape) != view.shape:
        raise Unsupported(f"numbers {[*array.shape]} for a tensor {[*view.shape]}")
    lies = site.lies(view)
    numbers = as_lies(view, array, lies)
    if numbers is None:
        lies = site.in_order(view)
        numbers = as_lies(view, array, lies)
    if numbers is None:
        raise Unsupported("numbers that are not the same for all of a batch")
    shared = [constant.name] if constant.name else []
    base = site.laid(view, lies)
    return View(_with_array(site, kind, base, lies, numbers, shared), view.axes)


_FEW: Final = 4
"""Channels for which numbers are written in the spec: those of an image."""


def _with_array(site: Site, kind: str, base: str, lies: Axes, numbers: Numbers, shared: list[str]) -> str:
    sizes = tuple(map(length, lies))
    is_per_channel = numbers.size == sizes[-1] == numbers.shape[-1]
    if kind == "Mul" and is_per_channel:
        if base in site.lowering.graph.inputs or sizes[-1] < _FEW:
            factors = tuple(short(np.float32(n)) for n in numbers.reshape(-1))
            return site.emit("rescale", [base], lies, factor=factors)
        held = {"gamma": numbers.reshape(-1)}
        start = short(np.float32(numbers.reshape(-1)[0]))
        return site.emit(
            "scale", [base], lies, held, shared, value=start if np.all(numbers == numbers.reshape(-1)[0]) else 1.0
        )
    if kind == "Add" and is_per_channel and len(lies) > 1 and sizes[-1] < _FEW:
        return site.emit(
            "rescale", [base], lies, factor=1.0, offset=tuple(short(np.float32(n)) for n in numbers.reshape(-1))
        )
    if kind == "Add" and numbers.shape == sizes and len(lies) > 1:
        return site.emit("position_embedding", [base], lies, {"embeddings": numbers}, shared)
    if kind not in ("Add", "Mul"):
        raise Unsupported("such a function of a tensor and an array has no counterpart")
    return _with_parameter(site, kind, base, lies, numbers)


def _with_parameter(site: Site, kind: str, base: str, lies: Axes, numbers: Numbers) -> str:
    """A learned tensor that is joined."""
    axes = tuple(row if n != 1 else () for row, n in zip(lies, numbers.shape, strict=True))
    source = site.lowering.emit(
        f"{site.place}.value", made("parameter", size=numbers.shape), [], axes, {"value": numbers}
    )
    return site.emit(_JOINS[kind], [base, source], lies, broadcast=numbers.size != prod(map(length, lies)))


def _with_number(site: Site, kind: str, view: View, number: float) -> View:
    if kind == "Add":
        return view if number == 0 else site.same(site.forced(view), "rescale", factor=1.0, offset=number)
    if kind == "Mul":
        return view if number == 1 else attention.scaled(site, view, number)
    view = site.forced(view)
    if kind == "Pow":
        if number in (2.0, 0.5):
            return site.same(view, "square" if number == 2 else "sqrt")
        return site.same(view, "power", exponent=number)
    if kind == "Max" and number == 0:
        return site.same(view, "relu")
    arguments: dict[str, Any] = {"min" if kind == "Max" else "max": number}
    return site.same(view, "clip", **arguments)
