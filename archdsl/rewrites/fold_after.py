"""Folds per-channel affine ops, such as batch norm and layer scale, into the preceding convolution or dense layer.

``gain * (W x + b) + offset`` is ``(gain W) x + (gain b + offset)``.
"""

from __future__ import annotations

from archdsl.rewrites.affine import affine, is_affine
from archdsl.rewrites.draft import Draft
from archdsl.rewrites.linear import bias, is_linear, last_kernel, scaled, with_bias


def rewrite(draft: Draft) -> int:
    """For a layer with a single user and weights of its own."""
    found = 0
    for node in draft:
        before = draft.get(node.inputs[0]) if node.inputs else None
        if before is None or not is_affine(node) or not is_linear(draft, before):
            continue
        if draft.only_user(before.path) is not node or before.float32 != node.float32:
            continue
        gain, offset = affine(draft, node)
        kernel = last_kernel(before.op)
        scaled_kernel, scaled_bias = scaled(draft.weight(before, kernel), gain), bias(draft, before) * gain + offset
        before = draft.change(before, op=with_bias(before.op))
        draft.set_weight(before, kernel, scaled_kernel)
        draft.set_weight(before, "bias", scaled_bias)
        draft.give_way(node, before.path)
        found += 1
    return found
