"""The edits between two matched graphs. Their costs sum to the difference of the totals for every matching."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import or_
from typing import Any, Final, Literal

from archdsl.difference.canon import argument, same_padding
from archdsl.difference.match import Matching, commutes, owner
from archdsl.difference.model import Delta, Edit
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Node
from archdsl.graph.tree import Branch, tree
from archdsl.ops.base import Misfit, Op
from archdsl.ops.call import Value, words
from archdsl.ops.show import TRAINING, as_value, call
from archdsl.passes.cost import Cost, NodeCost, cost, share_of

LEARNING: Final = frozenset({*TRAINING, "momentum"})
"""Arguments without which a trained model computes the same."""


@dataclass(frozen=True)
class Pair:
    """Two graphs, their matching, and the cost of each node."""

    a: Graph
    b: Graph
    matching: Matching

    @cached_property
    def cost_a(self) -> Cost:
        return cost(self.a)

    @cached_property
    def cost_b(self) -> Cost:
        return cost(self.b)

    @cached_property
    def back(self) -> Mapping[str, str]:
        """The inverse of the matching: paths of the second graph to those of the first."""
        return {theirs: ours for ours, theirs in self.matching.nodes.items()}

    def delta(self, a: Node, b: Node) -> Delta:
        return Delta.between(self.cost_a.nodes[a.path], self.cost_b.nodes[b.path])


def edits(pair: Pair) -> list[Edit]:
    """Every edit in the order of the second graph; removals are where the parts would be now."""
    found: list[tuple[tuple[int, int], Edit]] = []
    place = {node.path: index for index, node in enumerate(pair.b.nodes)}
    last = -1
    spots: dict[str, tuple[int, int]] = {}
    for index, node in enumerate(pair.a.nodes):
        if (partner := pair.matching.nodes.get(node.path)) is not None and node.path not in pair.matching.moved:
            last = place[partner]
        spots[node.path] = (last, index + 1)
    found += [
        (spots[first], edit) for first, edit in _alone(pair.a, pair.matching.nodes.keys(), pair.cost_a.nodes, "removed")
    ]
    found += [((place[first], 0), edit) for first, edit in _alone(pair.b, pair.back.keys(), pair.cost_b.nodes, "added")]
    found += [((place[first], 0), edit) for first, edit in _moved(pair)]
    wiring = _Wiring(pair)
    memo: dict[tuple[Any, ...], list[Edit]] = {}
    for node in pair.b.nodes:
        before = pair.back.get(node.path)
        if before is not None and before not in pair.matching.moved:
            found += [((place[node.path], 0), edit) for edit in _both(pair, pair.a[before], node, wiring, memo)]
    return [edit for _, edit in sorted(found, key=lambda item: item[0])]


def _alone(
    graph: Graph, matched: Collection[str], costs: Mapping[str, NodeCost], kind: Literal["added", "removed"]
) -> Iterator[tuple[str, Edit]]:
    """The largest unmatched blocks and ops, each with the path of its first node."""
    for item in _largest(tree(graph), matched):
        if isinstance(item, Node):
            nodes, subject, path, called = [item], item.op.name, item.path, call(item.op, hide=TRAINING)
        else:
            nodes, instance = [*item.nodes()], item.instance
            subject, path = instance.block, instance.path
            called = instance.call or words(" -> ".join(dict.fromkeys(node.op.name for node in nodes)))
        total = NodeCost.sum(costs[node.path] for node in nodes)
        if kind == "added":
            edit = Edit(kind, subject, None, path, new=called, delta=Delta.between(NodeCost(), total), nodes=len(nodes))
        else:
            edit = Edit(kind, subject, path, None, old=called, delta=Delta.between(total, NodeCost()), nodes=len(nodes))
        yield nodes[0].path, edit


def _moved(pair: Pair) -> Iterator[tuple[str, Edit]]:
    """The largest blocks and ops that moved, with their new predecessors."""
    stayed = {theirs for ours, theirs in pair.matching.nodes.items() if ours not in pair.matching.moved}
    back = {theirs: ours for ours, theirs in pair.matching.instances.items()}
    for item in _largest(tree(pair.b), stayed):
        nodes = [node for node in ([item] if isinstance(item, Node) else item.nodes()) if node.path in pair.back]
        if not nodes:
            continue  # added
        first, was = nodes[0], pair.a[pair.back[nodes[0].path]]
        subject, before, after = first.op.name, was.path, first.path
        if isinstance(item, Branch) and item.index in back:
            subject, before, after = item.instance.block, pair.a.instances[back[item.index]].path, item.instance.path
        delta = Delta.sum(pair.delta(pair.a[pair.back[node.path]], node) for node in nodes)
        old, new = _paths(was), _paths(first)
        yield first.path, Edit("moved", subject, before, after, old=old, new=new, delta=delta, nodes=len(nodes))


def _largest(root: Branch, others: Collection[str]) -> Iterator[Branch | Node]:
    """The largest subtrees without any of the other nodes."""
    free: dict[int, bool] = {}

    def survey(item: Branch) -> bool:
        parts = [survey(child) if isinstance(child, Branch) else child.path not in others for child in item.children]
        free[item.index] = all(parts)
        return free[item.index]

    def visit(item: Branch) -> Iterator[Branch | Node]:
        for child in item.children:
            if isinstance(child, Node):
                if child.path not in others:
                    yield child
            elif free[child.index]:
                yield child
            else:
                yield from visit(child)

    survey(root)
    yield from visit(root)


def _both(pair: Pair, a: Node, b: Node, wiring: _Wiring, memo: dict[tuple[Any, ...], list[Edit]]) -> list[Edit]:
    """The edits between two matched nodes."""
    total = pair.delta(a, b)
    ins, outs = pair.a.input_shapes(a), pair.b.input_shapes(b)
    key = (a.op, b.op, ins, outs, a.layer == a.path, b.layer == b.path)
    if key not in memo:
        memo[key] = _arguments(a, b, ins, outs, total)
    found = [replace(edit, before=a.path, after=b.path) for edit in memo[key]]
    own = bool(found)
    base = Edit("rewired", b.op.name, a.path, b.path)
    if a.float32 != b.float32:
        old, new = (words("float32" if node.float32 else "the policy's") for node in (a, b))
        found.append(replace(base, kind="changed", attribute="precision", old=old, new=new))
    if (wires := wiring.changed(a, b)) is not None:
        found.append(replace(base, old=wires[0], new=wires[1]))
    homes = owner(pair.a, a), owner(pair.b, b)
    if (homes[0] == a.path) != (homes[1] == b.path) or pair.matching.nodes.get(homes[0]) != homes[1]:
        old, new = (words(home if home != node.path else "its own") for home, node in zip(homes, (a, b), strict=True))
        found.append(replace(base, kind="changed", attribute="weights", old=old, new=new))
    rest = total - Delta.sum(edit.delta for edit in found)
    if rest and found and not own:  # nothing of the op itself changed: other wiring or weights are what costs
        found[-1] = replace(found[-1], delta=found[-1].delta + rest)
    elif rest or (not found and a.shape != b.shape):
        found.append(replace(base, kind="follows", old=as_value(a.shape), new=as_value(b.shape), delta=rest))
    return found


def _arguments(a: Node, b: Node, ins: tuple[Shape, ...], outs: tuple[Shape, ...], total: Delta) -> list[Edit]:
    """The argument edits between two ops with the cost of each, which sum to ``total``.

    Or less: the rest is what other inputs alone cost.
    """
    base = Edit("changed", b.op.name, a.path, b.path)
    if type(a.op) is not type(b.op):
        old, new = (call(node.op, hide=TRAINING) for node in (a, b))
        return [replace(base, kind="replaced", old=old, new=new, delta=total)]
    names = [n for n in type(a.op).model_fields if argument(a.op, n) != argument(b.op, n)]
    names = [n for n in names if getattr(a.op, n) != getattr(b.op, n)]  # "same" pads more for a larger kernel
    if "pad" in names and same_padding(a.op, b.op, ins, outs):
        names.remove("pad")
    names.sort(key=lambda name: not _shapes(a.op, b.op, name, outs))
    found, spent, op = [], _anyway(a, b, ins, outs), a.op
    for name in names:
        # From the first op to the second, one argument after the other: what each step costs depends on the order, but
        # not what all cost. Where a step between fits no input, its cost goes to the next one.
        op = op.model_copy(update={name: getattr(b.op, name)})
        so_far = total if name == names[-1] else _so_far(a, op, ins, outs, spent, owns=b.layer == b.path)
        was, now = (as_value(getattr(node.op, name)) for node in (a, b))
        found.append(replace(base, attribute=name, old=was, new=now, delta=so_far - spent))
        spent = so_far
    return found


def _anyway(a: Node, b: Node, ins: tuple[Shape, ...], outs: tuple[Shape, ...]) -> Delta:
    """The cost of changed inputs alone, for each figure to which the arguments add equally for all inputs.

    Twice as wide, attention costs more, and no number of heads changes that. A kernel does cost more the more channels
    there are: what both make together is the change's.
    """
    owns = b.layer == b.path
    if ins == outs or owns != (a.layer == a.path):
        return Delta()
    before, after = share_of(a.op, ins, a.shape, owns=owns), share_of(b.op, outs, b.shape, owns=owns)
    changed_first, changed_last = _fitting(b.op, ins, owns=owns), _fitting(a.op, outs, owns=owns)
    found = []
    if changed_first is not None:
        found.append(Delta.between(changed_first, after))
    if changed_last is not None:
        found.append(Delta.between(before, changed_last))
    if not found:
        return Delta()
    one, other = found[0], found[-1]  # of one alone nothing says otherwise
    return Delta(
        one.params if one.params == other.params else 0,
        one.trainable if one.trainable == other.trainable else 0,
        one.macs if one.macs == other.macs else 0,
    )


def _fitting(op: Op, inputs: tuple[Shape, ...], *, owns: bool) -> NodeCost | None:
    try:
        return share_of(op, inputs, op.shape(*inputs), owns=owns)
    except (Misfit, ArithmeticError):
        return None


def _so_far(a: Node, op: Op, ins: tuple[Shape, ...], outs: tuple[Shape, ...], spent: Delta, *, owns: bool) -> Delta:
    after = _fitting(op, outs, owns=owns)
    return spent if after is None else Delta.between(share_of(a.op, ins, a.shape, owns=a.layer == a.path), after)


def _shapes(a: Op, b: Op, name: str, inputs: tuple[Shape, ...]) -> bool:
    """Whether the argument alone changes the output's shape."""
    try:
        return a.shape(*inputs) != a.model_copy(update={name: getattr(b, name)}).shape(*inputs)
    except (Misfit, ArithmeticError):
        return True


