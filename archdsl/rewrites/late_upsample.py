"""Exchanges a pointwise layer with the upsampling before it, so that it computes fewer positions.

Resampling takes means of places with weights that add up to one, the same for all channels. So it can be exchanged with
a matrix product over the channels, and with a bias. Where the layer's input is a concatenation of several maps, the
product is that of its parts, added up (the decoder of SegFormer, Xie et al. 2021, arXiv:2105.15203).
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from archdsl.graph.dims import elements
from archdsl.graph.model import Node
from archdsl.ops.axes import axis_index
from archdsl.ops.base import known
from archdsl.ops.joining import Add, Concat
from archdsl.ops.linear import Dense
from archdsl.rewrites.compose import is_of_places
from archdsl.rewrites.draft import Array, Draft
from archdsl.rewrites.linear import bias, is_linear


def rewrite(draft: Draft) -> int:
    """For upsampled maps of which the layer is the only user."""
    found = 0
    for node in draft:
        if is_linear(draft, node) and hasattr(node.op, "bias") and is_of_places(draft, node):
            found += _moved(draft, node)
    return found


def _moved(draft: Draft, node: Node) -> bool:
    (name,) = node.inputs
    join = draft.get(name)
    if join is None or draft.only_user(name) is not node:
        return False
    parts = join.inputs if _is_of_channels(join) else (name,)
    enlarged = {
        part for part in parts if parts.count(part) == 1 and _enlarges(draft, part, join if parts != (name,) else node)
    }
    if not enlarged:
        return False
    kernel = draft.weight(node, "kernel")
    kernel = kernel.reshape(kernel.shape[-2:])
    sizes = [known(draft.shape(part)[-1], "the channels") for part in parts]
    rows = {part: kernel[a:b] for part, (a, b) in zip(parts, pairwise(accumulate(sizes, initial=0)), strict=True)}
    terms, own = [], bias(draft, node)
    rest = [part for part in parts if part not in enlarged]
    if rest:
        joined = draft.add(node, "joined", join.op, tuple(rest)).path if len(rest) > 1 else rest[0]
        terms.append(_product(draft, node, joined, np.concatenate([rows[part] for part in rest]), own))
    for part in parts:
        if part in enlarged:
            above = draft.get(part)
            assert above is not None
            product = _product(draft, node, above.inputs[0], rows[part], own if not terms else np.zeros_like(own))
            terms.append(draft.add(node, "enlarged", above.op, (product, *above.inputs[1:])).path)
    if len(terms) == 1:
        draft.give_way(node, terms[0])
    else:
        draft.change(node, op=Add(), inputs=tuple(terms))
    draft.discard(name)
    return True


def _is_of_channels(node: Node) -> bool:
    return (
        isinstance(node.op, Concat)
        and axis_index(node.op.axis, node.shape) == len(node.shape) - 1
        and len(set(node.inputs)) == len(node.inputs)
    )


def _enlarges(draft: Draft, name: str, user: Node) -> bool:
    """Whether a value is an upsampled map with a single user."""
    made = draft.get(name)
    if made is None or not made.op.averages or draft.only_user(name) is not user or made.float32 != user.float32:
        return False
    return bool(elements(draft.shape(made.inputs[0])) < elements(made.shape))


def _product(draft: Draft, node: Node, name: str, kernel: Array, added: Array) -> str:
    """A copy of a layer for one map, with some rows of its kernel."""
    op: Any = node.op.model_copy(update={"bias": True})
    made = draft.add(node, "part", op, (name,))
    rank = len(made.shape) - 1
    draft.set_weight(made, "kernel", kernel if isinstance(op, Dense) else kernel.reshape(*(1,) * rank, *kernel.shape))
    draft.set_weight(made, "bias", added)
    return made.path
