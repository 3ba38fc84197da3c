"""Products of tensors: those of queries, keys and values, with the dense layers around them, are an attention.

``q kᵀ``, its factors and biases, the softmax and the product with the values are kept pending, each with the axes that
it would have. The dense layer that takes the result ends the attention; whatever else takes it has it said in ops.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.broadcasting import as_lies
from archdsl.intake.tensors.lowering import Pending, Site, made, reads
from archdsl.intake.tensors.program import Numbers
from archdsl.intake.tensors.views import Atom, Axes, Axis, View, leaves, length


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
    """Attention weights: the softmax of logits."""

    site: Site
    logits: Logits

    def force(self) -> str:
        base = self.logits.force()
        return self.site.emit("softmax", [base], self.site.lowering.layout(base))


@dataclass(frozen=True, slots=True)
class Mixed(Pending):
    """The sum of values weighted by attention weights."""

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
    """``one @ other``: logits, or the weighted sum of values."""
    if len(one.axes) != len(other.axes) or len(one.axes) < 3:
        raise Unsupported("a product of tensors of different ranks has no counterpart")
    found = _product_of_rows(site, *_in_rows(one, other))
    return found.with_axes((*one.axes[:-1], found.axes[-1]))


def _in_rows(one: View, other: View) -> tuple[View, View]:
    """Two factors without the axes of which the second has one place, such as heads with keys in common: those of the
    first go to its rows, after which a matrix multiplies all of them.
    """
    shared = [i for i in range(1, len(one.axes) - 2) if other.shape[i] == 1 < one.shape[i]]
    if not shared:
        return one, other
    lead = [i for i in range(len(one.axes) - 2) if i not in shared]
    rows = tuple(atom for i in (-2, *shared) for atom in one.axes[i])
    return (
        one.with_axes((*(one.axes[i] for i in lead), rows, one.axes[-1])),
        other.with_axes((*(other.axes[i] for i in lead), *other.axes[-2:])),
    )


def _product_of_rows(site: Site, one: View, other: View) -> View:
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
    if len({len(each.axes) for each in (query, key, value)}) > 1:
        raise Unsupported("queries, keys and values of different ranks have no counterpart")
    (rows, key), (_, value) = _in_rows(query, key), _in_rows(query, value)
    new = (*rows.axes[:-1], _fresh(key.axes[-2]))
    if rows.shape[-1] != key.shape[-1] or rows.shape[:-2] != key.shape[:-2]:
        raise Unsupported("queries and keys of different heads have no counterpart")
    scale = site.attribute("scale", None)
    factor = query.shape[-1] ** -0.5 if scale is None else float(scale)
    logits = Logits(site, rows, key, new, factor)
    base = site.lowering.wait(logits, tuple(map(site.unbatched, _lead(site, new))))
    view = View(base, (*query.axes[:-1], new[-1]))
    if site.has(3):
        with_bias = biased(site, "Add", view, site.array(3))
        if with_bias is None:
            raise Unsupported("a mask that differs within a batch has no counterpart")
        view = with_bias
    shares = weighed(replace(site, node=replace(site.node, attributes={})), view)
    assert shares is not None
    pending = site.lowering.pending[shares.base]
    assert isinstance(pending, Shares)
    found = _mixed(site, pending, shares.with_axes(new), value)
    return found.with_axes((*query.axes[:-1], found.axes[-1]))


def _tensor(site: Site, place: int) -> View:
    value = site.inputs[place]
    if not isinstance(value, View):
        raise Unsupported("queries, keys and values must depend on the model's input")
    return value