class _Wiring:
    """Compares the inputs of matched nodes, looking through nodes that were inserted or removed."""

    def __init__(self, pair: Pair) -> None:
        nodes = {ours: theirs for ours, theirs in pair.matching.nodes.items() if ours not in pair.matching.moved}
        nodes |= {x.name: y.name for x, y in zip(pair.a.inputs, pair.b.inputs, strict=False)}
        self._a = _Sources(pair.a, {ours: number for number, ours in enumerate(nodes)})
        self._b = _Sources(pair.b, {theirs: number for number, theirs in enumerate(nodes.values())})

    def changed(self, a: Node, b: Node) -> tuple[Value, Value] | None:
        """The inputs before and after, or ``None`` if they match."""
        ours, theirs = [self._a.of(name) for name in a.inputs], [self._b.of(name) for name in b.inputs]
        if commutes(a.op) or commutes(b.op):
            ours, theirs = [x for x in ours if x not in theirs], [y for y in theirs if y not in ours]
        if len(ours) == len(theirs) and all(x & y or not (x or y) for x, y in zip(ours, theirs, strict=True)):
            return None
        return _paths(a), _paths(b)


def _paths(node: Node) -> Value:
    """The paths of the inputs as text."""
    return words(", ".join(node.inputs))


class _Sources:
    """The nearest matched values that each value depends on, as a bit set; a matched value is its own.

    Sets would take the square of what a long chain of unmatched sums holds; bits take a hundredth of that.
    """

    def __init__(self, graph: Graph, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._found = {port.name: 0 for port in graph.inputs}
        for node in graph.nodes:
            if node.path not in numbers:
                self._found[node.path] = reduce(or_, map(self.of, node.inputs), 0)

    def of(self, name: str) -> int:
        number = self._numbers.get(name)
        return self._found[name] if number is None else 1 << number
