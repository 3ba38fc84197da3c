"""A complete summary, and its tables: the rows of the tree, the totals, the memory, and the shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from archdsl import tabular
from archdsl.graph.dims import Dim, show
from archdsl.graph.model import Port
from archdsl.measures import MEASURES, MEMORY, RECEPTIVE_FIELD, Value
from archdsl.ops.call import SHORT
from archdsl.passes.cost import NodeCost
from archdsl.passes.memory import Memory
from archdsl.passes.receptive import Field
from archdsl.passes.sizes import Least
from archdsl.summary import columns as of
from archdsl.summary.columns import FIGURES, SPARE, USUAL
from archdsl.summary.figures import human, in_bytes
from archdsl.summary.forms import NOTHING, counted, rounded, seen, strided
from archdsl.summary.rows import Estimate, Row, Share
from archdsl.summary.views import folded, unnamed
from archdsl.tabular import Cell, Column, Format, Table
from archdsl.tabular import Row as Line


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """``root`` is the model; its cost is the total. ``depth`` counts layers with weights, as papers do."""

    model: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    depth: int
    root: Row
    shares: tuple[Share, ...]
    """By kind of op, the one with the most parameters first."""
    estimate: Estimate
    sizes: tuple[Least, ...]
    """What the sizes that are left open must be at least."""
    field: Field | None
    """The receptive field of the last map: the largest window that a node looks through."""
    opaque: int
    """Steps of which only the shapes are known, so that figures count their weights alone."""
    figures: Mapping[str, Value]
    """All measures of the model by their names; memory is for one example in float32."""

    def __hash__(self) -> int:
        return hash((self.model, self.inputs, self.outputs, self.depth, self.total))

    def __str__(self) -> str:
        return render(self)

    def __repr__(self) -> str:
        """``<Summary ResNet50 :: [224, 224, 3] -> [1000], 25.6 M params, 4.09 G MACs>``."""
        return f"<Summary {title(self)}, {human(self.params)} params, {human(self.macs)} MACs>"

    def _repr_html_(self) -> str:
        """For notebooks: the tree, which opens and closes, and the totals."""
        from archdsl.tabular.html import fragment

        shown = (tree(self, 1, None, folds=True), totals(self), memories(self), shares(self))
        return fragment([table for table in shown if table.rows])

    @property
    def total(self) -> NodeCost:
        return self.root.cost

    @property
    def params(self) -> int:
        """All weights, as Keras counts them."""
        return self.total.params

    @property
    def trainable(self) -> int:
        """Weights that training changes, as papers count them."""
        return self.total.trainable

    @property
    def macs(self) -> Dim:
        """Multiply-adds for one example."""
        return self.total.macs


def render(
    summary: Summary,
    format: Format = "text",
    *,
    depth: int | None = None,
    columns: Sequence[str] | None = None,
    room: int | None = None,
    colour: bool = False,
) -> str:
    """A table with a row for each instance and op, then the totals.

    ``depth`` is how far the tree is opened: 1 shows what the model itself is written of. HTML has all of it, to be
    opened by its reader. Siblings in a row that are alike share one row (``Bottleneck(64) ×2``), whose figures, like
    those below it, count all of them: columns add up. In CSV nothing is folded, and there are no totals but the model's
    own row. Without ``columns`` text has as many as fit into ``room`` cells.
    """
    if format == "csv":
        return tabular.render(records(summary, depth, columns), format="csv")
    shown = (tree(summary, depth, columns, folds=format == "html"), totals(summary), memories(summary), shares(summary))
    return tabular.render(*(table for table in shown if table.rows), format=format, room=room, colour=colour)


def tree(summary: Summary, depth: int | None, columns: Sequence[str] | None, *, folds: bool) -> Table:
    """The tree table: the model's inputs, and its parts with figures. If it ``folds``, ``depth`` levels are open."""
    figures = [FIGURES[name] for name in columns or USUAL]
    lines = [
        Line((Cell.words(port.name), *(_shape(port) if f.column == of.OUTPUT else NOTHING for f in figures)))
        for port in summary.inputs
    ]
    lines += [
        Line(
            (Cell(label(row, digits=SHORT), label(row)), *(figure.cell(row) for figure in figures)),
            level=level,
            is_quiet=row.kind == "op" and level > 0,
        )
        for level, row in rows(folded(summary.root), None if folds else depth)
    ]
    return Table(
        title(summary),
        (Column("part", "", "words"), *(figure.column for figure in figures)),
        tuple(lines),
        spare=() if columns else SPARE,
        opened=depth or 1,
    )


def records(summary: Summary, depth: int | None = None, columns: Sequence[str] | None = None) -> Table:
    """A record for the model and for each part: its place in the tree, what it is, and the figures."""
    figures = [FIGURES[name] for name in columns or USUAL]
    words = ("path", "name", "kind", "call")
    head = (Column("level", "level"), *(Column(name, name, "words") for name in words), Column("count", "count"))
    lines = [
        Line(
            (
                counted(level + 1),
                *map(Cell.words, (row.path, row.name, row.kind, str(row.call))),
                counted(row.count),
                *(figure.cell(row) for figure in figures),
            )
        )
        for level, row in [(-1, summary.root), *rows(summary.root, depth)]
    ]
    return Table(summary.model, (*head, *(figure.column for figure in figures)), tuple(lines))


