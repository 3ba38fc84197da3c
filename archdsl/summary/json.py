"""The summary as JSON, versioned like an API."""

from __future__ import annotations

from typing import Any, Final

from archdsl.graph.dims import Shape
from archdsl.graph.model import Port
from archdsl.measures import MEASURES
from archdsl.passes.cost import NodeCost
from archdsl.passes.memory import Memory
from archdsl.passes.receptive import Field
from archdsl.summary.figures import plain
from archdsl.summary.forms import member
from archdsl.summary.rows import Row
from archdsl.summary.tables import Summary
from archdsl.tabular.json import document

SCHEMA: Final = "archdsl-summary"
VERSION: Final = 2


def to_json(summary: Summary, *, depth: int | None = None, indent: int | None = 2) -> str:
    """The totals, then ``tree`` with the same figures for every instance and op, ``depth`` levels of it.

    ``input`` and ``output`` are as a signature writes them: the shape where there is one, else shapes by name. What
    depends on a dimension left open is a string such as ``"9408*h*w/4"``; all other figures are integers, memory in
    bytes. docs/measures.md says what each figure counts.
    """
    estimate = summary.estimate
    members = {
        "model": summary.model,
        "input": _ports(summary.inputs),
        "output": _ports(summary.outputs),
        **({"sizes": [least._asdict() for least in summary.sizes]} if summary.sizes else {}),
        **({"opaque": summary.opaque} if summary.opaque else {}),
        **{measure.name: member(summary.figures[measure.name]) for measure in MEASURES},
        "receptive_field": _field(summary.field),
        "memory": {
            "batch": estimate.batch,
            "dtype": estimate.dtype,
            "inference": _memory(estimate.inference),
            "training": _memory(estimate.training),
        },
        "shares": [{"kind": share.kind, **_figures(share.cost), "nodes": share.nodes} for share in summary.shares],
        "tree": _row(summary.root, depth),
    }
    return document(SCHEMA, VERSION, indent=indent, **members)


def _row(row: Row, depth: int | None) -> dict[str, Any]:
    members: dict[str, Any] = {"path": row.path, "kind": row.kind, "call": str(row.call), "shape": _shape(row.shape)}
    if row.kind in ("stage", "group"):
        members["name"] = row.name
    members |= {measure.name: member(measure.of_part(row)) for measure in MEASURES if measure.of_part}
    members["receptive_field"] = _field(row.field)
    if row.count > 1:
        members["count"] = row.count
    if row.weights_of:
        members["weights_of"] = row.weights_of
    if row.float32:
        members["float32"] = True
    if row.kind != "op" and depth != 0:
        below = None if depth is None else depth - 1
        members["children"] = [_row(child, below) for child in row.children]
    return members


def _figures(cost: NodeCost) -> dict[str, int | str]:
    return {
        "params": cost.params,
        "trainable": cost.trainable,
        "non_trainable": cost.non_trainable,
        "macs": plain(cost.macs),
        "activations": plain(cost.activations),
    }


def _field(field: Field | None) -> dict[str, Any] | None:
    """``size`` and ``padding`` for each axis of the image; a stride that is no whole number is a string, ``"1/2"``."""
    if field is None or not field.axes:
        return None
    strides = (None if s is None else s.numerator if s.denominator == 1 else str(s) for s in field.stride)
    return {
        "size": list(field.size),
        "stride": list(strides),
        "padding": list(field.padding),
        "context": field.context,
    }


def _memory(memory: Memory) -> dict[str, int | str]:
    return {
        "total": plain(memory.total),
        "activations": plain(memory.activations),
        "at": memory.at,
        "weights": memory.weights,
        "gradients": memory.gradients,
        "optimizer": memory.optimizer,
    }


def _ports(ports: tuple[Port, ...]) -> list[int | str] | dict[str, list[int | str]]:
    if len(ports) == 1:
        return _shape(ports[0].shape)
    return {port.name: _shape(port.shape) for port in ports}


def _shape(shape: Shape) -> list[int | str]:
    return [plain(dim) for dim in shape]
