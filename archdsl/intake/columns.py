"""The differences between terms of one skeleton, as the fewest columns of values that express them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from archdsl.generalise import Child, Pattern, Term, Variable, generalise
from archdsl.intake.terms import ANY, Free, Hole, Usual


@dataclass(frozen=True, slots=True)
class Merged:
    """Terms as one with holes. ``rows`` has the values of the holes for each term, ``names`` what each hole is."""

    body: Hashable
    rows: tuple[tuple[Any, ...], ...]
    names: tuple[str, ...]


def merged(terms: Sequence[Term], height: int) -> Merged:
    """The least general term with holes of which all are instances; multiples of one column are one hole."""
    found = generalise(terms)
    names: dict[int, str] = {}
    ops: dict[int, str] = {}
    _name(found.pattern, "", names, ops)
    constants = _constants(found.values)
    columns: list[tuple[Any, ...]] = [tuple(map(_said, values)) for values in found.values]
    open_ = [index for index in names if index not in constants and ANY in columns[index]]
    kept: list[int] = []
    holes: dict[int, tuple[int, int]] = {}
    for index, name in names.items():
        if index in constants or (index in open_ and _settled(index, open_, columns, names)):
            continue
        for place, base in enumerate(kept):
            if _are_widths(names[base], name) and (factor := _factor(columns[base], columns[index])):
                holes[index] = (place, factor)
                break
        else:
            # A column may be the part of one before: the smaller one is kept, since ints multiply and do not divide.
            for place, base in enumerate(kept):
                if _are_widths(names[base], name) and (factor := _factor(columns[index], columns[base])):
                    holes = {i: (p, f * factor if p == place else f) for i, (p, f) in holes.items()}
                    kept[place] = index
                    holes[index] = (place, 1)
                    break
            else:
                holes[index] = (len(kept), 1)
                kept.append(index)
    for index in open_:
        if index not in holes:
            base, factor = next(_likely(index, open_, columns, names))
            place, times = holes[base]
            holes[index] = (place, times * factor)
    filled: dict[int, Hashable] = {i: Hole(height, p, f) for i, (p, f) in holes.items()}
    body = _filled(found.pattern, filled | constants)
    rows = tuple(tuple(columns[index][row] for index in kept) for row in range(len(terms)))
    return Merged(body, rows, _distinct([(names[index], ops.get(index, "")) for index in kept]))


def _said(value: Any) -> Any:
    return value.value if isinstance(value, Usual) else value


def _constants(columns: Sequence[Sequence[Any]]) -> dict[int, Hashable]:
    """The single value of each column with gaps whose other values are equal."""
    found: dict[int, Hashable] = {}
    for index, column in enumerate(columns):
        known = [value for value in column if value is not ANY]
        if len(known) < len(column) and all(type(v) is type(known[0]) and v == known[0] for v in known):
            found[index] = known[0]
    return found


def _settled(index: int, open_: Sequence[int], columns: list[tuple[Any, ...]], names: Mapping[int, str]) -> bool:
    """Whether a column with gaps is what another one is, or a multiple; else its gaps get the value next to them."""
    if next(_likely(index, open_, columns, names), None) is not None:
        return True
    column = [*columns[index]]
    for places in (range(1, len(column)), range(len(column) - 2, -1, -1)):
        for place in places:
            beside = column[place - 1 if places.step > 0 else place + 1]
            column[place] = beside if column[place] is ANY else column[place]
    columns[index] = tuple(column)
    return False


def _likely(
    index: int, open_: Sequence[int], columns: Sequence[tuple[Any, ...]], names: Mapping[int, str]
) -> Iterator[tuple[int, int]]:
    """Columns without gaps that agree with one with gaps wherever it has values, and by which factor."""
    column = columns[index]
    for other in names:
        if other in open_:
            continue
        rows = [(a, b) for a, b in zip(columns[other], column, strict=True) if b is not ANY]
        if all(type(a) is type(b) and a == b for a, b in rows):
            yield other, 1
        elif _are_widths(names[other], names[index]) and (factor := _factor(*zip(*rows, strict=True))):
            yield other, factor


def _are_widths(*names: str) -> bool:
    """Whether arguments count channels, which in a block are multiples of each other; of others that is chance."""
    return all(name in ("filters", "units", "groups", "width") for name in names)


def _factor(one: Sequence[Any], other: Sequence[Any]) -> int | None:
    """The integer factor from one column to another."""
    factors = {_times(a, b) for a, b in zip(one, other, strict=True)}
    factor = factors.pop() if len(factors) == 1 else None
    return factor if factor is not None and factor > 1 else None


def _times(one: Any, other: Any) -> int | None:
    """The integer factor from one value to another."""
    if isinstance(one, Free) and isinstance(other, Free):
        if not isinstance(one.of, Hole) or not isinstance(other.of, Hole):
            return None
        same = (one.mark, replace(one.of, factor=1)) == (other.mark, replace(other.of, factor=1))
        return _times(one.of.factor, other.of.factor) if same else None
    if type(one) is int and type(other) is int and one > 0 and other % one == 0:
        return other // one
    return None


def _name(pattern: Hashable, under: str, names: dict[int, str], ops: dict[int, str], op: str = "") -> None:
    """Names each variable by the argument that it first stands for, and the op of that."""
    match pattern:
        case Variable():
            names.setdefault(pattern.index, under)
            ops.setdefault(pattern.index, op)
        case Pattern():
            match pattern.head:
                case ("op", str(name)):
                    op = name
            for child in pattern.children:
                _name(child.value, _called(pattern.head, child.name) or under, names, ops, op)


def _called(head: Hashable, child: str) -> str:
    """What the values of a child are called; empty where it is one of several."""
    match head:
        case ("for", (str(only),), _) if child == "rows":
            return f"{only}s"
    return "" if child.isdigit() else child


_KINDS: Final = {"depthwise_conv": "depthwise", "separable_conv": "separable", "conv": "conv", "dense": "dense"}
"""What arguments of some ops are called beside those of others."""


def _distinct(columns: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Names of columns: arguments; of several the later ones by their ops, and of two numbers of channels the last."""
    found: list[str] = []
    widths = [place for place, (name, _) in enumerate(columns) if name == "filters"]
    for place, (argument, op) in enumerate(columns):
        name, number = argument, 1
        if len(widths) == 2 and place == widths[1]:
            name = "out_filters"
        elif name in found and op in _KINDS and any(n == name and o != op for n, o in columns[:place]):
            name = f"{_KINDS[op]}_{name}"
        free = name
        while free in found:
            number += 1
            free = f"{name}{number}"
        found.append(free)
    return tuple(found)


def _filled(pattern: Hashable, holes: Mapping[int, Hashable]) -> Hashable:
    match pattern:
        case Variable():
            return holes[pattern.index]
        case Pattern():
            return Term(pattern.head, tuple((c.name, _child(c, holes)) for c in pattern.children))
    return pattern


def _child(child: Child, holes: Mapping[int, Hashable]) -> Hashable:
    assert child.given is None, "terms of one skeleton have the same children"
    return _filled(child.value, holes)
