"""Exchanges a pointwise layer with a mean over windows, so that it computes fewer positions.

A mean whose weights add up to one, the same for all channels, can be exchanged with a matrix product over the channels,
and with a bias. A pooling that makes the map smaller comes first, and the product has fewer places: DenseNet's
transitions. One that keeps the size comes last, and averages fewer channels, where the product makes fewer: Inception's
branches, whose products then are layers side by side.
"""

from __future__ import annotations

from archdsl.graph.dims import elements
from archdsl.graph.model import Node
from archdsl.ops.base import Weighted
from archdsl.rewrites.compose import is_of_places
from archdsl.rewrites.draft import Draft
from archdsl.rewrites.linear import is_linear


def rewrite(draft: Draft) -> int:
    """For two nodes of which the second is the only user of the first."""
    found = 0
    for node in draft:
        before = draft.get(node.inputs[0]) if len(node.inputs) == 1 else None
        if before is None or draft.only_user(before.path) is not node or before.float32 != node.float32:
            continue
        if _shrinks(draft, before, node) or _narrows(draft, before, node):
            _exchange(draft, before, node)
            found += 1
    return found


def _shrinks(draft: Draft, product: Node, mean: Node) -> bool:
    return _is_product(draft, product) and _is_mean(draft, mean) and _places(mean) < _places(product)


def _narrows(draft: Draft, mean: Node, product: Node) -> bool:
    if not _is_mean(draft, mean) or not _is_product(draft, product):
        return False
    return draft.shape(mean.inputs[0]) == mean.shape and bool(product.shape[-1] < mean.shape[-1])


def _is_product(draft: Draft, node: Node) -> bool:
    return is_linear(draft, node) and hasattr(node.op, "bias") and is_of_places(draft, node)


def _is_mean(draft: Draft, node: Node) -> bool:
    """Whether a node is such a mean over a map, whose output is a map."""
    return node.op.averages and len(node.inputs) == 1 and len(draft.shape(node.inputs[0])) == len(node.shape)


def _places(node: Node) -> int:
    places = elements(node.shape[:-1])
    return places if isinstance(places, int) else 0


def _exchange(draft: Draft, first: Node, second: Node) -> None:
    """Exchanges two consecutive ops."""
    (source,) = first.inputs
    made = draft.add(second, "exchanged", second.op, (source,))
    last = draft.change(second, op=first.op, inputs=(made.path,))
    for old, new in ((second, made), (first, last)):
        if isinstance(old.op, Weighted):
            arrays = [
                (weight.name, draft.weight(old, weight.name)) for weight in old.op.weights(*draft.input_shapes(old))
            ]
            for name, array in arrays:
                draft.set_weight(new, name, array)
    draft.discard(first.path)
