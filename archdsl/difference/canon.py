"""Canonical forms of op arguments, so that equivalent spellings compare equal."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final, TypeAlias

from archdsl.graph.dims import Shape
from archdsl.ops.base import Op, per_axis, without_starts
from archdsl.ops.sliding import pad_pairs, same_pads

_PER_AXIS: Final = frozenset({"k", "stride", "dilation", "size", "shift"})
"""Arguments that are one number for every dimension, or a list of them."""

Pairs: TypeAlias = tuple[tuple[int, int], ...]


def canonical(op: Op) -> Hashable:
    """A key that is equal for ops that compute the same for all inputs.

    >>> from archdsl.ops.convolution import Conv
    >>> canonical(Conv(filters=8)) == canonical(Conv(filters=8, k=(3, 3), pad=1))
    True
    """
    return op.name, *(argument(op, name) for name in type(op).model_fields)


def has_forms(op: Op, name: str) -> bool:
    """Whether other values of an argument may say the same."""
    return name in _PER_AXIS or name == "pad" or name in op.only_with


def argument(op: Op, name: str) -> Any:
    """An argument in canonical form: ``3`` for ``[3, 3]``, numbers for padding that is known."""
    given = getattr(op, name)
    if name in op.only_with and not argument(op, op.only_with[name]):
        return None
    if name == "stride" and given is None:
        return argument(op, "k")  # how poolings take a stride that is not given
    if name == "pad" and _slides(op):
        return _one(_padding(op, given))
    return _one(given) if name in _PER_AXIS else given


def _slides(op: Op) -> bool:
    """Whether it is a convolution that pads its input; a transposed one trims its output."""
    return op.family == "convolution" and {"k", "stride", "pad", "dilation"} <= type(op).model_fields.keys()


def _padding(op: Op, pad: Any) -> Any:
    """The padding of a convolution before and after, if it does not depend on the input."""
    if isinstance(pad, int):
        return ((pad, pad),)
    if pad == "valid":
        return ((0, 0),)
    if pad != "same":
        return pad_pairs(pad, len(pad))
    k, stride, dilation = (argument(op, name) for name in ("k", "stride", "dilation"))
    extents = [(size - 1) * d + 1 for size, d in _together(k, dilation)]
    if stride == 1 or set(extents) == {1}:
        return tuple(((extent - 1) // 2, extent - 1 - (extent - 1) // 2) for extent in extents)
    return pad


def _together(*numbers: int | tuple[int, ...]) -> list[tuple[int, ...]]:
    """Arguments that are one number or one per dimension, per dimension."""
    rank = max(1 if isinstance(n, int) else len(n) for n in numbers)
    return [*zip(*((n,) * rank if isinstance(n, int) else n for n in numbers), strict=True)]


def _one(value: Any) -> Any:
    """The common value of all dimensions, once."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def same_padding(a: Op, b: Op, ins: tuple[Shape, ...], outs: tuple[Shape, ...]) -> bool:
    """Whether two convolutions pad alike, where that depends on the input sizes."""
    pads = _pads(a, ins)
    return pads is not None and pads == _pads(b, outs)


def is_same(a: Op, b: Op, inputs: tuple[Shape, ...]) -> bool:
    """Whether two ops compute the same for inputs of these shapes, whatever their initialisers."""
    a, b = without_starts(a), without_starts(b)
    if canonical(a) == canonical(b):
        return True
    if type(a) is not type(b) or not (same_padding(a, b, inputs, inputs) or _fit(a, b, inputs)):
        return False
    return canonical(a) == canonical(b.model_copy(update={"pad": a.pad}))  # type: ignore[attr-defined]  # it slides


def _fit(a: Op, b: Op, inputs: tuple[Shape, ...]) -> bool:
    """Whether the windows of two poolings cover their input without padding, under either rule."""
    pads = [getattr(op, "pad", None) for op in (a, b)]
    if a.family != "pooling" or not {*pads} <= {"same", "valid"}:
        return False
    spatial = inputs[0][:-1]
    windows = zip(spatial, *(per_axis(argument(a, name), len(spatial), name) for name in ("k", "stride")), strict=True)
    return all(same_pads(size, k, stride) == (0, 0) for size, k, stride in windows)


def _pads(op: Op, inputs: tuple[Shape, ...]) -> Pairs | None:
    if not _slides(op):
        return None
    pad: Any = op.pad  # type: ignore[attr-defined]  # looked for above
    spatial = inputs[0][:-1]
    if pad != "same":
        return pad_pairs(0 if pad == "valid" else pad, len(spatial))
    found = []
    ks, strides, dilations = (per_axis(getattr(op, name), len(spatial), name) for name in ("k", "stride", "dilation"))
    for size, k, stride, dilation in zip(spatial, ks, strides, dilations, strict=True):
        pads = same_pads(size, (k - 1) * dilation + 1, stride)
        if pads is None:
            return None
        found.append(pads)
    return tuple(found)
