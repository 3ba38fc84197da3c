"""Folds per-channel affine ops into the following layer: the normalisation of images into the stem.

``W (gain * x + offset) + b`` is ``(W gain) x + (W offset + b)``, wherever the window lies on the map. Beyond it there
are zeros, which were no images: there ``W offset`` lacks the taps outside. If all channels reach zero at one value of
``x``, the map is padded with that value before; otherwise the bias of each place is added as a table of positions.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from archdsl.graph.model import Node
from archdsl.ops.extent import Pad
from archdsl.ops.learned import PositionEmbedding
from archdsl.rewrites.affine import Affine, affine, is_affine
from archdsl.rewrites.borders import WINDOWED, is_known, on_map, pads, summed
from archdsl.rewrites.draft import Array, Draft
from archdsl.rewrites.linear import bias, first_kernel, is_linear, last_kernel, per_input, with_bias

_ALIKE: Final = 1e-9


def rewrite(draft: Draft) -> int:
    """For a node whose users are all such layers, which own their weights."""
    found = 0
    for node in draft:
        users = draft.users(node.path)
        if not users or not is_affine(node) or draft.is_output(node.path):
            continue
        numbers = affine(draft, node)
        if not all(is_linear(draft, user) and _fits(draft, user, numbers) for user in users):
            continue
        if any(user.float32 != node.float32 for user in users):
            continue
        for user in users:
            _fold(draft, node, user, numbers)
        draft.remove(draft.get(node.path) or node)
        found += 1
    return found


def _fits(draft: Draft, user: Node, numbers: Affine) -> bool:
    """Whether the layer has a single kernel, and borders that are known."""
    op: Any = user.op
    if first_kernel(op) != last_kernel(op):
        return False
    x = draft.shape(user.inputs[0])
    if not isinstance(op, WINDOWED):
        return True
    around = pads(op, x)
    if around is None:
        return False
    return not _is_padded(around) or not numbers.offset.any() or _zero(numbers) is not None or is_known(user.shape)


def _is_padded(around: tuple[tuple[int, int], ...]) -> bool:
    return any(side for pair in around for side in pair)


def _zero(numbers: Affine) -> float | None:
    """The value that maps to zero in all channels, if there is one."""
    if not numbers.gain.all():
        return None
    values = -numbers.offset / numbers.gain
    return float(values[0]) if np.ptp(values) <= _ALIKE * max(abs(values[0]), 1.0) else None


def _fold(draft: Draft, node: Node, user: Node, numbers: Affine) -> None:
    op: Any = user.op
    name = first_kernel(op)
    kernel = draft.weight(user, name)
    x = draft.shape(user.inputs[0])
    added = kernel * per_input(op, kernel, numbers.offset)
    outputs = added.sum(axis=-2)
    own = bias(draft, user)
    source: str = node.inputs[0]
    around = pads(op, x) if isinstance(op, WINDOWED) else ()
    assert around is not None
    table: Array | None = None
    if not _is_padded(around) or not numbers.offset.any():
        changed, own = op, own + summed(outputs, None)
    elif (zero := _zero(numbers)) is not None:
        changed, own = op.model_copy(update={"pad": "valid"}), own + summed(outputs, None)
        source = draft.add(user, "border", Pad(size=around, value=zero), (source,)).path
    else:
        changed, table = op, summed(outputs, on_map(user, x, around))
    user = draft.change(user, op=with_bias(changed), inputs=(source,))
    draft.set_weight(user, name, kernel * per_input(op, kernel, numbers.gain))
    draft.set_weight(user, "bias", own)
    if table is not None:
        _add_table(draft, user, table)


def _add_table(draft: Draft, node: Node, table: Array) -> None:
    """Adds a constant for each position and channel to a node's output, for all users."""
    after = draft.add(node, "borders", PositionEmbedding(), (node.path,), after=True)
    draft.set_weight(after, "embeddings", table)
    draft.redirect(node.path, after.path, but=after.path)
