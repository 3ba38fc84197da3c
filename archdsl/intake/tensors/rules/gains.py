"""Layer norms with the gain before the difference, as TensorFlow has them: ``x * m - mean * m + offset``."""

from __future__ import annotations

from archdsl.intake.tensors.program import Node
from archdsl.intake.tensors.rules.form import Form, instead


def gained_first(form: Form, node: Node) -> Node | None:
    """``x * m + (offset - mean * m)``, where ``m`` is a gain divided by the root of the variance and ``eps``."""
    if node.kind != "Add" or len(node.inputs) != 2:
        return None
    for one, other in (node.inputs, node.inputs[::-1]):
        product, shift = form.maker(one, "Mul"), form.maker(other, "Mul", "Add")
        offset = ""
        if shift is not None and shift.kind == "Add":
            offset = next((name for name in shift.inputs if name in form.program.constants), "")
            shift = next((made for name in shift.inputs if (made := form.maker(name, "Mul")) is not None), None)
            if not offset:
                continue
        if product is None or shift is None:
            continue
        for x, factor in (product.inputs, product.inputs[::-1]):
            mean = _mean_of(form, shift, factor)
            found = None if mean is None else _statistics(form, x, mean, factor)
            if found is not None:
                return _written(form, node, x, offset, *found)
    return None


def _mean_of(form: Form, shift: Node, factor: str) -> Node | None:
    """What makes the mean in ``-mean * m``."""
    for name, other in (shift.inputs, shift.inputs[::-1]):
        negative = form.maker(name, "Neg")
        if negative is not None and other == factor:
            return form.maker(negative.inputs[0], "ReduceMean", "GlobalAveragePool")
    return None


def _statistics(form: Form, x: str, mean: Node, factor: str) -> tuple[int, float, str] | None:
    """The axis, epsilon and gain of a factor, if it is that of a layer norm of ``x``."""
    scaled = form.maker(factor, "Mul")
    if scaled is None or mean.inputs[0] != x:
        return None
    gain = next((name for name in scaled.inputs if name in form.program.constants), "")
    inverse = next((made for name in scaled.inputs if (made := form.maker(name, "Reciprocal")) is not None), None)
    root = form.maker(inverse.inputs[0], "Sqrt") if inverse is not None else None
    total = form.maker(root.inputs[0], "Add") if root is not None else None
    if not gain or total is None:
        return None
    for name, given in (total.inputs, total.inputs[::-1]):
        variance, eps = form.maker(name, mean.kind), form.number(given)
        if variance is not None and eps is not None and _is_square(form, variance.inputs[0], x, mean):
            axis = _axis(form, mean, form.program.constants[gain].array.ndim)
            same = _axis(form, variance, form.program.constants[gain].array.ndim)
            return (axis, eps, gain) if axis is not None and axis == same else None
    return None


def _is_square(form: Form, name: str, x: str, mean: Node) -> bool:
    """Whether a tensor is ``(x - mean) ** 2``; the mean may be reshaped to the shape that it has."""
    square = form.maker(name, "Mul")
    if square is None or square.inputs[0] != square.inputs[1]:
        return False
    apart = form.maker(square.inputs[0], "Sub")
    if apart is None or apart.inputs[0] != x:
        return False
    reshaped = form.maker(apart.inputs[1], "Reshape")
    return (reshaped.inputs[0] if reshaped is not None else apart.inputs[1]) == mean.outputs[0]


def _axis(form: Form, mean: Node, rank: int) -> int | None:
    """The axis of a mean: -1 for the last one, 1 for the second; ``None`` for others and for several."""
    if mean.kind == "GlobalAveragePool":
        return -1 if rank == 3 else None
    found = form.program.constants.get(mean.inputs[1]) if len(mean.inputs) > 1 else None
    axes = [] if found is None else [int(axis) % rank for axis in found.array.reshape(-1)]
    if len(axes) != 1:
        return None
    return -1 if axes[0] == rank - 1 else 1 if axes[0] == 1 else None


def _written(form: Form, node: Node, x: str, offset: str, axis: int, eps: float, gain: str) -> Node:
    """A layer norm along an axis, a gain and an offset."""
    moved = x if axis == -1 else form.add(node, "MoveAxis", [x], source=axis, target=-1)
    made = form.add(node, "LayerNormalization", [moved], axis=-1, epsilon=eps)
    if axis != -1:
        made = form.add(node, "MoveAxis", [made], source=-1, target=axis)
    if not offset:
        return instead(node, "Mul", [made, gain])
    return instead(node, "Add", [form.add(node, "Mul", [made, gain]), offset])
