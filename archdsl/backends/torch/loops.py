"""Rolls lines that go through lists of modules index by index into loops."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from archdsl.backends.code.terms import EACH, REPEAT, REST
from archdsl.backends.code.values import Argument, Make

_INDEX = re.compile(r"self\.(\w+)\[(\d+)\]")
_LONGEST = 12
"""Lines of a loop's body."""

Line = tuple[str, str]


def looped(lines: Sequence[Line], attrs: Mapping[str, Make], taken: Collection[str] = ()) -> list[Line]:
    """The lines, with three or more that repeat with consecutive list indices rolled into loops.

    Variables of loops have no names that are ``taken``.
    """
    found: list[Line] = []
    start = 0
    while start < len(lines):
        best = max(
            ((_rounds(lines, start, size), size) for size in range(1, _LONGEST + 1)), key=lambda r: (r[0] - 1) * r[1]
        )
        rounds, size = best
        if rounds > 1 and rounds * size > 2:
            found += _loop(lines[start : start + size], rounds, attrs, taken)
            start += rounds * size
        else:
            found.append(lines[start])
            start += 1
    return found


def _rounds(lines: Sequence[Line], start: int, size: int) -> int:
    """How often a group of lines repeats with consecutive indices."""
    first = [text for text, _ in lines[start : start + size]]
    strides = _strides(first)
    if len(first) < size or not strides:
        return 1
    rounds = 1
    while True:
        at = start + rounds * size
        next_ = [text for text, _ in lines[at : at + size]]
        if next_ != [_moved(text, rounds, strides) for text in first]:
            return rounds
        rounds += 1


def _strides(lines: Iterable[str]) -> Counter[str]:
    """How many elements of each list some lines use."""
    return Counter(name for name, _ in {match.groups() for text in lines for match in _INDEX.finditer(text)})


def _moved(text: str, by: int, strides: Mapping[str, int]) -> str:
    return _INDEX.sub(lambda match: f"self.{match[1]}[{int(match[2]) + by * strides[match[1]]}]", text)


def _loop(lines: Sequence[Line], rounds: int, attrs: Mapping[str, Make], taken: Collection[str]) -> list[Line]:
    used = dict.fromkeys((match[1], int(match[2])) for text, _ in lines for match in _INDEX.finditer(text))
    variables: dict[tuple[str, int], str] = {}
    for name, place in used:
        stem = variable = name[:-1] if name.endswith("s") and len(name) > 2 else name
        number = 1
        while variable in taken or variable in variables.values():
            number += 1
            variable = f"{stem}{number}"
        variables[name, place] = variable
    strides = _strides(text for text, _ in lines)
    ends = {name: min(place for other, place in used if other == name) + rounds * strides[name] for name, _ in used}
    over = [_slice(name, place, ends[name], strides[name], _length(attrs[name])) for name, place in used]
    loop = ", ".join(variables.values())
    body = [(f"    {_INDEX.sub(lambda match: variables[match[1], int(match[2])], text)}", "") for text, _ in lines]
    lists = ", ".join(over)
    return [(f"for {loop} in {f'zip({lists})' if len(over) > 1 else lists}:", ""), *body]


def _length(made: Make) -> int | None:
    """The length of a list of modules; ``None`` if it is a parameter."""
    lengths = [_count(item) for _, item in made.args]
    return None if None in lengths else sum(filter(None, lengths))


def _count(item: Argument) -> int | None:
    if not isinstance(item, Make) or item.callee not in (REPEAT, REST, EACH):
        return 1
    value = item.args[1][1]
    if item.callee == EACH:
        return len(value) if isinstance(value, tuple) else None
    return value - (item.callee == REST) if isinstance(value, int) else None


def _slice(name: str, place: int, end: int, stride: int, length: int | None) -> str:
    text = f"{place or ''}:{'' if end == length else end}"
    text += f":{stride}" if stride > 1 else ""
    return f"self.{name}[{text}]" if text != ":" else f"self.{name}"
