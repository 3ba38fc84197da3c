"""The data of a page: the items of a graph with their figures and source lines, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from archdsl.backends.html.items import Item, items
from archdsl.backends.html.places import Places
from archdsl.diagram.fold import folding
from archdsl.diagram.options import Options
from archdsl.graph.dims import Dim, Shape
from archdsl.graph.model import Graph
from archdsl.highlight import pieces
from archdsl.passes.cost import NodeCost, cost

_EXACT: Final = 2**53
"""Larger integers are not exact as JavaScript numbers, and become text."""


def to_data(graph: Graph, sources: Mapping[str, str], options: Options) -> dict[str, Any]:
    """The page's data of a graph.

    ``items`` is the list that they refer to each other by, ``opened`` has the numbers of those that are unfolded at
    first, ``spread`` those of repeats whose copies are all shown, and ``lines`` the lines of ``sources`` that the items
    come from, by file and number, in pieces with the kind of each; ``place`` of an item says where in its file it was
    written, as editors count. ``rise`` is the first on the way up of a model that
    goes down and up again, 0 if there is none. What is empty is left out.

    Raises:
        DiagramError: ``fold`` or ``unfold`` name what the graph does not have.
    """
    costs = cost(graph)
    whole = options.depth == "all"
    # The page holds repeats however deep one looks: there are no more levels than instances.
    folded = folding(graph, replace(options, depth=len(graph.instances)) if whole else options, costs)
    listed = items(graph, costs, folded.outline)
    places = Places(sources)
    spread = {n: item for n, item in enumerate(listed) if whole and item.kind == "repeat"}
    return {
        "name": graph.name,
        "doc": graph.doc,
        "total": _figures(costs.total) | {"depth": costs.depth},
        "families": list(dict.fromkeys(item.family for item in listed if item.family)),
        "items": [_values(item, places) for item in listed],
        "opened": [n for n, item in enumerate(listed) if item.part in folded.opened - {0} or n in spread],
        "spread": [*spread],
        "rise": next((n for n, item in enumerate(listed) if n and item.part == folded.rise), 0),
        "lines": _lines(listed, sources),
    }


def _values(item: Item, places: Places) -> dict[str, Any]:
    origin = item.origin
    further = {
        "brief": item.brief if item.brief != item.call else "",
        "inside": list(item.inside),
        "inputs": list(item.inputs),
        "block": item.block,
        "family": item.family,
        "doc": item.doc,
        "times": item.times,
        "layer": item.layer,
        "float32": item.float32,
        "file": origin.file if origin else "",
        "place": places.of(origin) if origin else (),
    }
    return {
        "kind": item.kind,
        "parent": item.parent,
        "path": item.path,
        "label": item.label,
        "call": item.call,
        "shape": _shape(item.shape),
        **_figures(item.cost),
        **{name: value for name, value in further.items() if value},
    }


def _figures(share: NodeCost) -> dict[str, int | str]:
    return {"params": _count(share.params), "trainable": _count(share.trainable), "macs": _count(share.macs)}


def _shape(shape: Shape) -> list[int | str]:
    return [_count(dim) for dim in shape]


def _count(count: Dim) -> int | str:
    return count if isinstance(count, int) and count < _EXACT else str(count)


def _lines(listed: Sequence[Item], sources: Mapping[str, str]) -> dict[str, dict[int, list[tuple[str, str]]]]:
    wanted: dict[str, set[int]] = {}
    for item in listed:
        if item.origin and item.origin.file in sources:
            wanted.setdefault(item.origin.file, set()).add(item.origin.line)
    return {file: _coloured(sources[file], wanted[file]) for file in wanted}


def _coloured(text: str, wanted: set[int]) -> dict[int, list[tuple[str, str]]]:
    """Lines of a text as highlighted pieces, by line number."""
    found: dict[int, list[tuple[str, str]]] = {number: [] for number in sorted(wanted)}
    line = 1
    for piece in pieces(text):
        for number, part in enumerate(piece.text.split("\n"), line):
            if part and number in found:
                found[number].append((piece.kind, part))
        line += piece.text.count("\n")
    return {number: parts for number, parts in found.items() if number <= line}
