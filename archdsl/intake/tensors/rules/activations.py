"""Activation functions."""

from __future__ import annotations

import numpy as np

from archdsl.intake.tensors.program import Node
from archdsl.intake.tensors.rules.form import Form, instead


def gelu(form: Form, node: Node) -> Node | None:
    """``x / 2 * (1 + erf(x / sqrt 2))``, and the same with tanh."""
    if node.kind != "Mul":
        return None
    factors = form.factors(node.outputs[0])
    if len(factors) == 2:  # the half may be within the other factor, or in a division
        halved = [found for each in factors if (found := form.with_number(each, "Div", 2.0)) is not None]
        factors = (
            factors if not halved else [*(f for f in factors if form.with_number(f, "Div", 2.0) is None), *halved, ""]
        )
    numbers = [each for each in factors if each == "" or form.is_number(each, 0.5)]
    others = [each for each in factors if each not in numbers]
    if len(numbers) != 1 or len(others) != 2:
        return None
    for x, grown in (others, others[::-1]):
        inner = form.with_number(grown, "Add", 1.0)
        if inner is None:
            continue
        if (erf := form.maker(inner, "Erf")) is not None:
            root = 2**0.5
            if x in (form.with_number(erf.inputs[0], "Div", root), form.with_number(erf.inputs[0], "Mul", 1 / root)):
                return instead(node, "Gelu", [x])
        if (tanh := form.maker(inner, "Tanh")) is not None and _is_cubic(form, tanh.inputs[0], x):
            return instead(node, "Gelu", [x], approximate="tanh")
    return None


def _is_cubic(form: Form, name: str, x: str) -> bool:
    """``sqrt(2 / pi) * (x + 0.044715 x^3)``."""
    total = form.with_number(name, "Mul", (2 / np.pi) ** 0.5)
    node = form.maker(total or "", "Add")
    if node is None or x not in node.inputs:
        return False
    cubic = node.inputs[1 - node.inputs.index(x)]
    power = form.with_number(cubic, "Mul", 0.044715)
    if power is not None and form.with_number(power, "Pow", 3.0) == x:
        return True
    rest = [each for each in form.factors(cubic) if not form.is_number(each, 0.044715)]
    return rest == [x, x, x]


def mish(form: Form, node: Node) -> Node | None:
    """``x * tanh(softplus(x))``."""
    if node.kind != "Mul":
        return None
    for x, other in (node.inputs, node.inputs[::-1]):
        tanh = form.maker(other, "Tanh")
        plus = form.maker(tanh.inputs[0], "Softplus") if tanh is not None else None
        if plus is not None and plus.inputs == [x]:
            return instead(node, "Mish", [x])
    return None


def quick_gelu(form: Form, node: Node) -> Node | None:
    """``x * sigmoid(1.702 x)``."""
    if node.kind != "Mul":
        return None
    for x, other in (node.inputs, node.inputs[::-1]):
        gate = form.maker(other, "Sigmoid")
        if gate is not None and form.with_number(gate.inputs[0], "Mul", 1.702) == x:
            return instead(node, "Swish", [x], alpha=1.702)
    return None
