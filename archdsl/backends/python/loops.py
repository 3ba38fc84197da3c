"""Rolls lines that differ only in round numbers, and in numbers that depend on these, into loops."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

Line = tuple[str, str]
"""A statement, and what is said beside it."""

_PART = re.compile(
    r"(?P<round>(?<=\.)\d+(?=[.\"]))"  # in a name: blocks.3.conv
    r"|(?P<number>(?<![\w.\"])(?:-?\d+(?:\.\d+)?(?:e-?\d+)?|True|False)(?![\w.\"]))"
)
_NAME = re.compile(r'"[^"\n]*"')
_CALL = re.compile(r"(\w+)\(([^()]*)$")
INDICES = "ijklmn"
_LONGEST = 12
"""Lines of a loop's body."""
_COLUMNS = 3
"""More of them are no table that one would read."""
_FIRST: Mapping[str, str] = {"Dense": "units", "ZeroPadding2D": "padding"}


def looped(lines: Sequence[Line], taken: Collection[str] = ()) -> list[Line]:
    """The lines, with three or more that repeat with consecutive round numbers rolled into loops.

    Variables of loops have no names that are ``taken``.
    """
    found: list[Line] = []
    start = 0
    parsed = [_Parsed.of(text) for text, _ in lines]
    while start < len(lines):
        rounds, size = max(
            ((_rounds(parsed, start, size), size) for size in range(1, _LONGEST + 1)), key=lambda r: (r[0] - 1) * r[1]
        )
        if rounds > 1 and rounds * size > 2:
            found += _loop(parsed[start : start + rounds * size], size, taken)
            start += rounds * size
        else:
            found.append(lines[start])
            start += 1
    return found


class _Parsed(NamedTuple):
    """A statement without its numbers."""

    pieces: tuple[str, ...]
    """What is between them."""
    kinds: tuple[bool, ...]
    """Of each number, whether it is part of a name, as that of a round is."""
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> _Parsed:
        names = [match.span() for match in _NAME.finditer(text)]
        pieces, kinds, numbers, end = [], [], [], 0
        for match in _PART.finditer(text):
            inside = any(a < match.start() < b for a, b in names)
            if inside == (match["round"] is not None):
                pieces.append(text[end : match.start()])
                kinds.append(inside)
                numbers.append(match[0])
                end = match.end()
        return cls((*pieces, text[end:]), tuple(kinds), tuple(numbers))

    @property
    def form(self) -> tuple[tuple[str, ...], tuple[bool, ...]]:
        return self.pieces, self.kinds


def _rounds(lines: Sequence[_Parsed], start: int, size: int) -> int:
    """How often a group of lines repeats with consecutive round numbers."""
    first = lines[start : start + size]
    if len(first) < size or first[0].pieces[0].startswith(" "):
        return 1
    counted = _counted(first, lines[start + size : start + 2 * size])
    starts = {first[row].numbers[place] for row, place in counted}
    if len(starts) != 1:
        return 1
    number = int(starts.pop())
    found = [first]
    while True:
        at = start + len(found) * size
        these = lines[at : at + size]
        if [line.form for line in these] != [line.form for line in first] or _is_inside(lines, at + size):
            return len(found)
        if any(int(these[row].numbers[place]) != number + len(found) for row, place in counted):
            return len(found)
        if any(first[row].kinds[place] for row, place in _varied(first, these, counted)):
            return len(found)
        if len(_columns([*found, these], counted)) > _COLUMNS:
            return len(found)
        found.append(these)


def _is_inside(lines: Sequence[_Parsed], at: int) -> bool:
    """Whether a line belongs to the body of the one before it."""
    return at < len(lines) and lines[at].pieces[0].startswith(" ")


def _counted(first: Sequence[_Parsed], then: Sequence[_Parsed]) -> list[tuple[int, int]]:
    """The numbers in names that count rounds, by line and position: one more in the second group than in the first."""
    if [line.form for line in first] != [line.form for line in then]:
        return []
    return [
        (row, place)
        for row, (a, b) in enumerate(zip(first, then, strict=True))
        for place, (x, y, is_name) in enumerate(zip(a.numbers, b.numbers, a.kinds, strict=True))
        if is_name and int(y) == int(x) + 1
    ]


def _columns(
    rounds: Sequence[Sequence[_Parsed]], counted: Collection[tuple[int, int]]
) -> dict[tuple[str, ...], list[tuple[int, int]]]:
    """The other numbers that differ: their values in all rounds, and their positions."""
    places = dict.fromkeys(place for these in rounds[1:] for place in _varied(rounds[0], these, counted))
    found: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for row, place in places:
        found.setdefault(tuple(these[row].numbers[place] for these in rounds), []).append((row, place))
    return found


def _varied(
    first: Sequence[_Parsed], these: Sequence[_Parsed], counted: Collection[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The numbers that differ, by line and position, without those of the rounds."""
    return [
        (row, place)
        for row, (a, b) in enumerate(zip(first, these, strict=False))
        for place, (x, y) in enumerate(zip(a.numbers, b.numbers, strict=True))
        if x != y and (row, place) not in counted
    ]


def _loop(lines: Sequence[_Parsed], size: int, taken: Collection[str]) -> list[Line]:
    rounds = [lines[at : at + size] for at in range(0, len(lines), size)]
    counted = _counted(*rounds[:2])
    start = int(rounds[0][counted[0][0]].numbers[counted[0][1]])
    index = _free_index(rounds[0])
    columns: dict[str, tuple[str, ...]] = {}
    variables = dict.fromkeys(counted, f"{{{index}}}")
    for values, places in _columns(rounds, counted).items():
        stem = name = _label(rounds[0][places[0][0]], places[0][1])
        number = 1
        while name in columns or name in taken:
            number += 1
            name = f"{stem}{number}"
        columns[name] = values
        variables |= dict.fromkeys(places, name)
    body = looped([(_body(line, row, variables, index), "") for row, line in enumerate(rounds[0])], {*taken, *columns})
    head = f"for {_head(index, columns, start, len(rounds))}:"
    return [(head, ""), *((f"    {text}", note) for text, note in body)]


def _free_index(lines: Sequence[_Parsed]) -> str:
    """An unused name for the index of a loop."""
    text = "\n".join(piece for line in lines for piece in line.pieces)
    return next(index for index in INDICES if re.search(rf"\b{index}\b", text) is None)


def _head(index: str, columns: Mapping[str, tuple[str, ...]], start: int, count: int) -> str:
    if not columns:
        return f"{index} in range({start}, {start + count})" if start else f"{index} in range({count})"
    names = ", ".join(columns)
    over = ", ".join(f"({', '.join(values)})" for values in columns.values())
    rows, row = (over, names) if len(columns) == 1 else (f"zip({over})", f"({names})")
    return f"{index}, {row} in enumerate({rows}{f', {start}' if start else ''})"


def _label(line: _Parsed, place: int) -> str:
    """A name for a number: its keyword, or the first argument of a layer."""
    before = "0".join(line.pieces[: place + 1])
    if (match := re.search(r"(\w+)=$", before)) is not None:
        return match[1]
    called = _CALL.search(before)
    return _FIRST.get(called[1], "filters" if "Conv" in called[1] else "width") if called else "width"


def _body(line: _Parsed, row: int, variables: Mapping[tuple[int, int], str], index: str) -> str:
    text = line.pieces[0]
    for place, (number, piece) in enumerate(zip(line.numbers, line.pieces[1:], strict=True)):
        text += variables.get((row, place), number) + piece
    return re.sub(rf'(?<!f)"[^"]*\{{{index}\}}[^"]*"', lambda match: f"f{match[0]}", text)
