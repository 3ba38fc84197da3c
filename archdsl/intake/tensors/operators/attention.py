"""Products of tensors: those of queries, keys and values, with the dense layers around them, are an attention.

``q kᵀ``, its factors and biases, the softmax and the product with the values are kept pending, each with the axes that
it would have. The dense layer that takes the result ends the attention; whatever else takes it has it said in ops.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isqrt, prod
from typing import Any, Final

import numpy as np

from archdsl.backends.tables import relative_positions, shifted_window_mask
from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.broadcasting import as_lies
from archdsl.intake.tensors.lowering import Pending, Site, made, reads, short
from archdsl.intake.tensors.program import Numbers
from archdsl.intake.tensors.views import Atom, Axes, Axis, View, axis, leaves, length, places
from archdsl.ops.linear import Dense

_MOST: Final = 100.0 * (1 + 1e-5)
"""What a learned factor of logits is at most, and what rounding adds to it."""


@dataclass(frozen=True, slots=True)
class Bias:
    """Numbers that are added to logits, over all of its atoms in the order of the pending value."""

    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Logits(Pending):
    """``scale * q kᵀ`` and biases."""

    site: Site
    query: View
    key: View
    """``[…, tokens, features]``, as the queries, with atoms of its own."""
    axes: Axes
    """Of the product in its own order, with the batch."""
    scale: float = 1.0
    biases: tuple[Bias, ...] = ()
    is_cosine: bool = False
    """Whether queries and keys are brought to length 1 first."""
    per_head: Numbers | None = None
    """Factors of the heads, after ``scale``, in the order of the pending value."""

    def force(self) -> str:
        site = self.site
        query, key = self.query, self.key
        if self.is_cosine:
            query, key = (_of_length_one(site, view) for view in (query, key))
        base = _product(site, query, key, self.axes, is_transposed=True)
        lies = tuple(map(site.unbatched, _lead(site, self.axes)))
        if self.per_head is not None:
            source = _partly(site, self.per_head, lies)
            base = site.emit("mul", [base, source], lies, broadcast=True)
        if self.scale != 1:
            base = site.emit("rescale", [base], lies, factor=self.scale)
        for bias in self.biases:
            source = (
                site.lowering.emit(
                    f"{site.place}.bias", made("parameter", size=bias.numbers.shape), [], lies, {"value": bias.numbers}
                )
                if bias.numbers.shape == tuple(map(length, lies))
                else _partly(site, bias.numbers, lies)
            )
            base = site.emit("add", [base, source], lies, broadcast=bias.numbers.shape != tuple(map(length, lies)))
        return base


def _partly(site: Site, numbers: Numbers, lies: Axes) -> str:
    axes = tuple(row if n != 1 else () for row, n in zip(lies, numbers.shape, strict=True))
    return site.lowering.emit(f"{site.place}.bias", made("parameter", size=numbers.shape), [], axes, {"value": numbers})


@dataclass(frozen=True, slots=True)
class Cosine(Pending):
    """A tensor whose last axis, as its source has it, is brought to length 1."""

    site: Site
    view: View

    def force(self) -> str:
        return _of_length_one(self.site, self.view).base


def of_length_one(site: Site, view: View) -> View:
    """A tensor brought to length 1 along its last axis, which a product of queries and keys takes as its own."""
    return View(site.lowering.wait(Cosine(site, view), site.lies(view)), view.axes)


def _of_length_one(site: Site, view: View) -> View:
    view = site.forced(view)
    lies, row = site.lies(view), site.unbatched(view.axes[-1])
    if row not in lies:
        lies = site.in_order(view)
    at = lies.index(row)
    base = site.laid(view, lies)
    return View(site.emit("l2_normalize", [base], lies, axis=-1 if at == len(lies) - 1 else at), view.axes)


def _bare(site: Site, view: View, last: Axis) -> View | None:
    """What is brought to length 1 along these atoms, if that is what a tensor is."""
    pending = site.lowering.pending.get(view.base)
    if not isinstance(pending, Cosine) or view.base in site.lowering.said or view.picks:
        return None
    if leaves(pending.view.axes[-1]) != leaves(last):
        return None
    return View(pending.view.base, view.axes, pending.view.picks)


@dataclass(frozen=True, slots=True)
class Scaled(Pending):
    """A tensor times a number."""

    site: Site
    view: View
    factor: float

    def force(self) -> str:
        view = self.site.forced(self.view)
        lies = self.site.lies(view)
        return self.site.emit("rescale", [self.site.laid(view, lies)], lies, factor=self.factor)


def scaled(site: Site, view: View, factor: float) -> View:
    """A tensor times a number, which a product of queries and keys takes as its own."""
    inner, before = unscaled(site, view)
    return View(site.lowering.wait(Scaled(site, inner, before * factor), site.lies(inner)), view.axes)


def unscaled(site: Site, view: View) -> tuple[View, float]:
    pending = site.lowering.pending.get(view.base)
    if not isinstance(pending, Scaled) or view.base in site.lowering.said:
        return view, 1.0
    return View(pending.view.base, view.axes, (*pending.view.picks, *view.picks)), pending.factor


@dataclass(frozen=True, slots=True)
class Shares(Pending):
    """The softmax of logits."""

    site: Site
    logits: Logits

    def force(self) -> str:
        base = self.logits.force()
        return self.site.emit("softmax", [base], self.site.lowering.layout(base))


@dataclass(frozen=True, slots=True)
class Mixed(Pending):
    """Values, weighed and summed."""

    site: Site
    shares: Shares
    value: View
    axes: Axes

    def force(self) -> str:
        site = self.site
        base = self.shares.force()
        view = View(base, self.shares.logits.axes)
        return _product(site, view, self.value, self.axes, is_transposed=False)


def _lead(site: Site, axes: Axes) -> Axes:
    """The axes of a product without the batch, where nothing else is on its axis."""
    return axes if site.unbatched(axes[0]) else axes[1:]


def _product(site: Site, one: View, other: View, axes: Axes, *, is_transposed: bool) -> str:
    first, second = site.forced(one), site.forced(other)
    inputs = [site.laid(first, site.in_order(first)), site.laid(second, site.in_order(second))]
    return site.emit("matmul", inputs, tuple(map(site.unbatched, _lead(site, axes))), transpose_b=is_transposed)


def product(site: Site, one: View, other: View) -> View:
    """``one @ other``: logits, or values that shares weigh."""
    if len(one.axes) != len(other.axes) or len(one.axes) < 3:
        raise Unsupported("a product of tensors of different ranks has no counterpart")
    pending = site.lowering.pending.get(one.base)
    if isinstance(pending, Shares) and one.base not in site.lowering.said and _is_product(one, pending.logits.axes):
        return _mixed(site, pending, one, other)
    (one, factor), (other, second) = unscaled(site, one), unscaled(site, other)
    first, last = _bare(site, one, one.axes[-1]), _bare(site, other, other.axes[-2])
    is_cosine = first is not None and last is not None
    if first is not None and last is not None:
        one, other = first, last
    one, other = site.forced(one), site.forced(other)
    keys = other.with_axes((*other.axes[:-2], other.axes[-1], other.axes[-2]))
    new = (*one.axes[:-1], _fresh(keys.axes[-2]))
    if one.shape[-1] != keys.shape[-1] or one.shape[:-2] != keys.shape[:-2]:
        raise Unsupported(f"a product of {[*one.shape]} and {[*other.shape]} has no counterpart")
    logits = Logits(site, one, keys, new, factor * second, is_cosine=is_cosine)
    base = site.lowering.wait(logits, tuple(map(site.unbatched, _lead(site, new))))
    return View(base, new)


def _fresh(row: Axis) -> Axis:
    """New atoms of the same sizes."""
    return tuple(Atom(atom.size) for atom in leaves(row))


def _is_product(view: View, axes: Axes) -> bool:
    return not view.picks and view.resolved == tuple(map(leaves, axes))


def _mixed(site: Site, shares: Shares, one: View, other: View) -> View:
    other = site.forced(other)
    if one.shape[-1] != other.shape[-2] or one.shape[:-2] != other.shape[:-2]:
        raise Unsupported(f"a product of {[*one.shape]} and {[*other.shape]} has no counterpart")
    new = (*one.axes[:-1], _fresh(other.axes[-1]))
    base = site.lowering.wait(Mixed(site, shares, other, new), tuple(map(site.unbatched, _lead(site, new))))
    return View(base, new)


def biased(site: Site, kind: str, view: View, numbers: Numbers) -> View | None:
    """Logits times a number, or plus an array."""
    pending = site.lowering.pending.get(view.base)
    if not isinstance(pending, Logits) or view.base in site.lowering.said or kind not in ("Add", "Mul"):
        return None
    lies = site.lowering.layout(view.base)
    if kind == "Mul" and pending.biases:
        return None
    if kind == "Mul" and numbers.size > 1:
        rank = len(view.axes)
        if pending.per_head is not None or numbers.ndim > rank:
            return None
        laid = as_lies(view, numbers.reshape(*(1 for _ in range(rank - numbers.ndim)), *numbers.shape), lies)
        if laid is None:
            return None
        found = replace(pending, per_head=laid)
    elif kind == "Mul":
        found = replace(pending, scale=pending.scale * float(numbers.reshape(-1)[0]))
    else:
        rank = max(len(view.axes), numbers.ndim)
        padded = view.with_axes((*(() for _ in range(rank - len(view.axes))), *view.axes))
        array = numbers.reshape(*(1 for _ in range(rank - numbers.ndim)), *numbers.shape)
        laid = as_lies(padded, array, lies)
        if laid is None:
            return None
        found = replace(pending, biases=(*pending.biases, Bias(laid)))
    return View(site.lowering.wait(found, lies), view.axes)


def weighed(site: Site, view: View) -> View | None:
    """The softmax of logits along their keys."""
    pending = site.lowering.pending.get(view.base)
    if not isinstance(pending, Logits) or view.base in site.lowering.said:
        return None
    place = site.attribute("axis", -1) % len(view.axes)
    if leaves(view.axes[place]) != leaves(pending.axes[-1]):
        return None
    return View(site.lowering.wait(Shares(site, pending), site.lowering.layout(view.base)), view.axes)


@reads("Attention")
def whole(site: Site) -> View:
    """Queries, keys and values ``[batch, heads, tokens, features]`` at once, as in opset 23 and PyTorch."""
    query, key, value = (_tensor(site, place) for place in range(3))
    if site.attribute("is_causal", 0):
        raise Unsupported("a causal attention has no counterpart yet")
    query, key, value = map(site.forced, (query, key, value))
    new = (*query.axes[:-1], _fresh(key.axes[-2]))
    if query.shape[-1] != key.shape[-1] or query.shape[:-2] != key.shape[:-2]:
        raise Unsupported("queries and keys of different heads have no counterpart")
    scale = site.attribute("scale", None)
    factor = query.shape[-1] ** -0.5 if scale is None else float(scale)
    logits = Logits(site, query, key, new, factor)
    view = View(site.lowering.wait(logits, tuple(map(site.unbatched, _lead(site, new)))), new)
    if site.has(3):
        with_bias = biased(site, "Add", view, site.array(3))
        if with_bias is None:
            raise Unsupported("a mask that differs within a batch has no counterpart")
        view = with_bias
    shares = weighed(replace(site, node=replace(site.node, attributes={})), view)
    assert shares is not None
    pending = site.lowering.pending[shares.base]
    assert isinstance(pending, Shares)
    return _mixed(site, pending, shares, value)


def _tensor(site: Site, place: int) -> View:
    value = site.inputs[place]
    if not isinstance(value, View):
        raise Unsupported("queries, keys and values must depend on the model's input")
    return value


# --- the dense layers around ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Projection:
    """What a view of a dense layer's result is: which of its axes are tokens, heads and features of a head."""

    source: View
    """What the layer takes."""
    kernel: Numbers
    """``[features, heads, size]``."""
    bias: Numbers | None
    lead: Axis
    tokens: Axis
    heads: Axis


