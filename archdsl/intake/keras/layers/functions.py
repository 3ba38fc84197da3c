"""Functions of ``keras.ops``, which a functional model has as its layers too."""

from __future__ import annotations

from typing import Any, Final

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Use, reads, single
from archdsl.intake.numbers import shortest

_ROUNDED: Final = 1e-6

_SAME: Final = {
    "Exp": "exp",
    "Log": "log",
    "Sqrt": "sqrt",
    "Square": "square",
    "Absolute": "abs",
    "Abs": "abs",
    "Negative": "negative",
    "Reciprocal": "reciprocal",
    "Sin": "sin",
    "Cos": "cos",
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "Silu": "silu",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
}


@reads(*(f"ops.{name}" for name in _SAME))
def _function(_: Config, use: Use) -> str:
    single(use)
    return use.emit(_SAME[use.kind.removeprefix("ops.")])


@reads("ops.Gelu")
def _gelu(config: Config, use: Use) -> str:
    return use.emit("gelu", approximate=config.flag("approximate", True))


@reads("ops.Softmax")
def _softmax(config: Config, use: Use) -> str:
    return use.emit("softmax", axis=use.axis(config.integer("axis", -1)))


@reads("ops.Rsqrt")
def _rsqrt(_: Config, use: Use) -> str:
    return use.emit("power", exponent=-0.5)


@reads("ops.Power")
def _power(_: Config, use: Use) -> str:
    exponent = use.argument(1, "x2")
    if isinstance(exponent, bool) or not isinstance(exponent, int | float):
        raise Unsupported("a power that is no number has no counterpart")
    return use.emit("power", exponent=float(exponent))


@reads("ops.Clip")
def _clip(config: Config, use: Use) -> str:
    low, high = (use.argument(place, name, config.values.get(name)) for place, name in ((1, "x_min"), (2, "x_max")))
    return use.emit("clip", min=low, max=high)


_REDUCTIONS: Final = {"Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min", "Var": "variance"}


@reads(*(f"ops.{name}" for name in _REDUCTIONS))
def _reduction(config: Config, use: Use) -> str:
    axes = config.values.get("axis")
    listed = axes if isinstance(axes, list) else [axes]
    found = tuple(use.axis(axis) for axis in listed)
    keepdims = config.flag("keepdims", False)
    return use.emit(
        _REDUCTIONS[use.kind.removeprefix("ops.")], axis=found[0] if len(found) == 1 else found, keepdims=keepdims
    )


@reads("ops.RMSNorm", "ops.RMSNormalization", "ops.RmsNormalization")
def _rms_norm(config: Config, use: Use) -> str:
    if use.axis(config.values.get("axis", -1)) != -1 or use.argument(1, "scale") is not None:
        raise Unsupported("its axis is not that of the channels, or it has a scale")
    return use.emit("rms_norm", eps=config.number("epsilon"), scale=False)


# --- shapes ----------------------------------------------------------------------------------------------------------


@reads("ops.Reshape")
def _reshape(config: Config, use: Use) -> str:
    to = config.values.get("newshape")
    if not isinstance(to, list) or not to or to[0] not in (-1, None) or not all(type(n) is int for n in to[1:]):
        raise Unsupported(f"newshape={to!r} is none with the batch first")
    return use.emit("reshape", to=tuple(to[1:]))


@reads("ops.Transpose")
def _transpose(config: Config, use: Use) -> str:
    axes = config.values.get("axes")
    if not isinstance(axes, list) or not axes or axes[0] != 0:
        raise Unsupported(f"axes={axes!r} move the batch")
    return use.emit("permute", order=tuple(axis - 1 for axis in axes[1:]))


@reads("ops.Moveaxis")
def _move_axis(config: Config, use: Use) -> str:
    rank = len(use.shape())
    ends = [use.axis(config.values.get(name)) % rank for name in ("source", "destination")]
    order = [place for place in range(rank) if place != ends[0]]
    order.insert(ends[1], ends[0])
    return use.emit("permute", order=tuple(order))


@reads("ops.SwapAxes", "ops.Swapaxes")
def _swap_axes(config: Config, use: Use) -> str:
    rank = len(use.shape())
    one, other = (use.axis(config.values.get(name)) % rank for name in ("axis1", "axis2"))
    order = [*range(rank)]
    order[one], order[other] = other, one
    return use.emit("permute", order=tuple(order))


@reads("ops.ExpandDims")
def _expand_dims(config: Config, use: Use) -> str:
    shape = use.shape()
    listed = sorted(axis % (len(shape) + 2) for axis in _axes(config))
    to = [*shape]
    for axis in listed:
        if axis == 0:
            raise Unsupported("an axis before the batch")
        to.insert(axis - 1, 1)
    return use.emit("reshape", to=tuple(to))


def _axes(config: Config) -> list[int]:
    axes = config.values.get("axis")
    listed = [axis for axis in (axes if isinstance(axes, list) else [axes]) if type(axis) is int]
    if not listed or (isinstance(axes, list) and len(listed) < len(axes)):
        raise Unsupported(f"axis={axes!r} has no counterpart")
    return listed


@reads("ops.Squeeze")
def _squeeze(config: Config, use: Use) -> str:
    shape = use.shape()
    listed = {axis % (len(shape) + 1) for axis in _axes(config)}
    if listed == {0} and use.is_constant():
        return use.inputs[0]  # which is as long as any batch
    if 0 in listed:
        raise Unsupported("the batch is taken away")
    return use.emit("reshape", to=tuple(size for place, size in enumerate(shape, 1) if place not in listed))


