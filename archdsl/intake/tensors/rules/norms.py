"""Norms that are written as means, differences and roots."""

from __future__ import annotations

import numpy as np

from archdsl.intake.tensors.program import Constant, Node
from archdsl.intake.tensors.rules.form import Form, instead


def layer_norm(form: Form, node: Node) -> Node | None:
    """``(x - mean) / sqrt(mean((x - mean)^2) + eps)`` along one axis, the last or the second."""
    if node.kind != "Div":
        return None
    top, root = form.maker(node.inputs[0], "Sub"), form.maker(node.inputs[1], "Sqrt")
    total = form.maker(root.inputs[0], "Add") if root is not None else None
    if top is None or total is None:
        return None
    eps, squares = next(
        ((form.number(a), b) for a, b in (total.inputs, total.inputs[::-1]) if form.number(a) is not None), (None, "")
    )
    mean, variance = form.maker(top.inputs[1], "ReduceMean"), form.maker(squares, "ReduceMean")
    if eps is None or mean is None or variance is None or mean.inputs[0] != top.inputs[0]:
        return None
    axes = [_axes(form, each) for each in (mean, variance)]
    if axes[0] != axes[1] or axes[0] is None or len(axes[0]) != 1:
        return None
    squared = form.maker(variance.inputs[0], "Pow", "Mul")
    if squared is None:
        return None
    if squared.kind == "Pow" and not form.is_number(squared.inputs[1], 2.0):
        return None
    given = squared.inputs[:1] if squared.kind == "Pow" else squared.inputs
    if any(not _same_difference(form, each, top) for each in given):
        return None
    return _normed(form, node, top.inputs[0], axes[0][0], eps)


def _same_difference(form: Form, name: str, top: Node) -> bool:
    other = form.maker(name, "Sub")
    return other is not None and other.inputs == top.inputs


def _axes(form: Form, node: Node) -> tuple[int, ...] | None:
    found = form.program.constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
    return None if found is None else tuple(int(n) for n in found.array.reshape(-1))


def _normed(form: Form, node: Node, x: str, axis: int, eps: float) -> Node | None:
    if axis == -1:
        return instead(node, "LayerNormalization", [x], axis=-1, epsilon=eps)
    if axis != 1:
        return None
    # The features are the second axis, of how many is not known here: they are brought to the end and back.
    moved = form.add(node, "MoveAxis", [x], source=1, target=-1)
    normed = form.add(node, "LayerNormalization", [moved], axis=-1, epsilon=eps)
    return instead(node, "MoveAxis", [normed], source=-1, target=1)


def gained(form: Form, node: Node) -> Node | None:
    """A gain after a layer norm without one, and an offset after a gain: the norm's own."""
    kinds = {"Mul": 1, "Add": 2}
    if node.kind not in kinds or len(node.inputs) != 2:
        return None
    for value, numbers in (node.inputs, node.inputs[::-1]):
        back = form.maker(value, "MoveAxis")
        norm = form.maker(back.inputs[0] if back is not None else value, "LayerNormalization")
        held = form.program.constants.get(numbers)
        if norm is None or held is None or held.array.size < 2 or form.users[value] != 1:
            continue
        if len(norm.inputs) != kinds[node.kind] or held.array.size != max(held.array.shape):
            continue
        flat = form.constant(held.array.reshape(-1))
        form.program.constants[flat] = Constant(held.array.reshape(-1), held.name)
        if back is None:
            if held.array.shape[-1] != held.array.size:
                continue
            return instead(node, norm.kind, [*norm.inputs, flat], **norm.attributes)
        if held.array.ndim < 3 or held.array.shape[-3] != held.array.size:
            continue
        normed = form.add(node, norm.kind, [*norm.inputs, flat], **norm.attributes)
        return instead(node, "MoveAxis", [normed], **back.attributes)
    return None


def group_norm(form: Form, node: Node) -> Node | None:
    """An instance norm of groups of channels, then gain and offset for channels, as PyTorch writes it."""
    if node.kind != "Add":
        return None
    constants = form.program.constants
    for scaled, offset in (node.inputs, node.inputs[::-1]):
        product = form.maker(scaled, "Mul")
        if product is None or offset not in constants:
            continue
        for value, gain in (product.inputs, product.inputs[::-1]):
            back = form.maker(value, "Reshape")
            norm = form.maker(back.inputs[0], "InstanceNormalization") if back is not None else None
            split = form.maker(norm.inputs[0], "Reshape") if norm is not None else None
            if norm is None or split is None or gain not in constants:
                continue
            ones, zeros = (constants.get(name) for name in norm.inputs[1:3])
            sizes = constants.get(split.inputs[1])
            if ones is None or zeros is None or sizes is None or sizes.array.size != 3:
                continue
            if np.any(ones.array != 1) or np.any(zeros.array != 0):
                continue
            flat = [form.constant(constants[name].array.reshape(-1)) for name in (gain, offset)]
            groups = int(sizes.array.reshape(-1)[1])
            eps = norm.attributes.get("epsilon", 1e-5)
            return instead(node, "GroupNormalization", [split.inputs[0], *flat], num_groups=groups, epsilon=eps)
    return None


def length_one(form: Form, node: Node) -> Node | None:
    """A tensor divided by its length along an axis, or by a small number if it is shorter: ``F.normalize``."""
    if node.kind != "Div":
        return None
    name = node.inputs[1]
    if (spread := form.maker(name, "Expand")) is not None:
        name = spread.inputs[0]
    least = form.maker(name, "Clip", "Max")
    norm = form.maker(least.inputs[0], "ReduceL2") if least is not None else None
    if norm is None or least is None or norm.inputs[0] != node.inputs[0]:
        return None
    eps, axes = form.number(least.inputs[1]), _axes(form, norm)
    if eps is None or axes is None or len(axes) != 1 or not norm.attributes.get("keepdims", 1):
        return None
    return instead(node, "LpNormalization", [node.inputs[0]], axis=axes[0], p=2, epsilon=eps)
