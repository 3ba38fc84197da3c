"""Rules for rolls, concatenations and padding."""

from __future__ import annotations

import numpy as np

from archdsl.intake.tensors.program import Node
from archdsl.intake.tensors.rules.form import Form, instead


def roll(form: Form, node: Node) -> Node | None:
    """The end of an axis before its beginning."""
    if node.kind != "Concat" or len(node.inputs) != 2:
        return None
    late, early = (form.maker(name, "Slice") for name in node.inputs)
    if late is None or early is None or late.inputs[0] != early.inputs[0]:
        return None
    end_part, start_part = _part(form, late), _part(form, early)
    if end_part is None or start_part is None:
        return None
    (first, _, one), (begin, end, other) = end_part, start_part
    if one != other or one != node.attributes.get("axis") or begin != 0 or first != end or first == 0:
        return None
    return instead(node, "Roll", [late.inputs[0]], axes=(one,), shifts=(-first,))


def _part(form: Form, node: Node) -> tuple[int, int, int] | None:
    numbers = [form.number(name) for name in node.inputs[1:4]]
    if (
        len(numbers) < 3
        or any(n is None for n in numbers)
        or (len(node.inputs) > 4 and form.number(node.inputs[4]) != 1)
    ):
        return None
    start, end, axis = (int(n) for n in numbers if n is not None)
    return start, end, axis


def rolled_twice(form: Form, node: Node) -> Node | None:
    """Rolls along two axes, one after the other."""
    if node.kind != "Roll":
        return None
    before = form.maker(node.inputs[0], "Roll")
    if before is None or form.users[node.inputs[0]] != 1 or {*before.attributes["axes"]} & {*node.attributes["axes"]}:
        return None
    axes, shifts = ((*before.attributes[name], *node.attributes[name]) for name in ("axes", "shifts"))
    return instead(node, "Roll", before.inputs, axes=axes, shifts=shifts)


def grown(form: Form, node: Node) -> Node | None:
    """Tensors of which the first ones are joined already, as each layer of a DenseNet joins all before it."""
    if node.kind != "Concat":
        return None
    axis = node.attributes.get("axis")
    form.joins.setdefault((axis, tuple(node.inputs)), node.outputs[0])
    if len(node.inputs) < 3:
        return None
    shorter = form.joins.get((axis, tuple(node.inputs[:-1])))
    return None if shorter is None else instead(node, "Concat", [shorter, node.inputs[-1]], axis=axis)


def padded_pool(form: Form, node: Node) -> Node | None:
    """Minus infinity around a map, and the largest of windows: the window's own padding."""
    pad = form.maker(node.inputs[0], "Pad") if node.kind == "MaxPool" else None
    if pad is None or len(pad.inputs) != 3 or pad.attributes.get("mode", "constant") != "constant":
        return None
    value, around = form.number(pad.inputs[2]), form.program.constants.get(pad.inputs[1])
    kernel = node.attributes.get("kernel_shape", ())
    rank = len(kernel)
    if value != -np.inf or around is None or around.array.size != 2 * (rank + 2):
        return None
    before, after = (each[2:] for each in np.split(around.array.reshape(-1), 2))
    own = node.attributes.get("pads", (0,) * (2 * rank))
    sums = [int(a) + int(b) for a, b in zip((*before, *after), own, strict=True)]
    lead = [int(around.array.reshape(-1)[i]) for i in (0, 1, rank + 2, rank + 3)]
    if any(lead) or any(not 0 <= n < k for n, k in zip(sums, (*kernel, *kernel), strict=True)):
        return None
    return instead(node, "MaxPool", pad.inputs[:1], **{**node.attributes, "pads": tuple(sums)})
