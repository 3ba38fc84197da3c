"""Views of a summary's rows: with repeats folded, by stage, by block, by op."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, TypeVar

from archdsl.graph.dims import Shape, total
from archdsl.ops.call import NOTHING, SHORT, Call, words
from archdsl.passes.cost import NodeCost
from archdsl.summary.rows import Kind, Row

_Key = TypeVar("_Key", bound=Hashable)


def folded(row: Row) -> Row:
    """Merges runs of equal rows into one, ``Bottleneck(64) ×2``, with the figures of all of them.

    So columns add up. What an output sees of the input differs along a run: it is that of the last.
    """
    return _Folder().fold(row)


class _Folder:
    """Folds rows. Equal ones have one number, so that each is examined once, whatever its depth."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[object, ...], int] = {}
        self._known: dict[int, int] = {}
        """By the identity of a row that the tree holds."""

    def fold(self, row: Row) -> Row:
        if not row.children:
            return row
        children = []
        for _, run in groupby(row.children, key=self._likeness):
            alike = list(run)
            first = alike[0]
            last = self.fold(alike[-1])
            if len(alike) > 1:
                names = first.name if unnamed(first) else _range(first.name, last.name)
                last = replace(_times(last, len(alike)), name=names, path=first.path)
            children.append(last)
        return replace(row, children=tuple(children))

    def _likeness(self, row: Row) -> int:
        """A key that is equal for rows that can be merged: all except for names and receptive fields is the same."""
        known = self._known.get(id(row))
        if known is None:
            inside = tuple(map(self._likeness, row.children))
            key = (row.kind, row.call, row.shape, row.cost, row.weights_of, row.float32, inside)
            known = self._known[id(row)] = self._numbers.setdefault(key, len(self._numbers))
        return known


def _range(first: str, last: str) -> str:
    """
    >>> _range("blocks.1", "blocks.5"), _range("left", "right")
    ('blocks.1 … 5', 'left … right')
    """
    stem, dot, number = last.rpartition(".")
    return f"{first} … {number if first.startswith(stem + dot) and number.isdecimal() else last}"


def unnamed(row: Row) -> bool:
    """Whether the name is implied by the call. Of blocks that repeat, the number distinguishes them."""
    numbered = row.kind == "block" and row.name[-1:].isdecimal()
    return row.kind in ("op", "block") and not numbered and not row.named


def _times(row: Row, count: int, *, outer: bool = True) -> Row:
    return replace(
        row,
        cost=_multiplied(row.cost, count),
        memory=row.memory * count,
        nodes=row.nodes * count,
        count=row.count * count if outer else row.count,
        children=tuple(_times(child, count, outer=False) for child in row.children),
    )


def _multiplied(cost: NodeCost, count: int) -> NodeCost:
    trainable, non_trainable = cost.trainable * count, cost.non_trainable * count
    return NodeCost(trainable, non_trainable, cost.macs * count, cost.activations * count)


def by_stage(root: Row) -> Row:
    """The parts of the model, grouped into stages of one map size."""
    stages = []
    for size, run in groupby(_parts(_unwrapped(root)), key=lambda part: part.shape[:-1]):
        rows = tuple(run)
        made = ", ".join(row.call.text(SHORT) if unnamed(row) else row.name for row in rows)
        stages.append(_group(_size(size), words(made), "stage", rows, last=rows[-1]))
    return replace(root, children=tuple(stages))


def _parts(row: Row) -> Iterator[Row]:
    """The child rows, with those opened that span several stages, such as a loop over all of them.

    Two sizes are one stage still: that of its input, as far as its first layers keep it, and its own. A gate has none.
    """
    for child in row.children:
        inner = _unwrapped(child)
        sizes = {part.shape[:-1] for part in inner.children}
        if sum(any(dim != 1 for dim in size) for size in sizes) > 2:
            yield from _parts(inner)
        else:
            yield child


def _unwrapped(row: Row) -> Row:
    """The row, or the block if a model is a single call of it."""
    while len(row.children) == 1 and row.children[0].children:
        row = row.children[0]
    return row


def _size(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "no map"


def by_block(root: Row) -> Row:
    """The blocks that are called, with their counts; nested blocks count in their callers too."""
    calls = [row for _, row in root.walk() if row.kind == "block" and row.call]
    return replace(root, children=_gathered(calls))


def by_op(root: Row) -> Row:
    """The ops, by descending parameters; below each, its different calls."""
    ops = [row for _, row in root.walk() if row.kind == "op"]
    gathered = []
    for name, rows in _together(ops, key=lambda row: row.call.callee).items():
        group = _group(name, NOTHING, "group", _gathered(rows))
        gathered.append(replace(group, count=len(rows)))
    gathered.sort(key=lambda row: (-row.cost.params, -row.nodes))
    return replace(root, children=tuple(gathered))


def _gathered(rows: Iterable[Row]) -> tuple[Row, ...]:
    """One row for equal calls, wherever they are; it has an output if all have the same."""
    found = []
    for alike in _together(rows, key=lambda row: (str(row.call), row.float32)).values():
        shapes = {row.shape for row in alike}
        row = _group("", alike[0].call, alike[0].kind, alike)
        shape = shapes.pop() if len(shapes) == 1 else ()
        found.append(replace(row, shape=shape, count=len(alike), children=()))
    return tuple(found)


def _together(rows: Iterable[Row], key: Callable[[Row], _Key]) -> dict[_Key, list[Row]]:
    found: dict[_Key, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def _group(name: str, call: Call, kind: Kind, rows: Sequence[Row], *, last: Row | None = None) -> Row:
    return Row(
        name=name,
        named=True,
        path="",
        kind=kind,
        call=call,
        shape=last.shape if last else (),
        cost=NodeCost.sum(row.cost for row in rows),
        memory=total(row.memory for row in rows),
        nodes=sum(row.nodes for row in rows),
        field=last.field if last else None,
        float32=all(row.float32 for row in rows),
        children=tuple(rows),
    )


VIEWS: Final[Mapping[str, Callable[[Row], Row]]] = {
    "tree": lambda root: root,
    "stage": by_stage,
    "block": by_block,
    "op": by_op,
}
"""By the names of ``--by``; each takes the model's row and gives it other rows below."""