def _projection(site: Site, view: View) -> Projection | None:
    lowering = site.lowering
    node = lowering.graph.nodes.get(view.base)
    if node is None or not isinstance(node.op, Dense) or view.base not in lowering.sources or node.layer != node.name:
        return None
    units = lowering.layout(view.base)[-1]
    picks = dict(places(view))
    if any(atom not in units for atom in picks):
        return None
    own, rows = {*units}, view.resolved
    features, tokens = rows[-1], site.unbatched(rows[-2])
    if not features or any(atom not in own for atom in features) or any(atom in own for atom in tokens):
        return None
    others = [atom for row in rows[:-2] for atom in row if not atom.is_batch]
    heads = tuple(atom for atom in others if atom in own)
    lead = tuple(atom for atom in others if atom not in own)
    if {*units} != {*heads, *features, *picks}:
        return None
    held = {name: array.read() for name, array in lowering.graph.arrays[view.base].items()}

    def ordered(array: Numbers) -> Numbers:
        parts = array.reshape(-1, *(atom.size for atom in units))
        index = tuple(picks.get(atom, slice(None)) for atom in units)
        left = [atom for atom in units if atom not in picks]
        parts = parts[(slice(None), *index)]
        return np.asarray(parts.transpose(0, *(1 + left.index(atom) for atom in (*heads, *features))))

    size, count = length(features), length(heads)
    kernel = ordered(held["kernel"]).reshape(-1, count, size)
    bias = ordered(held["bias"]).reshape(count, size) if "bias" in held else None
    return Projection(lowering.sources[view.base], kernel, bias, lead, tokens, heads)


