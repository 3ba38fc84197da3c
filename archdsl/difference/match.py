"""Matches the nodes of two graphs: first by name, then by similarity, then by their inputs and outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from math import log2
from typing import Final, TypeAlias, TypeVar

from archdsl.difference.align import align
from archdsl.difference.canon import canonical
from archdsl.graph.model import Graph, Node
from archdsl.graph.tree import Branch, local_name, tree
from archdsl.ops.base import Op
from archdsl.ops.show import call

T = TypeVar("T")

_ALIKE: Final = 0.4
"""The share of ops that two blocks need in common to be the same block, changed; half of it if the name is the same."""
_REGROUPED: Final = 0.5
"""The share of nodes that must find a partner for two passages to be one that is only divided into blocks otherwise."""


@dataclass(frozen=True, slots=True)
class Matching:
    """``nodes`` maps paths of the first graph to paths of the second, one to one; ``instances`` does so for indices.

    ``moved`` are those of the first graph's nodes whose partner does the same at another place.
    """

    nodes: Mapping[str, str]
    instances: Mapping[int, int]
    moved: frozenset[str] = frozenset()


def match(a: Graph, b: Graph) -> Matching:
    """The matching of two graphs.

    Graphs that compute the same are paired by what they compute, however they are written. Otherwise the trees of
    instances are aligned level by level: children that have a name in common, or are alike, keep their order and belong
    together. A passage that is divided into blocks in one and not in the other is compared without its blocks. What is
    left is paired when it does the same with the same, and last when it is the same at another place.

    The pairs are the same ones whichever graph comes first.
    """
    if (found := _equal(a, b)) is not None:
        return found
    if _rank(a) <= _rank(b):
        return _Matcher(a, b).match()
    found = _Matcher(b, a).match()
    nodes = {ours: theirs for theirs, ours in found.nodes.items()}
    instances = {ours: theirs for theirs, ours in found.instances.items()}
    return Matching(nodes, instances, frozenset(found.nodes[path] for path in found.moved))


def _rank(graph: Graph) -> tuple[object, ...]:
    """An order of graphs in which only identical ones are equal."""
    return len(graph), [(node.path, str(call(node.op)), node.inputs, node.instance) for node in graph.nodes]


def _equal(a: Graph, b: Graph) -> Matching | None:
    """The matching of two equivalent graphs, by value numbering, or ``None``."""
    if len(a) != len(b) or [p.shape for p in a.inputs] != [p.shape for p in b.inputs]:
        return None
    known: dict[Hashable, int] = {}
    ours, theirs = _computed(a, known), _computed(b, known)
    if [ours[port.node] for port in a.outputs] != [theirs[port.node] for port in b.outputs]:
        return None
    waiting: dict[int, list[str]] = {}
    for node in reversed(b.nodes):
        waiting.setdefault(theirs[node.path], []).append(node.path)
    pairs: dict[str, str] = {}
    for node in a.nodes:
        if not (same := waiting.get(ours[node.path])):
            return None
        pairs[node.path] = same.pop()
    return Matching(pairs, _homes(a, b, pairs))


def _computed(graph: Graph, known: dict[Hashable, int]) -> dict[str, int]:
    """A value number for each node: equal for the same op on the same values with the same weights."""
    found = {port.name: known.setdefault(("in", position), len(known)) for position, port in enumerate(graph.inputs)}
    kinds = _Kinds()
    for node in graph.nodes:
        inputs = [found[name] for name in node.inputs]
        home = owner(graph, node)
        shared = found[home] if home != node.path else None
        key = (kinds(node), tuple(sorted(inputs) if commutes(node.op) else inputs), shared)
        found[node.path] = known.setdefault(key, len(known))
    return found


def owner(graph: Graph, node: Node) -> str:
    """The path of the owner of a node's weights. A node without weights shares none, wherever it is."""
    is_shared = node.layer != node.path and bool(node.op.weights(*graph.input_shapes(node)))
    return node.layer if is_shared else node.path


