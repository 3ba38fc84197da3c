"""The summary as JSON, versioned like an API."""

from __future__ import annotations

import json
from typing import Any, Final

from archdsl.graph.dims import Dim, Shape
from archdsl.graph.model import Port
from archdsl.passes.cost import NodeCost
from archdsl.summary.model import Row, Summary

SCHEMA: Final = "archdsl-summary"
VERSION: Final = 1


def to_json(summary: Summary, *, indent: int | None = 2) -> str:
    """The totals, then ``tree`` with the same figures for every instance and op.

    ``input`` and ``output`` are as a signature writes them: the shape where there is one, else shapes by name. What
    depends on a dimension left open is a string such as ``"9408*h*w/4"``; all other figures are integers.
    """
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "model": summary.model,
        "input": _ports(summary.inputs),
        "output": _ports(summary.outputs),
        **_figures(summary.total),
        "depth": summary.depth,
        "nodes": summary.root.nodes,
        "tree": _row(summary.root),
    }
    return json.dumps(document, indent=indent, ensure_ascii=False) + "\n"


def _row(row: Row) -> dict[str, Any]:
    members: dict[str, Any] = {"path": row.path, "kind": row.kind, "call": row.call, "shape": _shape(row.shape)}
    members |= _figures(row.cost)
    if row.weights_of:
        members["weights_of"] = row.weights_of
    if row.kind != "op":
        members |= {"nodes": row.nodes, "children": [_row(child) for child in row.children]}
    return members


def _figures(cost: NodeCost) -> dict[str, int | str]:
    return {
        "params": cost.params,
        "trainable": cost.trainable,
        "non_trainable": cost.non_trainable,
        "macs": _dim(cost.macs),
        "activations": _dim(cost.activations),
    }


def _ports(ports: tuple[Port, ...]) -> list[int | str] | dict[str, list[int | str]]:
    if len(ports) == 1:
        return _shape(ports[0].shape)
    return {port.name: _shape(port.shape) for port in ports}


def _shape(shape: Shape) -> list[int | str]:
    return [_dim(dim) for dim in shape]


def _dim(dim: Dim) -> int | str:
    return dim if isinstance(dim, int) else str(dim)