def ended(site: Site, view: View, kernel: Numbers, bias: Numbers | None) -> View | None:
    """An attention whose output a dense layer projects; ``None`` if what it takes is not the result of one."""
    pending = site.lowering.pending.get(view.base)
    if not isinstance(pending, Mixed) or view.base in site.lowering.said or view.picks:
        return None
    logits = pending.shares.logits
    found = [_projection(site, each) for each in (logits.query, logits.key, pending.value)]
    query, key, value = found
    if query is None or key is None or value is None:
        return None
    return _attention(site, view, pending, (query, key, value), kernel, bias)


def _attention(
    site: Site,
    view: View,
    pending: Mixed,
    parts: tuple[Projection, Projection, Projection],
    kernel: Numbers,
    bias: Numbers | None,
) -> View | None:
    query, key, value = parts
    logits = pending.shares.logits
    heads, size = query.kernel.shape[1:]
    value_size = value.kernel.shape[2]
    if key.kernel.shape[1:] != (heads, size) or value.kernel.shape[1] != heads:
        return None
    # The result's atoms: those of the queries' places and heads, and new ones for features.
    features = leaves(pending.axes[-1])
    last = leaves(view.axes[-1])
    if {*last} != {*query.heads, *features}:
        return None
    inputs = _inputs(site, parts)
    if inputs is None:
        return None
    lead = (query.lead,) if query.lead else ()
    units = axis(kernel.shape[1])
    lies = (*lead, query.tokens, units)
    rows = kernel.reshape(*(atom.size for atom in last), -1)
    rows = rows.transpose(*(last.index(atom) for atom in (*query.heads, *features)), len(last))
    held = {f"{name}/kernel": part.kernel for name, part in zip(("query", "key", "value"), parts, strict=True)}
    held |= {
        f"{name}/bias": part.bias
        for name, part in zip(("query", "key", "value"), parts, strict=True)
        if part.bias is not None
    }
    held["attention_output/kernel"] = rows.reshape(heads, value_size, -1)
    if bias is not None:
        held["attention_output/bias"] = bias
    with_bias = tuple(name.partition("/")[0].removeprefix("attention_") for name in held if name.endswith("/bias"))
    arguments = _form(logits, query, held)
    if arguments is None:
        return None
    width = query.kernel.shape[0]
    arguments |= {
        "heads": heads,
        "key_dim": None if size * heads == width else size,
        "value_dim": None if value_size == size else value_size,
        "units": None if kernel.shape[1] == width else kernel.shape[1],
        "bias": len(with_bias) == 4 if len(with_bias) in (0, 4) else with_bias,
    }
    made_ = site.emit("attention", inputs, lies, held, **arguments)
    axes = tuple(tuple(atom for atom in row if atom not in query.heads) for row in view.resolved[:-1])
    return View(made_, (*axes, units))