def rows(root: Row, depth: int | None) -> Iterator[tuple[int, Row]]:
    """The rows below the model's with their depth, from 0, down to ``depth``."""
    for level, row in root.walk():
        if level and (depth is None or level <= depth):
            yield level - 1, row


def label(row: Row, digits: int | None = None) -> str:
    """The label of a row: its name, if it has one, the call, how many parts share the row, and annotations."""
    name = "" if unnamed(row) else row.name
    times = f" ×{row.count}" if row.count > 1 else ""
    shared = f" (weights of {row.weights_of})" if row.weights_of else ""
    precision = " (float32)" if row.float32 else ""
    return "  ".join(filter(None, (name, row.call.text(digits)))) + times + shared + precision


def title(summary: Summary) -> str:
    """``ResNet50 :: [224, 224, 3] -> [1000]``."""
    return f"{summary.model} :: {_signature(summary.inputs)} -> {_signature(summary.outputs)}"


def _signature(ports: Sequence[Port]) -> str:
    if len(ports) == 1:
        return show(ports[0].shape)
    return f"({', '.join(f'{port.name}: {show(port.shape)}' for port in ports)})"


def _shape(port: Port) -> Cell:
    return Cell.words(show(port.shape))


def totals(summary: Summary) -> Table:
    """The totals of the model for one example: exact figures to copy, next to rounded ones."""
    lines = []
    for measure in MEASURES:
        value = summary.figures[measure.name]
        if measure == MEMORY:  # the table of peaks has it
            continue
        if measure == RECEPTIVE_FIELD and summary.field is not None:
            lines.append(_total(measure.title, seen(summary.field.size), _around(summary.field)))
        elif isinstance(value, float):
            lines.append(_total(measure.title, Cell(f"{value:.4g}", value), ""))
        elif value is not None and not isinstance(value, tuple):
            read = in_bytes(value) if measure.unit == "bytes" else human(value)
            lines.append(_total(measure.title, counted(value), read))
    if summary.opaque:
        lines.append(_total("opaque steps", counted(summary.opaque), "what they compute is not known or counted"))
    if summary.sizes:
        lines.append(_total("proved for", Cell.words(", ".join(map(str, summary.sizes))), ""))
    return Table("", (Column("name", "", "words"), Column("total", ""), Column("rounded", "", "words")), tuple(lines))


def _around(field: Field) -> str:
    """The details of a receptive field."""
    beside = ", and gates or statistics of the whole map" if field.context else ""
    return f"stride {strided(field).text}{beside}"


def _total(name: str, figure: Cell, beside: str) -> Line:
    return Line((Cell.words(name), figure, Cell.words(f"({beside})" if beside not in ("", figure.text) else "")))


def memories(summary: Summary) -> Table:
    """The memory for a batch in inference and in training, by component."""
    found = summary.estimate
    return Table(
        f"memory of a batch of {found.batch} in {found.dtype}",
        (Column("of", "", "words"), Column("bytes", "", "words")),
        tuple(
            Line((Cell.words(name), Cell.words(_consists(memory))))
            for name, memory in (("inference", found.inference), ("training", found.training))
        ),
    )


def _consists(memory: Memory) -> str:
    parts = {
        "activations": memory.activations,
        "weights": memory.weights,
        "gradients": memory.gradients,
        "Adam": memory.optimizer,
    }
    listed = " + ".join(f"{in_bytes(size)} {name}" for name, size in parts.items() if size != 0)
    return f"{in_bytes(memory.total)} = {listed}"


def shares(summary: Summary) -> Table:
    """The shares of kinds of op in parameters and multiply-adds."""
    return Table(
        "",
        (
            Column("share", "share", "words"),
            of.PARAMS,
            Column("of_params", ""),
            Column("params_bar", "", "bar"),
            of.MACS,
            Column("of_macs", ""),
            Column("macs_bar", "", "bar"),
        ),
        tuple(
            Line(
                (
                    Cell.words(part.kind),
                    counted(part.params),
                    _percent(part.of_params),
                    Cell("", part.of_params),
                    rounded(part.macs),
                    _percent(part.of_macs),
                    Cell("", part.of_macs),
                )
            )
            for part in portions(summary)
        ),
        spare=("macs_bar", "params_bar"),
    )


def _percent(part: float | None) -> Cell:
    return Cell("" if part is None else f"{part:.1%}", part)


class Portion(NamedTuple):
    """A kind of op with its fractions of the parameters and of the multiply-adds, from 0 to 1 if they are known."""

    kind: str
    params: int
    of_params: float
    macs: Dim
    of_macs: float | None


def portions(summary: Summary) -> tuple[Portion, ...]:
    """The kinds with parameters or multiply-adds, by descending parameters."""
    params, macs = summary.params, summary.macs
    return tuple(
        Portion(share.kind, share.cost.params, share.cost.params / params if params else 0.0, share.cost.macs, part)
        for share in summary.shares
        if share.cost.params or share.cost.macs != 0
        for part in [_part(share.cost.macs, macs)]
    )


def _part(macs: Dim, total: Dim) -> float | None:
    """``None`` if an open dimension decides."""
    if macs == total:
        return 1.0 if macs != 0 else 0.0
    return macs / total if isinstance(macs, int) and isinstance(total, int) else None
