"""Lines that differ in the numbers of rounds, and in numbers beside these, written as loops."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

Line = tuple[str, str]
"""A statement, and what is said beside it."""

_PART = re.compile(
    r"(?P<round>(?<=\.)\d+(?=[.\"]))"  # in a name: blocks.3.conv
    r"|(?P<number>(?<![\w.\"])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.\"]))"
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
    """The same lines, with loops in the place of three or more lines that say the same of the next rounds.

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
    """Of each number, whether it is that of a round."""
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

    def rounds(self) -> list[int]:
        return [int(number) for number, is_round in zip(self.numbers, self.kinds, strict=True) if is_round]


def _rounds(lines: Sequence[_Parsed], start: int, size: int) -> int:
    """How often some lines follow one another, each time with the next round."""
    first = lines[start : start + size]
    numbers = {number for line in first for number in line.rounds()}
    if len(first) < size or len(numbers) != 1 or first[0].pieces[0].startswith(" "):
        return 1
    (number,) = numbers
    columns: dict[tuple[int, int], list[str]] = {}
    rounds = 1
    while True:
        at = start + rounds * size
        these = lines[at : at + size]
        if [line.form for line in these] != [line.form for line in first]:
            return rounds
        if {each for line in these for each in line.rounds()} != {number + rounds}:
            return rounds
        for place in _varied(first, these):
            columns.setdefault(place, [])
        if len(columns) > _COLUMNS:
            return rounds
        rounds += 1


def _varied(first: Sequence[_Parsed], these: Sequence[_Parsed]) -> list[tuple[int, int]]:
    """The numbers that differ, by line and place, without those of the rounds."""
    return [
        (row, place)
        for row, (a, b) in enumerate(zip(first, these, strict=False))
        for place, (x, y, is_round) in enumerate(zip(a.numbers, b.numbers, a.kinds, strict=True))
        if x != y and not is_round
    ]


def _loop(lines: Sequence[_Parsed], size: int, taken: Collection[str]) -> list[Line]:
    rounds = [lines[at : at + size] for at in range(0, len(lines), size)]
    start = next(number for line in rounds[0] for number in line.rounds())
    places = dict.fromkeys(place for these in rounds[1:] for place in _varied(rounds[0], these))
    columns: dict[str, tuple[str, ...]] = {}
    variables: dict[tuple[int, int], str] = {}
    for row, place in places:
        values = tuple(these[row].numbers[place] for these in rounds)
        name = next((name for name, column in columns.items() if column == values), "")
        if not name:
            stem = name = _label(rounds[0][row], place)
            number = 1
            while name in columns or name in taken:
                number += 1
                name = f"{stem}{number}"
        columns[name] = values
        variables[row, place] = name
    index = _free_index(rounds[0])
    body = [(f"    {_body(line, row, variables, index)}", "") for row, line in enumerate(rounds[0])]
    return [(f"for {_head(index, columns, start, len(rounds))}:", ""), *body]


def _free_index(lines: Sequence[_Parsed]) -> str:
    """A name that is not in the lines, as the index of a loop among them is."""
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
    """What a number is: its keyword, or the first argument of a layer."""
    before = "0".join(line.pieces[: place + 1])
    if (match := re.search(r"(\w+)=$", before)) is not None:
        return match[1]
    called = _CALL.search(before)
    return _FIRST.get(called[1], "filters" if "Conv" in called[1] else "width") if called else "width"


def _body(line: _Parsed, row: int, variables: Mapping[tuple[int, int], str], index: str) -> str:
    text = line.pieces[0]
    for place, (number, is_round, piece) in enumerate(zip(line.numbers, line.kinds, line.pieces[1:], strict=True)):
        text += (f"{{{index}}}" if is_round else variables.get((row, place), number)) + piece
    return re.sub(rf'(?<!f)"[^"]*\{{{index}\}}[^"]*"', lambda match: f"f{match[0]}", text)
