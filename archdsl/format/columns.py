"""Column alignment: blanks that the author widened to align text on adjacent lines, and the cells of tables."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from archdsl.format.printer import WIDTH, Line
from archdsl.format.stream import Mark

CELL: Final = "cell"
"""The kind of the marks of tables, whose columns are always aligned."""
_FIXED: Final = frozenset({CELL, ","})
"""Kinds of marks of which a line has many: one that stands alone belongs to no column."""

_Key: TypeAlias = tuple[int, str, int]


class _Place(NamedTuple):
    number: int
    """Of the line."""
    paragraph: int
    offset: int
    mark: Mark


def align(lines: Sequence[Line]) -> None:
    """Adds the blanks that restore columns.

    Places are of one column if they are of one kind, stood in one column of the text, and one of them had more blanks
    before it than one. A line that would become too long stays out of the column.
    """
    columns = _columns(lines)
    under = _under(lines)
    for key in sorted(columns, key=lambda key: (key[0], key[2])):  # what stands further right in a line moves along
        places = columns[key]
        if key[1] != CELL:
            _pad(lines, places)
            long = {place.number for place in places if not _is_short(lines, under, place.number)}
            if not long:
                continue
            for place in places:
                lines[place.number].pads.pop()
            places = [place for place in places if place.number not in long]
        _pad(lines, places)


def _pad(lines: Sequence[Line], places: Sequence[_Place]) -> None:
    """Aligns places with the rightmost of them."""
    stands = [lines[place.number].column(place.offset) for place in places]
    target = max(stands, default=0)
    for place, at in zip(places, stands, strict=True):
        lines[place.number].pads.append((place.offset, target - at))


def _columns(lines: Sequence[Line]) -> dict[_Key, list[_Place]]:
    found: dict[_Key, list[_Place]] = defaultdict(list)
    for number, line in enumerate(lines):
        for offset, mark in line.marks:
            places = found[-mark.table or line.paragraph, mark.kind, mark.column]
            if not places or places[-1].number != number:
                places.append(_Place(number, line.paragraph, offset, mark))
    columns: dict[_Key, list[_Place]] = {}
    alone: list[_Place] = []
    for key, places in found.items():
        if key[1] == CELL or any(place.mark.is_wide for place in places):
            if len(places) > 1:
                columns[key] = places
            elif key[1] not in _FIXED:
                alone += places
    _join(columns, alone)
    return columns


def _join(columns: dict[_Key, list[_Place]], alone: Sequence[_Place]) -> None:
    """Adds places that are not aligned, but were meant to be, to the nearest column of their kind.

    Where there is none, they make one.
    """
    near: dict[tuple[int, str], list[int]] = defaultdict(list)
    for paragraph, kind, column in sorted(columns):
        near[paragraph, kind].append(column)
    taken = {key: {place.number for place in columns[key]} for key in columns} if alone else {}
    for place in alone:
        paragraph, kind, column = place.paragraph, place.mark.kind, place.mark.column
        known = near[paragraph, kind]
        if not known:
            known.append(column)
            columns[paragraph, kind, column], taken[paragraph, kind, column] = [], set()
        at = bisect_left(known, column)
        key = paragraph, kind, min(known[max(at - 1, 0) : at + 1], key=lambda other: abs(other - column))
        if place.number not in taken[key]:
            taken[key].add(place.number)
            columns[key].append(place)


def _under(lines: Sequence[Line]) -> dict[int, list[Line]]:
    """For each line by number, the places under which text on the next lines begins."""
    numbers = {id(line): number for number, line in enumerate(lines)}
    found: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        if line.anchor is not None:
            found[numbers[id(line.anchor.line)]].append(line)
    return found


def _is_short(lines: Sequence[Line], under: dict[int, list[Line]], number: int) -> bool:
    """Whether padding makes no line too long."""
    if not lines[number].pads[-1][1]:
        return True
    return all(line.column(len(line.text)) <= WIDTH for line in (lines[number], *under[number]))
