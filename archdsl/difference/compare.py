"""The difference of two graphs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from archdsl.difference.edits import LEARNING, Pair, edits
from archdsl.difference.match import match
from archdsl.difference.model import ASPECTS, Aspect, Edit, Fact, Share, Side
from archdsl.difference.notes import sections
from archdsl.difference.text import Difference
from archdsl.graph.dims import show
from archdsl.graph.model import Graph, Port
from archdsl.ops.show import value
from archdsl.passes.cost import Cost


def compare(a: Graph, b: Graph, *, ignore: Collection[Aspect] = (), names: tuple[str, str] | None = None) -> Difference:
    """The difference of the second graph from the first.

    ``names`` tell models apart that are called the same, such as ``net.arch@HEAD`` and ``net.arch``.

    ``ignore`` leaves out arguments for ``"training"`` (initialisers, L2, momentum, dropout rates), ``"eps"`` of
    normalisations, ``"names"`` of layers, and the ``"facts"`` of `about`.

    >>> from archdsl.api import load
    >>> difference = compare(load("resnet50").graph, load("resnet50", classes=10).graph)
    >>> [(edit.after, edit.attribute, edit.old, edit.new) for edit in difference.edits]
    [('head', 'units', 1000, 10)]
    >>> bool(compare(load("resnet50").graph, load("ResNet50").graph))
    False
    """
    if isinstance(ignore, str) or not set(ASPECTS).issuperset(ignore):
        raise ValueError(f"ignore is a collection of {', '.join(ASPECTS)}, not {ignore!r}")
    pair = Pair(a, b, match(a, b))
    before, after = names if names is not None and a.name == b.name else (a.name, b.name)
    found = edits(pair)
    shown = [edit for edit in found if not _ignored(pair, edit, ignore)]
    return Difference(
        before=_side(a, pair.cost_a, before),
        after=_side(b, pair.cost_b, after),
        facts=tuple(_facts(pair, ignore)),
        edits=tuple(shown),
        sections=sections(pair, [edit for edit in shown if edit.kind != "follows"]),
        renamed=() if "names" in ignore else tuple(_names(pair)),
        ignored=len(found) - len(shown),
        common=len(pair.matching.nodes) / max(1, min(len(a), len(b))),
        kinds=tuple(_kinds(pair)),
    )


def _side(graph: Graph, costs: Cost, name: str) -> Side:
    return Side(name, graph.name, costs.total, costs.depth, len(graph))


def _ignored(pair: Pair, edit: Edit, ignore: Collection[Aspect]) -> bool:
    if edit.kind == "changed" and edit.attribute:
        if edit.attribute == "eps":
            return "eps" in ignore
        learning = edit.attribute in LEARNING or pair.b[edit.path].op.family == "regularisation"
        return learning and "training" in ignore
    return False


def _facts(pair: Pair, ignore: Collection[Aspect]) -> Iterator[Fact]:
    a, b = pair.a, pair.b
    yield from _ports("input", a.inputs, b.inputs)
    yield from _ports("output", a.outputs, b.outputs)
    if "facts" not in ignore:
        old, new = dict(a.about), dict(b.about)
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) != new.get(name):
                yield Fact("about", name, *(value(side[name]) if name in side else None for side in (old, new)))


def _ports(kind: Literal["input", "output"], a: tuple[Port, ...], b: tuple[Port, ...]) -> Iterator[Fact]:
    """Ports with different shapes, and those on one side only. Renamed ones do not count."""
    renamed = [(x, y) for x, y in zip(a, b, strict=False) if _renamed(x, y)]
    old = {port.name: show(port.shape) for port in a if not any(port is x for x, _ in renamed)}
    new = {port.name: show(port.shape) for port in b if not any(port is y for _, y in renamed)}
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield Fact(kind, name, old.get(name), new.get(name))


def _renamed(a: Port, b: Port) -> bool:
    return a.name != b.name and a.shape == b.shape


def _names(pair: Pair) -> Iterator[tuple[str, str]]:
    """Renamed inputs, outputs and ops."""
    for ours, theirs in ((pair.a.inputs, pair.b.inputs), (pair.a.outputs, pair.b.outputs)):
        yield from ((x.name, y.name) for x, y in zip(ours, theirs, strict=False) if _renamed(x, y))
    yield from ((x, y) for x, y in pair.matching.nodes.items() if x != y and x not in pair.matching.moved)


def _kinds(pair: Pair) -> Iterator[Share]:
    """Kinds of ops by their weights in both models, and how often they occur."""
    found: dict[str, list[int]] = {}
    for side, (graph, costs) in enumerate(((pair.a, pair.cost_a.nodes), (pair.b, pair.cost_b.nodes))):
        for node in graph.nodes:
            row = found.setdefault(node.op.name, [0, 0, 0, 0])
            row[side] += 1
            row[2 + side] += costs[node.path].params
    for op, (a, b, params_a, params_b) in sorted(found.items(), key=lambda i: (-sum(i[1][2:]), -sum(i[1][:2]), i[0])):
        yield Share(op, (a, b), (params_a, params_b))
