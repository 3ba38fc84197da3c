"""Composes two consecutive linear layers into one, where that takes no more multiply-adds."""

from __future__ import annotations

from typing import Any

from archdsl.graph.model import Node
from archdsl.ops.base import per_axis
from archdsl.ops.convolution import Conv
from archdsl.ops.linear import Dense
from archdsl.rewrites.borders import pads
from archdsl.rewrites.draft import Draft
from archdsl.rewrites.linear import bias, is_linear


def rewrite(draft: Draft) -> int:
    """For a dense layer or 1x1 convolution that is the only user of its input."""
    found = 0
    for node in draft:
        before = draft.get(node.inputs[0]) if node.inputs else None
        if before is None or not is_linear(draft, before) or not is_linear(draft, node):
            continue
        if draft.only_user(before.path) is not node or before.float32 != node.float32:
            continue
        if is_of_places(draft, node) and _is_whole(before) and _is_less(draft, before, node):
            _compose(draft, before, node)
            found += 1
    return found


def is_of_places(draft: Draft, node: Node) -> bool:
    """Whether a layer with a kernel is pointwise: each output position depends only on the same input position."""
    op: Any = node.op
    if isinstance(op, Dense):
        return True
    x = draft.shape(node.inputs[0])
    rank = len(x) - 1
    ones = (1,) * rank
    return (
        isinstance(op, Conv)
        and op.groups == 1
        and per_axis(op.k, rank, "k") == per_axis(op.stride, rank, "stride") == ones
        and pads(op, x) == ((0, 0),) * rank
    )


def _is_whole(node: Node) -> bool:
    return isinstance(node.op, Dense) or (isinstance(node.op, Conv) and node.op.groups == 1)


def _outputs(node: Node, count: object) -> Any:
    return node.op.model_copy(update={"bias": True, "units" if isinstance(node.op, Dense) else "filters": count})


def _is_less(draft: Draft, before: Node, node: Node) -> bool:
    shapes = draft.input_shapes(before)
    together = _outputs(before, node.shape[-1]).macs(shapes, node.shape)
    apart = before.op.macs(shapes, before.shape) + node.op.macs(draft.input_shapes(node), node.shape)
    return bool(together <= apart)


def _compose(draft: Draft, before: Node, node: Node) -> None:
    second = draft.weight(node, "kernel")
    second = second.reshape(second.shape[-2:])
    kernel = draft.weight(before, "kernel") @ second
    added = bias(draft, before) @ second + bias(draft, node)
    node = draft.change(node, op=_outputs(before, node.shape[-1]), inputs=before.inputs)
    draft.set_weight(node, "kernel", kernel)
    draft.set_weight(node, "bias", added)
    draft.discard(before.path)
