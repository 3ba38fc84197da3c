"""Merges parallel convolutions or dense layers of the same input into one with more outputs.

What follows takes its share of the channels. An activation that follows each of them alike is computed once, before.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from archdsl.graph.model import Node
from archdsl.ops.base import known, per_axis
from archdsl.ops.convolution import Conv
from archdsl.ops.extent import Slice
from archdsl.ops.linear import Dense
from archdsl.ops.reach import SAME
from archdsl.rewrites.borders import dilations, pads
from archdsl.rewrites.draft import Draft
from archdsl.rewrites.linear import bias, is_linear


def rewrite(draft: Draft) -> int:
    """For layers with weights of their own that differ at most in the number of outputs."""
    groups: dict[Hashable, list[Node]] = {}
    for node in draft:
        if is_linear(draft, node) and isinstance(node.op, Conv | Dense):
            key = _key(draft, node)
            if key is not None:
                groups.setdefault(key, []).append(node)
    found = [group for group in groups.values() if len(group) > 1]
    for group in found:
        _merge(draft, group)
    return len(found)


def _key(draft: Draft, node: Node) -> Hashable:
    """A key that is equal for layers that can be merged; ``None`` for one that cannot."""
    op: Any = node.op
    common = (type(op), node.inputs[0], node.float32)
    if isinstance(op, Dense):
        return common
    x = draft.shape(node.inputs[0])
    around, rank = pads(op, x), len(x) - 1
    if op.groups > 1 or around is None:
        return None
    return (*common, per_axis(op.k, rank, "k"), per_axis(op.stride, rank, "stride"), dilations(op, rank), around)


def _merge(draft: Draft, group: Sequence[Node]) -> None:
    first = group[0]
    op: Any = first.op
    sizes = [known(node.shape[-1], "the channels") for node in group]
    kernels = [draft.weight(node, "kernel") for node in group]
    biases = [bias(draft, node) for node in group]
    changed = {"bias": True, "units" if isinstance(op, Dense) else "filters": sum(sizes)}
    made = draft.add(first, "merged", op.model_copy(update=changed), first.inputs)
    draft.set_weight(made, "kernel", np.concatenate(kernels, axis=-1))
    draft.set_weight(made, "bias", np.concatenate(biases))
    after = _common_activation(draft, group)
    if after is not None:
        made = draft.add(first, "merged", after.op, (made.path,))
    for node, (start, stop) in zip(group, pairwise(accumulate(sizes, initial=0)), strict=True):
        end = node if after is None else draft.users(node.path)[0]
        end_of = draft.change(end, op=Slice(start=start, stop=stop), inputs=(made.path,))
        if end_of.path != node.path:
            draft.remove(node)


def _common_activation(draft: Draft, group: Sequence[Node]) -> Node | None:
    """The elementwise op that is the only user of each layer, if it is common to all."""
    users = [draft.only_user(node.path) for node in group]
    first = users[0]
    if first is None or any(user is None or user.op != first.op for user in users):
        return None
    shapes = draft.input_shapes(first)
    alone = all(sight == SAME for sight in first.op.reach(shapes, first.shape))
    return (
        first if first.op.elementwise and len(first.inputs) == 1 and alone and not first.op.weights(*shapes) else None
    )
