"""Where each array of a graph is in a PyTorch checkpoint: name, slice and axis order."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import prod
from operator import mul
from typing import Any, TypeAlias, TypedDict

from archdsl.graph.model import Graph
from archdsl.ops.base import Weight
from archdsl.resources import directory
from archdsl.weights.arrays import WeightsError
from archdsl.weights.names import expected
from archdsl.weights.published.names import NameMap, sources

Shapes: TypeAlias = Mapping[str, Sequence[int]]
"""Of the arrays of a checkpoint, by their names."""

_Layout = TypedDict(
    "_Layout", {"from": str, "part": list[int], "by_head": bool, "axes": list[int], "shape": list[int]}, total=False
)


@dataclass(frozen=True, slots=True)
class Piece:
    """An array of a graph as a slice of a published one."""

    name: str
    """Of the published array."""
    part: int
    parts: int
    """Equal ones along the first axis, or along each head's share of it."""
    heads: int
    axes: tuple[int, ...]
    """Their order in the graph."""
    shape: tuple[int, ...]
    """Of the array in the graph."""

    def of(self, array: Any) -> Any:
        """The values, from the published array, both NumPy arrays.

        >>> import numpy as np
        >>> second = Piece("fc1", part=1, parts=2, heads=1, axes=(1, 0), shape=(3, 1))
        >>> second.of(np.array([[1, 2, 3], [4, 5, 6]])).tolist()
        [[4], [5], [6]]
        """
        if self.parts == 1:
            return array.transpose(self.axes).reshape(self.shape)
        by_head = array.reshape(self.heads, self.parts, -1, *array.shape[1:])
        own = by_head[:, self.part].reshape(-1, *array.shape[1:])
        return own.transpose(self.axes).reshape(self.shape)


def pieces(graph: Graph, names: NameMap, shapes: Shapes) -> dict[str, Piece]:
    """The place of each array of the graph, by the keys of ``expected``: a bijection.

    Raises:
        WeightsError: an array of the graph has no place or one of another size, or something of the checkpoint is used
            twice or left over.
    """
    return _pieces(graph, expected(graph), names, shapes)


@dataclass(frozen=True, slots=True)
class Stored:
    """The layout of a graph's array in a source, independent of a checkpoint: the first possible one."""

    key: str
    """Below the name that the table has for the node."""
    axes: tuple[int, ...]
    """Their order in the graph; empty if it is the same."""
    by_head: bool
    """Whether it is a part of each head's share."""
    shape: tuple[int, ...]
    """With -1 for what it has of numbers; empty if it is that of the array."""


def stored(names: NameMap, path: str, op: str) -> dict[str, Stored]:
    """The layouts of an op's arrays in a source, where there are several, by the op's names of the arrays.

    Those that no weight of an op is made of, and that the source keeps all the same, are among them.
    """
    found = {}
    for array, layouts in _table().get(names.layout(path, op), {}).items():
        first = layouts[0] if isinstance(layouts, list) else layouts
        axes, shape = first.get("axes", ()), first.get("shape", ())
        found[array] = Stored(first["from"], tuple(axes), first.get("by_head", False), tuple(shape))
    return found


def find(graph: Graph, shapes: Shapes, spare: Collection[str] = ()) -> tuple[tuple[str, str], dict[str, Piece]]:
    """The table that maps all arrays of these names and shapes to the graph's, by family and source, with the pieces.

    Arrays that are ``spare`` may be left over.

    Raises:
        WeightsError: no table does, with the reason of each that has a name for every node, or several do and disagree.
    """
    wanted = expected(graph)
    owners = {key.partition("/")[0] for key in wanted}
    found: dict[tuple[str, str], dict[str, Piece]] = {}
    reasons: list[str] = []
    for source, names in sources().items():
        try:
            found[source] = _pieces(graph, wanted, names, shapes, spare)
        except WeightsError as error:
            if names.names_all(owners):
                reasons.append(f"as {' of '.join(reversed(source))}: {error}")
    if not found:
        lines = "".join(f"\n  {reason}" for reason in reasons)
        raise WeightsError(f"no table of names makes these the arrays of {graph.name}{':' if lines else ''}{lines}")
    names_of, pieces_of = next(iter(found.items()))
    if any(each != pieces_of for each in found.values()):
        raise WeightsError(f"tables of names disagree on the arrays of {graph.name}: {', '.join(map(str, found))}")
    return names_of, pieces_of


def closest(graph: Graph, shapes: Shapes) -> dict[str, Piece]:
    """The pieces of the table that matches most arrays of a graph, whatever their sizes; others may be missing.

    For a model that is not quite that of the checkpoint, of which arrays may be left over. A piece of another size has
    the shape that it has there, in the graph's order of axes.
    """
    wanted = expected(graph)
    found = (_some(graph, wanted, names, shapes) for names in sources().values())
    return max(found, key=len, default={})


