"""What the page is given: the items of a graph with their figures and lines of source, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from archdsl.backends.html.items import Item, items
from archdsl.backends.html.overview import opened_to, overview
from archdsl.graph.dims import Dim, Shape
from archdsl.graph.model import Graph
from archdsl.passes.cost import NodeCost, cost

_EXACT: Final = 2**53
"""From here on not every integer is a number of JavaScript's, and figures become text."""


def to_data(graph: Graph, sources: Mapping[str, str], depth: int | None = None) -> dict[str, Any]:
    """What the page shows of a graph.

    ``items`` is the list that they refer to each other by, ``opened`` has the numbers of those that are unfolded at
    first (``depth`` blocks deep, or what tells most), and ``lines`` the lines of ``sources`` that they come from, by
    file and number. What is empty is left out.
    """
    costs = cost(graph)
    listed = items(graph, costs)
    return {
        "name": graph.name,
        "doc": graph.doc,
        "total": _figures(costs.total) | {"depth": costs.depth},
        "families": list(dict.fromkeys(item.family for item in listed if item.family)),
        "items": [_values(item) for item in listed],
        "opened": overview(listed) if depth is None else opened_to(listed, depth),
        "lines": _lines(listed, sources),
    }


def _values(item: Item) -> dict[str, Any]:
    origin = item.origin
    further = {
        "inputs": list(item.inputs),
        "block": item.block,
        "family": item.family,
        "doc": item.doc,
        "times": item.times,
        "layer": item.layer,
        "file": origin.file if origin else "",
        "line": origin.line if origin else 0,
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


def _lines(listed: tuple[Item, ...], sources: Mapping[str, str]) -> dict[str, dict[int, str]]:
    wanted: dict[str, set[int]] = {}
    for item in listed:
        if item.origin and item.origin.file in sources:
            wanted.setdefault(item.origin.file, set()).add(item.origin.line)
    lines = {file: sources[file].split("\n") for file in wanted}
    return {file: {n: lines[file][n - 1] for n in sorted(wanted[file]) if n <= len(lines[file])} for file in wanted}
