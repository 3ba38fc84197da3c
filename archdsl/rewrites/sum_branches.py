"""Merges convolutions of one value that are added up, with or without an identity branch, into one.

RepVGG (Ding et al. 2021, arXiv:2101.03697) and MobileOne (Vasu et al. 2022, arXiv:2206.04040) are trained with such
branches. Kernels of different sizes are laid over each other at the place that they are about; the value itself, or a
norm of it, is a kernel of one tap.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from archdsl.graph.model import Node
from archdsl.ops.base import Op, known, per_axis
from archdsl.ops.convolution import Conv, DepthwiseConv
from archdsl.ops.joining import Add
from archdsl.ops.linear import Dense
from archdsl.ops.sliding import Pairs
from archdsl.rewrites.affine import affine, is_affine
from archdsl.rewrites.borders import dilations, pads
from archdsl.rewrites.draft import Array, Draft
from archdsl.rewrites.linear import bias, is_linear


class _Branch(NamedTuple):
    """One operand of a sum."""

    name: str
    source: str
    layer: Node | None
    """The convolution or dense layer, if it is one; otherwise it is the source, as it is or multiplied and added to."""


def rewrite(draft: Draft) -> int:
    """For operands whose only user is the sum."""
    found = 0
    for node in draft:
        if isinstance(node.op, Add) and len({draft.shape(name) for name in node.inputs}) == 1:
            found += _merged(draft, node)
    return found


def _merged(draft: Draft, node: Node) -> bool:
    by_source: dict[str, list[_Branch]] = {}
    for name in node.inputs:
        for branch in _readings(draft, node, name):
            by_source.setdefault(branch.source, []).append(branch)
    for source, branches in by_source.items():
        group = _alike(draft, node, branches)
        window = _window(draft, source, group) if len(group) > 1 else None
        if window is not None:
            _replace(draft, node, source, group, window)
            return True
    return False


def _readings(draft: Draft, node: Node, name: str) -> list[_Branch]:
    """The interpretations of an operand: as a branch from the input of its layer, and as itself."""
    itself = _Branch(name, name, None)
    made = draft.get(name)
    if made is None or draft.only_user(name) is not node or made.float32 != node.float32:
        return [itself]
    if is_linear(draft, made) and isinstance(made.op, Conv | DepthwiseConv | Dense):
        return [_Branch(name, made.inputs[0], made), itself]
    return [_Branch(name, made.inputs[0], None), itself] if is_affine(made) else [itself]


def _alike(draft: Draft, node: Node, branches: list[_Branch]) -> list[_Branch]:
    """The branches that can be merged with the first convolution, and those that are the source itself."""
    layers = [branch.layer for branch in branches if branch.layer is not None]
    if not layers:
        return []
    kind = _kind(draft, layers[0])
    fits = kind is not None and all(step == 1 for step in kind[2])
    return [
        branch
        for branch in branches
        if (_kind(draft, branch.layer) == kind if branch.layer is not None else fits)
        and (branch.layer is not None or draft.shape(branch.source) == node.shape)
    ]


def _kind(draft: Draft, layer: Node) -> tuple[type[Op], int, tuple[int, ...]] | None:
    """A key that is equal for convolutions whose kernels can be added; ``None`` for one that cannot."""
    op: Any = layer.op
    if isinstance(op, Dense):
        return Dense, 1, ()
    x = draft.shape(layer.inputs[0])
    rank = len(x) - 1
    if pads(op, x) is None or any(d > 1 for d in dilations(op, rank)):
        return None
    return type(op), getattr(op, "groups", 1), per_axis(op.stride, rank, "stride")


class _Window(NamedTuple):
    k: tuple[int, ...]
    before: tuple[int, ...]
    """Taps before the one at the output's own place."""
    around: Pairs