def _inputs(site: Site, parts: tuple[Projection, Projection, Projection]) -> list[str] | None:
    """The values that queries, keys and values are made of, in the order in which the op takes them."""
    values = []
    for part in parts:
        source = site.forced(part.source)
        lead = (part.lead,) if part.lead else ()
        values.append(site.laid(source, (*lead, part.tokens, site.unbatched(source.axes[-1]))))
    if values[1] != values[2]:
        return values
    return values[:1] if values[0] == values[1] else values[:2]


def _form(logits: Logits, query: Projection, held: dict[str, Numbers]) -> dict[str, Any] | None:
    """The arguments for the scale and the biases of logits; their arrays are added to those held."""
    size = query.kernel.shape[2]
    arguments: dict[str, Any] = {}
    if logits.is_cosine:
        arguments["qk_norm"] = "l2"
    if logits.per_head is not None:
        factors = logits.per_head.reshape(-1) * logits.scale
        if len(factors) != query.kernel.shape[1] or np.any(factors <= 0) or np.any(factors > _MOST):
            return None
        arguments["scale"] = "learned"
        held["logit_scale"] = np.log(factors)
    elif abs(logits.scale / size**-0.5 - 1) > 1e-5:
        arguments["scale"] = short(np.float32(logits.scale))
    if not logits.biases:
        return arguments
    found = _in_windows(logits, query)
    if found is None:
        return None
    table, more = found
    held["relative_position_bias"] = table
    return arguments | more


