"""Operators that a source writes in several, found by their form before anything is read: rules over a program.

A rule looks at the operator that ends its form and back from there, and gives operators for its place. What nothing
uses any more is dropped. ``tests/onnx/test_intake.py`` compares outputs before and after each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.operators.numbers import computed
from archdsl.intake.tensors.program import Constant, Node, Numbers, Program


@dataclass(slots=True)
class Form:
    """A program while rules look at it."""

    program: Program
    makers: dict[str, Node]
    users: Counter[str]
    joins: dict[tuple[object, tuple[str, ...]], str] = field(default_factory=dict)
    """By their axes and inputs, what tensors that are joined are called."""
    new: list[Node] = field(default_factory=list)
    """What a rule puts before the operator that it replaces."""

    def maker(self, name: str, *kinds: str) -> Node | None:
        """The operator that makes a tensor, if it is of such a kind."""
        node = self.makers.get(name)
        return node if node is not None and node.kind in kinds else None

    def number(self, name: str) -> float | None:
        found = self.program.constants.get(name)
        return float(found.array.reshape(-1)[0]) if found is not None and found.array.size == 1 else None

    def is_number(self, name: str, wanted: float, within: float = 1e-4) -> bool:
        number = self.number(name)
        return number is not None and abs(number - wanted) <= within * abs(wanted)

    def with_number(self, name: str, kind: str, wanted: float, within: float = 1e-4) -> str | None:
        """What else an operator takes besides a number, if it makes this tensor."""
        node = self.maker(name, kind)
        if node is None or len(node.inputs) != 2:
            return None
        one, other = node.inputs
        if self.is_number(other, wanted, within):
            return one
        return other if kind in ("Add", "Mul") and self.is_number(one, wanted, within) else None

    def factors(self, name: str) -> list[str]:
        """The tensors and numbers whose product a tensor is, through nested products that are used once."""
        found: list[str] = []
        queue = [name]
        while queue:
            top = queue.pop()
            node = self.maker(top, "Mul")
            if node is not None and (top == name or self.users[top] == 1) and len(found) + len(queue) < _MANY:
                queue += node.inputs
            else:
                found.append(top)
        return found

    def constant(self, value: Numbers) -> str:
        name = f"constant {len(self.program.constants)} of a rule"
        self.program.constants[name] = Constant(value)
        return name

    def add(self, like: Node, kind: str, inputs: Sequence[str], **attributes: object) -> str:
        name = f"{like.outputs[0]} {kind} {len(self.new)}"
        self.new.append(Node(kind, [*inputs], [name], dict(attributes), like.place))
        return name


_MANY: Final = 6
Rule: TypeAlias = Callable[[Form, Node], Node | None]


def _instead(node: Node, kind: str, inputs: Sequence[str], **attributes: object) -> Node:
    return Node(kind, [*inputs], node.outputs, dict(attributes), node.place)


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
                return _instead(node, "Gelu", [x])
        if (tanh := form.maker(inner, "Tanh")) is not None and _is_cubic(form, tanh.inputs[0], x):
            return _instead(node, "Gelu", [x], approximate="tanh")
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
            return _instead(node, "Mish", [x])
    return None


def quick_gelu(form: Form, node: Node) -> Node | None:
    """``x * sigmoid(1.702 x)``."""
    if node.kind != "Mul":
        return None
    for x, other in (node.inputs, node.inputs[::-1]):
        gate = form.maker(other, "Sigmoid")
        if gate is not None and form.with_number(gate.inputs[0], "Mul", 1.702) == x:
            return _instead(node, "Swish", [x], alpha=1.702)
    return None


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
        return _instead(node, "LayerNormalization", [x], axis=-1, epsilon=eps)
    if axis != 1:
        return None
    # The features are the second axis, of how many is not known here: they are brought to the end and back.
    moved = form.add(node, "MoveAxis", [x], source=1, target=-1)
    normed = form.add(node, "LayerNormalization", [moved], axis=-1, epsilon=eps)
    return _instead(node, "MoveAxis", [normed], source=-1, target=1)


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
            return _instead(node, norm.kind, [*norm.inputs, flat], **norm.attributes)
        if held.array.ndim < 3 or held.array.shape[-3] != held.array.size:
            continue
        normed = form.add(node, norm.kind, [*norm.inputs, flat], **norm.attributes)
        return _instead(node, "MoveAxis", [normed], **back.attributes)
    return None


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
            return _instead(node, "GroupNormalization", [split.inputs[0], *flat], num_groups=groups, epsilon=eps)
    return None


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
    return _instead(node, "Roll", [late.inputs[0]], axes=(one,), shifts=(-first,))


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
    return _instead(node, "Roll", before.inputs, axes=axes, shifts=shifts)


def grown(form: Form, node: Node) -> Node | None:
    """Tensors of which the first ones are joined already, as each layer of a DenseNet joins all before it."""
    if node.kind != "Concat":
        return None
    axis = node.attributes.get("axis")
    form.joins.setdefault((axis, tuple(node.inputs)), node.outputs[0])
    if len(node.inputs) < 3:
        return None
    shorter = form.joins.get((axis, tuple(node.inputs[:-1])))
    return None if shorter is None else _instead(node, "Concat", [shorter, node.inputs[-1]], axis=axis)


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
    return _instead(node, "Transpose", [product], perm=tuple(made.index(c) for c in result))


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
    return _instead(node, "MaxPool", pad.inputs[:1], **{**node.attributes, "pads": tuple(sums)})


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
    return _instead(node, "LpNormalization", [node.inputs[0]], axis=axes[0], p=2, epsilon=eps)


RULES: Final[tuple[Rule, ...]] = (
    gelu,
    mish,
    quick_gelu,
    layer_norm,
    gained,
    biased,
    group_norm,
    roll,
    rolled_twice,
    grown,
    einsum,
    padded_pool,
    length_one,
)
_PASSES: Final = 6


def fused(program: Program) -> Program:
    """The program after all rules, to a fixed point, without what is computed of constants and what nothing uses."""
    found = _folded(program)
    for _ in range(_PASSES):
        if not _pass(_live(found)):
            break
    return _live(found)


def _folded(program: Program) -> Program:
    """The program with what is computed of constants as constants."""
    made = Program(program.name, program.inputs, dict(program.constants), [], program.outputs)
    for node in program.nodes:
        inputs = [made.constants.get(name) if name else None for name in node.inputs]
        if all(not name or value is not None for name, value in zip(node.inputs, inputs, strict=True)):
            try:
                values = computed(node, tuple(inputs))
            except (ValueError, IndexError, TypeError, KeyError, OverflowError, Unsupported):
                values = None  # the operator is looked at again where its place is known
            if values is not None:
                made.constants |= dict(zip(node.outputs, values, strict=False))
                continue
        made.nodes.append(node)
    return made


def _pass(program: Program) -> bool:
    form = Form(program, program.makers(), program.users())
    nodes: list[Node] = []
    changed = False
    for node in program.nodes:
        form.new = []
        found = next((made for rule in RULES if (made := rule(form, node)) is not None), None)
        if found is None:
            nodes.append(node)
            continue
        changed = True
        nodes += [*form.new, found]
        form.makers |= {name: each for each in (*form.new, found) for name in each.outputs}
        form.users.update(name for each in (*form.new, found) for name in each.inputs)
        form.users.subtract(node.inputs)
    program.nodes = nodes
    return changed


def _live(program: Program) -> Program:
    needed = {*program.outputs}
    kept: list[Node] = []
    for node in reversed(program.nodes):
        if not needed.isdisjoint(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    program.nodes = kept[::-1]
    return program