def _window(draft: Draft, source: str, group: list[_Branch]) -> _Window | None:
    """A window that contains those of all branches; ``None`` if it has more taps than all of them together."""
    layers = [branch.layer for branch in group if branch.layer is not None]
    if not layers:
        return None
    x, output = draft.shape(source), layers[0].shape
    if isinstance(layers[0].op, Dense):
        return _Window((), (), ())
    rank = len(x) - 1
    each = [_extent(draft, layer) for layer in layers]
    has_itself = len(layers) < len(group)
    before = tuple(max([b[axis] for b, _ in each] + [0] * has_itself) for axis in range(rank))
    after = tuple(max([a[axis] for _, a in each] + [0] * has_itself) for axis in range(rank))
    k = tuple(b + a + 1 for b, a in zip(before, after, strict=True))
    if min(k) < 1 or min(before) < 0 or prod(k) > sum(prod(b + a + 1 for b, a in zip(*e, strict=True)) for e in each):
        return None
    strides = per_axis(layers[0].op.stride, rank, "stride")  # type: ignore[attr-defined]  # a convolution's
    around = []
    for n, places, size, step, first, rest in zip(x[:-1], output[:-1], k, strides, before, after, strict=True):
        # As much after as a kernel's taps reach, like most models have it, where that makes no more places.
        last = rest if (n + first + rest - size) // step + 1 == places else (places - 1) * step + size - n - first
        if not isinstance(last, int) or last < 0:
            return None
        around.append((first, last))
    return _Window(k, before, tuple(around))


def _extent(draft: Draft, layer: Node) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The number of taps before and after the centre of a kernel along each dimension."""
    op: Any = layer.op
    x = draft.shape(layer.inputs[0])
    around = pads(op, x)
    assert around is not None
    before = tuple(b for b, _ in around)
    return before, tuple(k - 1 - b for k, b in zip(per_axis(op.k, len(x) - 1, "k"), before, strict=True))


def _replace(draft: Draft, node: Node, source: str, group: list[_Branch], window: _Window) -> None:
    layer = next(branch.layer for branch in group if branch.layer is not None)
    kernels = [draft.weight(branch.layer, "kernel") for branch in group if branch.layer is not None]
    channels = known(node.shape[-1], "the channels")
    total, added = np.zeros((*window.k, *kernels[0].shape[-2:])), np.zeros(channels)
    for branch in group:
        if branch.layer is not None:
            kernel = draft.weight(branch.layer, "kernel")
            starts = [b - first for b, first in zip(window.before, _starts(draft, branch.layer), strict=True)]
            places = tuple(slice(s, s + size) for s, size in zip(starts, kernel.shape[:-2], strict=True))
            total[places] += kernel
            added = added + bias(draft, branch.layer)
        else:
            gain, offset = np.ones(channels), np.zeros(channels)
            if branch.name != branch.source:
                made = draft.get(branch.name)
                assert made is not None
                gain, offset = affine(draft, made)
            _add_one_tap(total[window.before], gain, layer.op)
            added = added + offset
    op = _op(layer.op, window)
    rest = [*node.inputs]
    for branch in group:
        rest.remove(branch.name)
    if rest:
        made = draft.add(node, "branches", op, (source,))
        draft.change(node, inputs=(made.path, *rest))
    else:
        made = draft.change(node, op=op, inputs=(source,))
    draft.set_weight(made, "kernel", total)
    draft.set_weight(made, "bias", added)
    for branch in group:
        draft.discard(branch.name)


def _starts(draft: Draft, layer: Node) -> tuple[int, ...]:
    return () if isinstance(layer.op, Dense) else _extent(draft, layer)[0]


def _add_one_tap(tap: Array, gain: Array, op: Op) -> None:
    """Adds a per-channel scale to one tap of a kernel, in place."""
    if isinstance(op, DepthwiseConv):
        tap += gain.reshape(tap.shape)
        return
    channels = np.arange(len(gain))
    tap[channels % tap.shape[0], channels] += gain


def _op(op: Any, window: _Window) -> Op:
    changed: Op
    if isinstance(op, Dense):
        changed = op.model_copy(update={"bias": True})
    else:
        pad = tuple(before if before == after else (before, after) for before, after in window.around)
        changed = op.model_copy(update={"bias": True, "k": _one(window.k), "pad": _one(pad)})
    return changed


def _one(each: tuple[Any, ...]) -> Any:
    """A common argument for all dimensions where they are equal."""
    return each[0] if len(set(each)) == 1 and isinstance(each[0], int) else each