class _Kinds:
    """Canonical forms of ops, cached by object: equal ops of an elaborated graph are one object."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Op, Hashable]] = {}

    def __call__(self, node: Node) -> Hashable:
        op = node.op
        known = self._known.get(id(op))
        if known is None:
            known = self._known[id(op)] = (op, canonical(op))
        return known[1], node.float32


def commutes(op: Op) -> bool:
    """Whether the op is commutative."""
    return op.name in ("add", "mul", "maximum", "minimum", "average")


def _homes(a: Graph, b: Graph, pairs: Mapping[str, str]) -> dict[int, int]:
    """The instances of both graphs with the same path, or that hold matched nodes."""
    theirs = {instance.path: index for index, instance in enumerate(b.instances)}
    found = {index: theirs[i.path] for index, i in enumerate(a.instances) if i.path in theirs}
    taken = set(found.values())
    for node in a.nodes:
        here, there = node.instance, b[pairs[node.path]].instance
        if here not in found and there not in taken:
            found[here] = there
            taken.add(there)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """An op or instance as a child of another."""

    item: Branch | Node
    name: str
    called: str
    """The op's or block's name."""
    given: bool
    """Whether the writer chose the name."""
    loose: bool
    """Whether it is a group, which is held together by its name alone."""
    digest: int
    """Equal for parts that hold equal ops in equal nesting, whatever their names."""
    size: int


_Parts: TypeAlias = Sequence[_Part]


class _Matcher:
    def __init__(self, a: Graph, b: Graph) -> None:
        self._a, self._b = a, b
        self._nodes: dict[str, str] = {}
        self._instances: dict[int, int] = {0: 0}
        self._kinds = _Kinds()
        self._digests: dict[Hashable, int] = {}
        self._bags: dict[int, tuple[Counter[str], Counter[int]]] = {}
        """The ops that a part holds, by name and with their arguments, by the part's digest."""
        self._parts: dict[int, tuple[_Part, ...]] = {}
        """The children of a branch, by its identity."""
        self._scores: dict[tuple[object, ...], float] = {}

    def match(self) -> Matching:
        roots = [self._part(tree(graph), "") for graph in (self._a, self._b)]
        self._align(*(self._children(root) for root in roots))
        self._follow_flows()
        self._follow_flows_back()
        moved = self._find_moved(*roots)
        return Matching(self._nodes, self._instances, frozenset(moved))

    # --- what is compared -------------------------------------------------------------------------------------------

    def _part(self, item: Branch | Node, above: str) -> _Part:
        if isinstance(item, Node):
            digest = self._digests.setdefault(self._kinds(item), len(self._digests))
            self._bags.setdefault(digest, (Counter({item.op.name: 1}), Counter({digest: 1})))
            name = local_name(item.path, above)
            return _Part(item, name, item.op.name, item.named, False, digest, 1)
        instance = item.instance
        children = tuple(self._part(child, instance.path) for child in item.children)
        self._parts[id(item)] = children
        digest = self._digests.setdefault(tuple(child.digest for child in children), len(self._digests))
        if digest not in self._bags:
            names, ops = Counter[str](), Counter[int]()
            for child in children:
                names.update(self._bags[child.digest][0])
                ops.update(self._bags[child.digest][1])
            self._bags[digest] = (names, ops)
        name = local_name(instance.path, above)
        loose = instance.kind == "group"
        return _Part(item, name, instance.block, instance.named, loose, digest, sum(child.size for child in children))

    def _children(self, part: _Part) -> tuple[_Part, ...]:
        return self._parts[id(part.item)] if isinstance(part.item, Branch) else ()

    def _score(self, x: _Part, y: _Part) -> float:
        """The similarity of two parts; 0 if it is not enough for a match."""
        key = (x.digest, y.digest, x.name == y.name, x.given and y.given, x.called == y.called, x.loose == y.loose)
        if key not in self._scores:
            self._scores[key] = self._likeness(x, y)
        return self._scores[key]

    def _likeness(self, x: _Part, y: _Part) -> float:
        if isinstance(x.item, Node) != isinstance(y.item, Node):
            return 0.0
        named = x.name == y.name
        bonus = (1.0 if x.given and y.given else 0.25) if named else 0.0
        if isinstance(x.item, Node) and isinstance(y.item, Node):
            bonus = (
                bonus if x.given and y.given else 0.0
            )  # that one is the second of its kind does not make it the same
            if x.called == y.called:
                return 1.0 + (x.digest == y.digest) + bonus
            kin = x.item.op.family == y.item.op.family and x.item.op.family in _EXCHANGED
            return 0.5 + bonus if kin else 0.25 if named and x.given else 0.0
        if x.loose != y.loose and not named:
            return 0.0  # a group is no block, but may hold one
        weight = 1.0 + log2(1 + min(x.size, y.size))
        if x.digest == y.digest:
            return weight * (2.0 + bonus)
        (names, ops), (other_names, other_ops) = self._bags[x.digest], self._bags[y.digest]
        alike = (_overlap(names, other_names) + _overlap(ops, other_ops)) / 2
        same = named or x.called == y.called
        if alike < (_ALIKE / 2 if same else _ALIKE):
            return 0.0
        return weight * (alike + 0.5 * (x.called == y.called) + bonus)

    # --- the tree ---------------------------------------------------------------------------------------------------

    def _align(self, ours: _Parts, theirs: _Parts) -> None:
        mine, yours = _lonely(ours, theirs), _lonely(theirs, ours)
        if mine and not yours:
            ours = [part for each in ours for part in (self._children(each) if id(each) in mine else [each])]
        elif yours and not mine:
            theirs = [part for each in theirs for part in (self._children(each) if id(each) in yours else [each])]
        pairs = align(ours, theirs, self._score, lambda part: (part.digest, part.name))
        i = j = 0
        for p, q in (*pairs, (len(ours), len(theirs))):
            self._regroup(ours[i:p], theirs[j:q])
            i, j = p + 1, q + 1
        for p, q in pairs:
            self._pair(ours[p], theirs[q])

    def _pair(self, x: _Part, y: _Part) -> None:
        if isinstance(x.item, Node) and isinstance(y.item, Node):
            self._nodes[x.item.path] = y.item.path
        elif isinstance(x.item, Branch) and isinstance(y.item, Branch):
            self._instances[x.item.index] = y.item.index
            self._align(self._children(x), self._children(y))

    def _regroup(self, ours: _Parts, theirs: _Parts) -> None:
        """Matches the rest without their enclosing blocks, which may be divided differently."""
        divided = [any(isinstance(part.item, Branch) for part in parts) for parts in (ours, theirs)]
        if not ours or not theirs or not any(divided):
            return
        nodes, instances = self._nodes, self._instances
        self._nodes, self._instances = {}, {}
        whole = not all(divided)  # one side has no blocks at all: neither has the other, then
        self._align([*self._opened(ours, whole)], [*self._opened(theirs, whole)])
        smaller = min(sum(part.size for part in parts) for parts in (ours, theirs))
        if len(self._nodes) >= _REGROUPED * smaller:
            nodes |= self._nodes
            instances |= self._instances
        self._nodes, self._instances = nodes, instances

    def _opened(self, parts: _Parts, whole: bool) -> Iterator[_Part]:
        for part in parts:
            if not isinstance(part.item, Branch):
                yield part
            elif whole:
                yield from self._opened(self._children(part), whole)
            else:
                yield from self._children(part)

    # --- the flow ---------------------------------------------------------------------------------------------------

    def _follow_flows(self) -> None:
        """Matches unmatched nodes that do the same to the same inputs, such as an activation moved out of a block."""
        partners = self._nodes | {x.name: y.name for x, y in zip(self._a.inputs, self._b.inputs, strict=False)}
        taken = set(self._nodes.values())
        waiting: dict[Hashable, list[str]] = {}
        for node in reversed(self._b.nodes):
            if node.path not in taken:
                waiting.setdefault((self._kinds(node), node.inputs), []).append(node.path)
        for node in self._a.nodes:
            if node.path not in partners:
                inputs = tuple(partners.get(name, "") for name in node.inputs)
                if same := waiting.get((self._kinds(node), inputs)):
                    self._nodes[node.path] = partners[node.path] = same.pop()

    def _follow_flows_back(self) -> None:
        """Matches unmatched nodes that do the same for the same users."""
        taken = set(self._nodes.values())
        ours, theirs = _uses(self._a), _uses(self._b)
        waiting: dict[Hashable, list[str]] = {}
        for node in self._b.nodes:
            if node.path not in taken and (uses := theirs.get(node.path)):
                waiting.setdefault((self._kinds(node), frozenset(uses)), []).append(node.path)
        for node in reversed(self._a.nodes):
            if node.path not in self._nodes and (mine := ours.get(node.path)):
                uses = {(self._nodes.get(user, ""), place) for user, place in mine}
                if same := waiting.get((self._kinds(node), frozenset(uses))):
                    self._nodes[node.path] = same.pop()

    # --- what moved -------------------------------------------------------------------------------------------------

    def _find_moved(self, ours: _Part, theirs: _Part) -> set[str]:
        """Matches unmatched equal blocks at different places, and unmatched equal ops in the same block."""
        taken = set(self._nodes.values())
        waiting: dict[Hashable, list[_Part]] = {}
        for part, home in self._left(theirs, taken, 0):
            waiting.setdefault((part.digest, home if part.size == 1 else None), []).append(part)
        for parts in waiting.values():
            parts.reverse()
        moved: set[str] = set()
        for part, home in self._left(ours, set(self._nodes), 0):  # as it is now: pairs are added below
            key = (part.digest, self._instances.get(home, -1) if part.size == 1 else None)
            if same := waiting.get(key):
                before = len(self._nodes)
                self._pair(part, same.pop())
                moved.update(islice(self._nodes, before, None))  # none of them had a partner, so that they come last
        return moved

    def _left(self, part: _Part, taken: Set[str], home: int) -> Iterator[tuple[_Part, int]]:
        """The largest subtrees without a matched node, each with its parent instance."""
        item = part.item
        paths = (item.path,) if isinstance(item, Node) else (node.path for node in item.nodes())
        if taken.isdisjoint(paths):
            yield part, home
        elif isinstance(item, Branch):
            for child in self._children(part):
                yield from self._left(child, taken, item.index)


_EXCHANGED: Final = frozenset({"activation", "normalisation", "pooling", "regularisation", "joining", "convolution"})
"""Families of which one op takes another's place: GELU that of ReLU."""


def _lonely(parts: _Parts, others: _Parts) -> set[int]:
    """Groups whose name does not exist on the other side, where their contents may be ungrouped."""
    names = {part.name for part in others}
    return {id(part) for part in parts if part.loose and part.name not in names}


def _overlap(one: Counter[T], other: Counter[T]) -> float:
    """Dice's coefficient of two multisets: twice the size of the intersection over the sum of sizes."""
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def _uses(graph: Graph) -> dict[str, set[tuple[str, int]]]:
    found: dict[str, set[tuple[str, int]]] = {}
    for node in graph.nodes:
        for place, name in enumerate(node.inputs):
            found.setdefault(name, set()).add((node.path, place))
    return found