def _in_windows(logits: Logits, query: Projection) -> tuple[Numbers, dict[str, Any]] | None:
    """The table of biases by relative position, and the arguments, if that is what is added."""
    count, heads = length(query.tokens), query.kernel.shape[1]
    lead = length(query.lead)
    table: Numbers | None = None
    masked: Numbers | None = None
    side = _window(query.tokens, count)
    for bias in logits.biases:
        # Axes of heads and windows that are of size 1 are none of the value's.
        numbers = bias.numbers.reshape(-1, count, count)
        per_head, per_window = numbers.shape[0] == heads, numbers.shape[0] == lead
        if per_head and table is None and (found := _table(numbers, side)) is not None:
            table = found
        elif per_window and masked is None:
            masked = numbers
        else:
            return None
    if table is None:
        return None
    arguments: dict[str, Any] = {"relative_position": side}
    if masked is not None:
        found_ = _mask(masked, side, query)
        if found_ is None:
            return None
        arguments |= found_
    return table, arguments


def _window(tokens: Axis, count: int) -> tuple[int, int]:
    sizes = [atom.size for atom in tokens]
    if len(sizes) == 2:
        return sizes[0], sizes[1]
    root = isqrt(count)
    return (root, root) if root * root == count else (1, count)


def _table(numbers: Numbers, window: tuple[int, int]) -> Numbers | None:
    """The rows by relative position that make such biases ``[heads, n, n]``."""
    index = relative_positions(window)
    if index.shape != numbers.shape[1:]:
        return None
    rows = (2 * window[0] - 1) * (2 * window[1] - 1)
    table = np.zeros((rows, numbers.shape[0]), np.float32)
    table[index.reshape(-1)] = numbers.reshape(numbers.shape[0], -1).T
    return table if np.array_equal(table[index].transpose(2, 0, 1), numbers) else None


def _mask(masked: Numbers, window: tuple[int, int], query: Projection) -> dict[str, Any] | None:
    """The map and its shift whose windows have such a mask."""
    sizes = [atom.size for atom in query.lead]
    root = isqrt(len(masked))
    grid = (sizes[0], sizes[1]) if len(sizes) == 2 else (root, root)
    if prod(grid) != len(masked):
        return None
    map_ = (grid[0] * window[0], grid[1] * window[1])
    shift = tuple(n // 2 for n in window)
    wanted = np.asarray(shifted_window_mask(map_, window, shift))  # type: ignore[arg-type]
    if not np.array_equal(wanted.reshape(masked.shape), masked):
        return None
    return {"map": map_, "shift": shift[0] if shift[0] == shift[1] else shift}
