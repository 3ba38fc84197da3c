"""Two matched graphs as a list of edits, whose costs sum to the difference of the totals, whatever was matched."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal

from archdsl.difference.match import Matching, commutes
from archdsl.difference.model import Delta, Edit
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Node
from archdsl.graph.tree import Branch, tree
from archdsl.ops.base import Misfit, Op, per_axis
from archdsl.ops.show import TRAINING, call, value
from archdsl.ops.sliding import pad_pairs, same_pads
from archdsl.passes.cost import NodeCost, cost

LEARNING: Final = frozenset({*TRAINING, "momentum"})
"""Arguments without which a trained model computes the same."""
_PER_AXIS: Final = frozenset({"k", "stride", "dilation", "size"})
"""Arguments that are one number for every dimension, or a list of them."""


@dataclass(frozen=True)
class Pair:
    """Two graphs, what they have in common, and what each node costs."""

    a: Graph
    b: Graph
    matching: Matching

    @cached_property
    def costs_a(self) -> Mapping[str, NodeCost]:
        return cost(self.a).nodes

    @cached_property
    def costs_b(self) -> Mapping[str, NodeCost]:
        return cost(self.b).nodes

    @cached_property
    def back(self) -> Mapping[str, str]:
        """From paths of the second graph to those of the first."""
        return {theirs: ours for ours, theirs in self.matching.nodes.items()}

    def delta(self, a: Node, b: Node) -> Delta:
        return Delta.between(self.costs_a[a.path], self.costs_b[b.path])


def edits(pair: Pair) -> list[Edit]:
    """Every edit in the order of the second graph; what was removed stands where it would stand now."""
    found: list[tuple[tuple[int, int], Edit]] = []
    place = {node.path: index for index, node in enumerate(pair.b.nodes)}
    last = -1
    spots: dict[str, tuple[int, int]] = {}
    for index, node in enumerate(pair.a.nodes):
        if (partner := pair.matching.nodes.get(node.path)) is not None and node.path not in pair.matching.moved:
            last = place[partner]
        spots[node.path] = (last, index + 1)
    found += [
        (spots[first], edit) for first, edit in _alone(pair.a, pair.matching.nodes.keys(), pair.costs_a, "removed")
    ]
    found += [((place[first], 0), edit) for first, edit in _alone(pair.b, pair.back.keys(), pair.costs_b, "added")]
    wiring = _Wiring(pair)
    memo: dict[tuple[Any, ...], list[Edit]] = {}
    for node in pair.b.nodes:
        if (before := pair.back.get(node.path)) is not None:
            found += [((place[node.path], 0), edit) for edit in _both(pair, pair.a[before], node, wiring, memo)]
    return [edit for _, edit in sorted(found, key=lambda item: item[0])]


def _alone(
    graph: Graph, matched: Collection[str], costs: Mapping[str, NodeCost], kind: Literal["added", "removed"]
) -> Iterator[tuple[str, Edit]]:
    """The largest blocks and ops without a partner, each with the path of its first node."""
    count: dict[int, list[int]] = {}

    def survey(item: Branch) -> tuple[int, int]:
        here = [0, 0]
        for child in item.children:
            held, paired = survey(child) if isinstance(child, Branch) else (1, child.path in matched)
            here[0] += held
            here[1] += paired
        count[item.index] = here
        return here[0], here[1]

    def visit(item: Branch) -> Iterator[tuple[str, Edit]]:
        for child in item.children:
            if isinstance(child, Branch):
                if count[child.index][1]:
                    yield from visit(child)
                    continue
                nodes = [*child.nodes()]
                subject, path, text = child.instance.block, child.instance.path, child.instance.call
                if child.instance.kind == "group":
                    text = " -> ".join(dict.fromkeys(node.op.name for node in nodes))
            elif child.path in matched:
                continue
            else:
                nodes, subject, path, text = [child], child.op.name, child.path, call(child.op, hide=TRAINING)
            total = NodeCost.sum(costs[node.path] for node in nodes)
            if kind == "added":
                delta = Delta.between(NodeCost(), total)
                edit = Edit(kind, subject, None, path, new=text, delta=delta, nodes=len(nodes))
            else:
                delta = Delta.between(total, NodeCost())
                edit = Edit(kind, subject, path, None, old=text, delta=delta, nodes=len(nodes))
            yield nodes[0].path, edit

    root = tree(graph)
    survey(root)
    yield from visit(root)


def _both(pair: Pair, a: Node, b: Node, wiring: _Wiring, memo: dict[tuple[Any, ...], list[Edit]]) -> list[Edit]:
    """What differs between two nodes that are one."""
    total = pair.delta(a, b)
    ins, outs = pair.a.input_shapes(a), pair.b.input_shapes(b)
    key = (a.op, b.op, ins, outs, a.layer == a.path, b.layer == b.path)
    if key not in memo:
        memo[key] = _arguments(a, b, ins, outs, total)
    found = [replace(edit, before=a.path, after=b.path) for edit in memo[key]]
    base = Edit("rewired", b.op.name, a.path, b.path)
    if a.path in pair.matching.moved:
        found.append(replace(base, kind="moved", old=a.path, new=b.path))
    elif (wires := wiring.changed(a, b)) is not None:
        found.append(replace(base, old=wires[0], new=wires[1]))
    if (a.layer == a.path) != (b.layer == b.path) or pair.matching.nodes.get(a.layer) != b.layer:
        old, new = (node.layer if node.layer != node.path else "its own" for node in (a, b))
        found.append(replace(base, kind="changed", attribute="weights", old=old, new=new))
    rest = total - Delta.sum(edit.delta for edit in found)
    if rest and found:  # a change of the op itself is what costs; where there is none, other wiring or weights
        found[-1] = replace(found[-1], delta=found[-1].delta + rest)
    elif not found and (rest or a.shape != b.shape):
        found.append(replace(base, kind="follows", old=str(list(a.shape)), new=str(list(b.shape)), delta=rest))
    return found


def _arguments(a: Node, b: Node, ins: tuple[Shape, ...], outs: tuple[Shape, ...], total: Delta) -> list[Edit]:
    """What differs between two ops, and what each change costs; together they cost ``total``."""
    base = Edit("changed", b.op.name, a.path, b.path)
    if type(a.op) is not type(b.op):
        old, new = (call(node.op, hide=TRAINING) for node in (a, b))
        return [replace(base, kind="replaced", old=old, new=new, delta=total)]
    names = [n for n in type(a.op).model_fields if _plain(a.op, n) != _plain(b.op, n)]
    if "pad" in names and _padding(a.op, ins) == _padding(b.op, outs) is not None:
        names.remove("pad")
    names.sort(key=lambda name: not _shapes(a.op, b.op, name, outs))
    found, spent, op = [], Delta(), a.op
    for name in names:
        # From the first op to the second, one argument after the other: what each step costs depends on the order, but
        # not what all cost. Where a step between fits no input, its cost goes to the next one.
        op = op.model_copy(update={name: getattr(b.op, name)})
        so_far = total if name == names[-1] else _so_far(a, op, ins, outs, spent, owns=b.layer == b.path)
        old, new = (value(getattr(node.op, name)) for node in (a, b))
        found.append(replace(base, attribute=name, old=old, new=new, delta=so_far - spent))
        spent = so_far
    return found


def _so_far(a: Node, op: Op, ins: tuple[Shape, ...], outs: tuple[Shape, ...], spent: Delta, *, owns: bool) -> Delta:
    try:
        return Delta.between(_cost(a.op, ins, owns=a.layer == a.path), _cost(op, outs, owns=owns))
    except (Misfit, ArithmeticError):
        return spent


def _cost(op: Op, inputs: tuple[Shape, ...], *, owns: bool) -> NodeCost:
    from math import prod

    weights = op.weights(*inputs) if owns else ()
    return NodeCost(
        trainable=sum(prod(weight.shape) for weight in weights if weight.trainable),
        non_trainable=sum(prod(weight.shape) for weight in weights if not weight.trainable),
        macs=op.macs(inputs, op.shape(*inputs)),
    )


def _shapes(a: Op, b: Op, name: str, inputs: tuple[Shape, ...]) -> bool:
    """Whether the argument alone changes the shape of the output."""
    try:
        return a.shape(*inputs) != a.model_copy(update={name: getattr(b, name)}).shape(*inputs)
    except (Misfit, ArithmeticError):
        return True


def _plain(op: Op, name: str) -> Any:
    """An argument in the one form that equal ones share: ``3`` for ``[3, 3]``."""
    given = getattr(op, name)
    if name == "stride" and given is None:
        return _plain(op, "k")  # how poolings take a stride that is not given
    if name in _PER_AXIS and isinstance(given, tuple) and len(set(given)) == 1:
        return given[0]
    return given


def _padding(op: Op, inputs: tuple[Shape, ...]) -> tuple[tuple[int, int], ...] | None:
    """How many zeros a convolution adds before and after, however its argument says it; ``None`` for other ops."""
    if op.family != "convolution" or not {"k", "stride", "pad", "dilation"} <= type(op).model_fields.keys():
        return None
    pad: Any = getattr(op, "pad")  # noqa: B009  # a field of some convolutions only
    spatial = inputs[0][:-1]
    if pad != "same":
        return pad_pairs(0 if pad == "valid" else pad, len(spatial))
    found = []
    ks, strides, dilations = (per_axis(getattr(op, name), len(spatial), name) for name in ("k", "stride", "dilation"))
    for size, k, stride, dilation in zip(spatial, ks, strides, dilations, strict=True):
        pads = same_pads(size, (k - 1) * dilation + 1, stride)
        if pads is None:
            return None
        found.append(pads)
    return tuple(found)


class _Wiring:
    """Whether two nodes take the same values, where what was put between or taken out is looked through."""

    def __init__(self, pair: Pair) -> None:
        self._nodes = {
            ours: theirs for ours, theirs in pair.matching.nodes.items() if ours not in pair.matching.moved
        } | {x.name: y.name for x, y in zip(pair.a.inputs, pair.b.inputs, strict=False)}
        self._a = _sources(pair.a, self._nodes.keys())
        self._b = _sources(pair.b, set(self._nodes.values()))

    def changed(self, a: Node, b: Node) -> tuple[str, str] | None:
        """The inputs before and after, or ``None`` when they are the same ones."""
        ours = [{self._nodes[name] for name in self._a[source]} for source in a.inputs]
        theirs = [set(self._b[source]) for source in b.inputs]
        if commutes(b.op):
            if set().union(*ours) == set().union(*theirs):
                return None
            ours, theirs = [set().union(*ours)], [set().union(*theirs)]
        if len(ours) == len(theirs) and all(x & y or not (x or y) for x, y in zip(ours, theirs, strict=True)):
            return None
        return ", ".join(a.inputs), ", ".join(b.inputs)


def _sources(graph: Graph, matched: Collection[str]) -> dict[str, frozenset[str]]:
    """For each value the nearest matched ones that it is made of: itself, if it is one."""
    found = {port.name: frozenset({port.name} & set(matched)) for port in graph.inputs}
    for node in graph.nodes:
        if node.path in matched:
            found[node.path] = frozenset({node.path})
        else:
            found[node.path] = frozenset().union(*(found[name] for name in node.inputs))
    return found