@reads("ops.Take")
def _take(config: Config, use: Use) -> str:
    """Rows of a table by their numbers; or places of an axis at equal distances, as a slice."""
    axis, places = config.values.get("axis"), use.argument(1, "indices")
    if len(use.inputs) == 2 and axis == 0 and use.is_constant():
        return use.emit("embedding", use.inputs[1], use.inputs[0])
    if isinstance(places, dict):
        places = places.get("config", {}).get("value") if isinstance(places.get("config"), dict) else None
    if not isinstance(places, list) or not places or not all(type(n) is int and n >= 0 for n in places):
        raise Unsupported("such places of a tensor have no counterpart")
    step = places[1] - places[0] if len(places) > 1 else 1
    if step < 1 or places != [*range(places[0], places[-1] + 1, step)]:
        raise Unsupported("places at unequal distances have no counterpart")
    return use.emit("slice", start=places[0], stop=places[-1] + 1, step=step, axis=use.axis(axis))


@reads("ops.Tensordot")
def _tensordot(config: Config, use: Use) -> str:
    """A product along one axis with a table whose rows are means of windows: what an adaptive pooling is in Keras."""
    table, axes = use.argument(1, "x2"), config.values.get("axes")
    rows: Any = table.get("config", {}).get("value") if isinstance(table, dict) else None
    if not isinstance(axes, list) or len(axes) != 2 or [len(each) for each in axes] != [1, 1] or axes[1] != [1]:
        raise Unsupported(f"a product along axes={axes!r} has no counterpart")
    axis, shape = use.axis(axes[0][0]), use.shape()
    if axis == -1 or not _are_means(rows, shape[axis]):
        raise Unsupported("a product along an axis with a table that is none of means of windows has no counterpart")
    size = [*shape[:-1]]
    size[axis] = len(rows)
    pooled = use.emit("adaptive_avg_pool", part="pool", size=tuple(size))
    others = [place for place in range(len(shape)) if place != axis]
    return use.emit("permute", pooled, order=(*others, axis))


def _are_means(rows: Any, size: Any) -> bool:
    """Whether each row of a table is the mean of a window of an axis, of as many windows as there are rows."""
    if not isinstance(rows, list) or type(size) is not int or not all(isinstance(row, list) for row in rows):
        return False
    for place, row in enumerate(rows):
        start, stop = place * size // len(rows), -(-(place + 1) * size // len(rows))
        mean = [1 / (stop - start) if start <= at < stop else 0.0 for at in range(size)]
        if len(row) != size or any(abs(a - b) > _ROUNDED for a, b in zip(row, mean, strict=True)):
            return False
    return bool(rows)


@reads("ops.Pad")
def _pad(config: Config, use: Use) -> str:
    config.only("mode", "constant")
    pairs = config.pairs("pad_width")
    value = use.argument(1, "constant_values")
    if len(pairs) < 2 or pairs[0] != (0, 0) or not (value is None or isinstance(value, int | float)):
        raise Unsupported(f"pad_width={config.values.get('pad_width')!r}")
    return use.emit("pad", size=shortest(pairs[1:-1]), channels=pairs[-1], value=float(value or 0))


@reads("ops.Roll")
def _roll(config: Config, use: Use) -> str:
    shift, axis = config.values.get("shift"), config.values.get("axis")
    shifts, axes = (each if isinstance(each, list) else [each] for each in (shift, axis))
    if len(shifts) != len(axes) or not all(type(n) is int for n in shifts):
        raise Unsupported(f"shift={shift!r}")
    found = [0] * use.rank
    for size, each in zip(shifts, axes, strict=True):
        found[use.axis(each)] = size
    return use.emit("roll", shift=found[0] if len({*found}) == 1 else tuple(found))


@reads("ops.GetItem")
def _get_item(_: Config, use: Use) -> str:
    """An index: a slice of each axis that it takes less of."""
    index = use.argument(1, "key")
    items = [*index] if isinstance(index, list) else [index]
    rank = len(use.shape()) + 1
    if ellipses := [place for place, item in enumerate(items) if _is(item, "__ellipsis__")]:
        items[ellipses[0] : ellipses[0] + 1] = [_ALL] * (rank - len(items) + 1)
    items += [_ALL] * (rank - len(items))
    if len(items) != rank or items[0] != _ALL:
        raise Unsupported("an index of the batch")
    value, gone, last = use.inputs[0], 0, len(items) - 2
    for place, item in enumerate(items[1:]):
        size = use.graph.shape(value)[place - gone]
        taken = _taken(item, size)
        if taken is None:
            continue
        part = "" if place == 0 else f"slice{place}"
        axis = -1 if place == last else place - gone
        if isinstance(taken, int):
            value = use.emit("slice", value, part=part, start=taken, axis=axis, keepdims=False)
            gone += 1
        else:
            start, stop, step = taken
            value = use.emit("slice", value, part=part, start=start, stop=stop, step=step, axis=axis)
    return value


_ALL: Final = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}


def _is(item: Any, kind: str) -> bool:
    return isinstance(item, dict) and item.get("class_name") == kind


def _taken(item: Any, size: Any) -> int | tuple[int, int | None, int] | None:
    """What an item of an index takes of an axis: a place, a range, or ``None`` for all of it."""
    if type(item) is int:
        return item
    if not _is(item, "__slice__") or not isinstance(item.get("config"), dict):
        raise Unsupported(f"an index of {item!r} has no counterpart")
    start, stop, step = (item["config"].get(name) for name in ("start", "stop", "step"))
    if not all(n is None or type(n) is int for n in (start, stop, step)) or (step or 1) < 1:
        raise Unsupported("an index of such steps has no counterpart")
    if (start or 0) == 0 and (stop is None or stop == size) and (step or 1) == 1:
        return None
    return start or 0, None if stop == size else stop, step or 1
