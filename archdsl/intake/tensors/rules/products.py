"""Products of matrices."""

from __future__ import annotations

from archdsl.intake.tensors.program import Node
from archdsl.intake.tensors.rules.form import Form, instead


def biased(form: Form, node: Node) -> Node | None:
    """A product with a matrix, and then numbers that are added to its columns."""
    if node.kind != "Add" or len(node.inputs) != 2:
        return None
    for value, numbers in (node.inputs, node.inputs[::-1]):
        product = form.maker(value, "MatMul")
        held, matrix = form.program.constants.get(numbers), None
        if product is not None:
            matrix = form.program.constants.get(product.inputs[1])
        if product is None or held is None or matrix is None or form.users[value] != 1 or matrix.array.ndim != 2:
            continue
        if held.array.size == matrix.array.shape[1] == held.array.shape[-1]:
            return Node("Gemm", [*product.inputs, numbers], node.outputs, {}, product.place)
    return None


def einsum(form: Form, node: Node) -> Node | None:
    """Sums of products over one axis of two tensors, as a product of matrices between transposes."""
    if node.kind != "Einsum" or len(node.inputs) != 2:
        return None
    said = str(node.attributes.get("equation", "")).replace(" ", "")
    terms, arrow, result = said.partition("->")
    one, comma, other = terms.partition(",")
    if not arrow or not comma or not (one + other + result).isalpha():
        return None
    summed = [c for c in one if c in other and c not in result]
    both = [c for c in one if c in other and c in result]
    left, right = ([c for c in term if c not in rest] for term, rest in ((one, other), (other, one)))
    if len(summed) != 1 or len(left) != 1 or len(right) != 1 or {*result} != {*both, *left, *right}:
        return None
    first, second = "".join([*both, *left, *summed]), "".join([*both, *summed, *right])
    a = form.add(node, "Transpose", [node.inputs[0]], perm=tuple(one.index(c) for c in first))
    b = form.add(node, "Transpose", [node.inputs[1]], perm=tuple(other.index(c) for c in second))
    product = form.add(node, "MatMul", [a, b])
    made = "".join([*both, *left, *right])
    return instead(node, "Transpose", [product], perm=tuple(made.index(c) for c in result))
