"""The summary as a table of any format: which rows, what each is called, and the totals below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archdsl.graph.dims import Dim, show
from archdsl.graph.model import Port
from archdsl.passes.memory import Memory
from archdsl.summary.columns import field_size, field_stride, megabytes
from archdsl.summary.figures import exact, human
from archdsl.summary.model import Row, Summary
from archdsl.summary.views import unnamed


def rows(root: Row, depth: int | None) -> Iterator[tuple[int, Row]]:
    """The rows below the model's with their depth, from 0; ``depth`` is how far the tree is opened."""
    for level, row in root.walk():
        if level and (depth is None or level <= depth):
            yield level - 1, row


def label(row: Row) -> str:
    """What a row is called: its name where it has one, the call, and how many share the row."""
    name = "" if unnamed(row) else row.name
    times = f" ×{row.count}" if row.count > 1 else ""
    shared = f" (weights of {row.weights_of})" if row.weights_of else ""
    return "  ".join(filter(None, (name, row.call))) + times + shared


def title(summary: Summary) -> str:
    """``ResNet50 :: [224, 224, 3] -> [1000]``."""
    return f"{summary.model} :: {_signature(summary.inputs)} -> {_signature(summary.outputs)}"


def _signature(ports: Sequence[Port]) -> str:
    if len(ports) == 1:
        return show(ports[0].shape)
    return f"({', '.join(f'{port.name}: {show(port.shape)}' for port in ports)})"


class Total(NamedTuple):
    """A line below the table: a figure to copy, and one to read."""

    name: str
    exact: str
    rounded: str = ""


def totals(summary: Summary) -> tuple[Total, ...]:
    """Of the whole model, for one example."""
    cost, field = summary.total, summary.field
    counts: tuple[tuple[str, Dim], ...] = (
        ("params", cost.params),
        ("trainable", cost.trainable),
        ("non-trainable", cost.non_trainable),
        ("MACs", cost.macs),
        ("activations", cost.activations),
    )
    return (
        *(Total(name, exact(count), human(count)) for name, count in counts),
        Total("depth", exact(summary.depth)),
        Total("nodes", exact(summary.root.nodes)),
        *([Total("receptive field", field_size(field), _around(field_stride(field), field.context))] if field else ()),
    )


def _around(stride: str, context: bool) -> str:
    return f"stride {stride}" + (", and gates or statistics of the whole map" if context else "")


def memories(summary: Summary) -> tuple[tuple[str, str], ...]:
    """What a batch needs in inference and in training, and of what that consists."""
    found = summary.estimate
    return (("inference", _consists(found.inference)), ("training", _consists(found.training)))


def _consists(memory: Memory) -> str:
    parts = {
        "activations": memory.activations,
        "weights": memory.weights,
        "gradients": memory.gradients,
        "Adam": memory.optimizer,
    }
    listed = " + ".join(f"{megabytes(size)} {name}" for name, size in parts.items() if size != 0)
    return f"{megabytes(memory.total)} = {listed}"


class Portion(NamedTuple):
    """A kind of op with its part of the parameters and of the multiply-adds, from 0 to 1 where it can be told."""

    kind: str
    params: int
    of_params: float
    macs: Dim
    of_macs: float | None


def portions(summary: Summary) -> tuple[Portion, ...]:
    """The kinds that have parameters or multiply-adds, the one with the most parameters first."""
    params, macs = summary.params, summary.macs
    return tuple(
        Portion(share.kind, share.cost.params, share.cost.params / params if params else 0.0, share.cost.macs, part)
        for share in summary.shares
        if share.cost.params or share.cost.macs != 0
        for part in [_part(share.cost.macs, macs)]
    )


def _part(macs: Dim, total: Dim) -> float | None:
    """``None`` where an open dimension decides."""
    if macs == total:
        return 1.0 if macs != 0 else 0.0
    return macs / total if isinstance(macs, int) and isinstance(total, int) else None