def _some(graph: Graph, wanted: Mapping[str, Weight], names: NameMap, shapes: Shapes) -> dict[str, Piece]:
    """The pieces that a table finds, without duplicates."""
    found: dict[str, Piece] = {}
    used = set[tuple[str, int]]()
    for key, weight in wanted.items():
        try:
            piece = _one(graph, key, weight, names, shapes, exact=False)
        except WeightsError:
            continue
        if (piece.name, piece.part) not in used:
            used.add((piece.name, piece.part))
            found[key] = piece
    return found


def _pieces(
    graph: Graph, wanted: Mapping[str, Weight], names: NameMap, shapes: Shapes, spare: Collection[str] = ()
) -> dict[str, Piece]:
    found = {key: _one(graph, key, weight, names, shapes, exact=True) for key, weight in wanted.items()}
    used: dict[str, set[int]] = {}
    for piece in found.values():
        parts = used.setdefault(piece.name, set())
        if piece.part in parts:
            raise WeightsError(f"{piece.name} is used twice")
        parts.add(piece.part)
    whole = {piece.name: piece.parts for piece in found.values()}
    left_over = [name for name in shapes if len(used.get(name, ())) != whole.get(name) and name not in spare]
    if left_over:
        raise WeightsError(f"left over: {', '.join(left_over)}")
    return found


def _one(graph: Graph, key: str, weight: Weight, names: NameMap, shapes: Shapes, *, exact: bool) -> Piece:
    """The piece of one array. Raises ``WeightsError`` if there is none or, if ``exact``, if the size differs."""
    path, _, array = key.partition("/")
    if names.is_keras:
        return _of_layer(key, names(path), array, shapes, weight.shape, exact=exact)
    op = graph.by_path[path].op.name
    layouts = _layouts(names.layout(path, op), array)
    return _piece(key, names(path), layouts, shapes, weight.shape, exact=exact)


def _of_layer(key: str, layer: str, array: str, shapes: Shapes, shape: tuple[int, ...], *, exact: bool) -> Piece:
    """An array of a Keras layer: by the same name, or the only one that the layer has."""
    alone = [name for name in shapes if name.startswith(f"{layer}/")]
    name = f"{layer}/{array}" if len(alone) != 1 else alone[0]
    whole = shapes.get(name)
    if whole is None:
        raise WeightsError(f"{key} is no {name}")
    axes = tuple(range(len(whole)))
    return Piece(name, 0, 1, 1, axes, _shape(key, name, whole, whole, shape, exact=exact))


def _piece(
    key: str, theirs: str, layouts: Sequence[_Layout], shapes: Shapes, shape: tuple[int, ...], *, exact: bool
) -> Piece:
    """Raises ``WeightsError`` if none of the layouts exists, or the first existing one has another size."""
    theirs, _, share = theirs.partition("[")
    for layout in layouts:
        name = f"{theirs}.{layout['from']}".rstrip(".")
        whole = shapes.get(name)
        if whole is None or len(layout.get("axes", whole)) != len(whole):
            continue
        part, parts = map(int, share.rstrip("]").split("/")) if share else layout.get("part", (0, 1))
        axes = tuple(layout.get("axes", range(len(whole))))
        if whole and whole[0] % parts:
            raise WeightsError(f"{key} is {[*shape]}, and {name} {[*whole]}")
        sizes = [size // parts if axis == 0 else size for axis, size in enumerate(whole)]
        own = _shape(key, name, whole, [sizes[axis] for axis in axes], shape, exact=exact)
        return Piece(name, part, parts, shape[-2] if layout.get("by_head") else 1, axes, own)
    tried = ", ".join(f"{theirs}.{layout['from']}".rstrip(".") for layout in layouts)
    raise WeightsError(f"{key} is none of {tried}")


def _shape(
    key: str, name: str, whole: Sequence[int], own: Sequence[int], wanted: tuple[int, ...], *, exact: bool
) -> tuple[int, ...]:
    """The shape of the graph's array; if not ``exact``, that of the piece, without leading axes of size 1."""
    if _is_regrouped(own, wanted):
        return wanted
    if exact:
        raise WeightsError(f"{key} is {[*wanted]}, and {name} {[*whole]}")
    while len(own) > len(wanted) and own[0] == 1:
        own = own[1:]
    return tuple(own)


def _is_regrouped(first: Sequence[int], second: Sequence[int]) -> bool:
    """Whether one shape results from the other by splitting or merging adjacent axes.

    >>> _is_regrouped((6, 4), (2, 3, 4)), _is_regrouped((4, 6), (6, 4))
    (True, False)
    """
    one, other = ({*accumulate(shape, mul), 1} for shape in (first, second))
    return prod(first) == prod(second) and (one <= other or one >= other)


def _layouts(op: str, array: str) -> Sequence[_Layout]:
    found = _table().get(op, {}).get(array)
    if found is None:
        raise WeightsError(f"no layout says where the {array} of {op} lies")
    return found if isinstance(found, list) else [found]


@cache
def _table() -> Mapping[str, Mapping[str, _Layout | list[_Layout]]]:
    return tomllib.loads((directory("weights/published") / "layouts.toml").read_text(encoding="utf-8"))
