"""Wraps Python source at 88 columns, as Black does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

WIDTH = 88
_OPEN, _CLOSE = "([{", ")]}"


def wrapped(line: str) -> list[str]:
    """An indented statement in as many lines as it needs.

    >>> print(*wrapped("self.a = " + "f(" + ", ".join(["argument"] * 8) + ")"), sep="\\n")
    self.a = f(
        argument, argument, argument, argument, argument, argument, argument, argument
    )
    """
    if len(line) <= WIDTH:
        return [line]
    bracket = _last(line)
    if bracket is None:
        return [line]
    start, end = bracket
    indent = " " * (len(line) - len(line.lstrip()))
    head, body, tail = line[: start + 1], line[start + 1 : end], line[end:]
    inner = f"{indent}    "
    if not body.strip():
        return [line]
    before = line[start - 1 : start]
    is_display = not (before.isalnum() or before in ("_", ")", "]"))
    return [head, *_inside(body.strip(), inner, is_display), *wrapped(f"{indent}{tail}")]


def signature(line: str) -> list[str]:
    """The head of a function, wrapped at its parameters."""
    if len(line) <= WIDTH:
        return [line]
    start = line.index("(")
    depth, end = 0, start
    for end, c in _code(line):
        depth += (c in _OPEN) - (c in _CLOSE)
        if depth == 0 and end > start:
            break
    indent = " " * (len(line) - len(line.lstrip()))
    inside = _inside(line[start + 1 : end], f"{indent}    ", is_display=False)
    return [line[: start + 1], *inside, f"{indent}{line[end:]}"]


def _inside(body: str, indent: str, is_display: bool) -> list[str]:
    """The contents of brackets: on one line, or one line for each part, as always in tuples and lists."""
    parts, comprehension = _parts(body)
    trailing = body.rstrip().endswith(",") or (is_display and len(parts) > 1 and not comprehension)
    if len(indent) + len(body) <= WIDTH and not (trailing and len(parts) > 1):
        return [f"{indent}{body}"]
    if comprehension:
        return [line for part in parts for line in wrapped(f"{indent}{part}")]
    if len(parts) == 1 and not trailing:
        return wrapped(f"{indent}{body}")
    return [line for part in parts for line in wrapped(f"{indent}{part},")]


def _last(line: str) -> tuple[int, int] | None:
    """The last outermost pair of brackets that does not start too far to the right."""
    stack: list[int] = []
    found: list[tuple[int, int]] = []
    for place, c in _code(line):
        if c in _OPEN:
            stack.append(place)
        elif c in _CLOSE:
            start = stack.pop()
            if not stack and place > start + 1:
                found.append((start, place))
    return next((pair for pair in reversed(found) if pair[0] < WIDTH), found[-1] if found else None)


def _parts(body: str) -> tuple[list[str], bool]:
    """The parts between commas, or the clauses of a comprehension."""
    depth, start = 0, 0
    commas: list[int] = []
    clauses: list[int] = []
    for place, c in _code(body):
        if c in _OPEN:
            depth += 1
        elif c in _CLOSE:
            depth -= 1
        elif depth == 0 and c == ",":
            commas.append(place)
        elif depth == 0 and not commas and body.startswith(" for ", place):
            clauses.append(place)
    if clauses:
        ends = [*clauses, len(body)]
        return [body[: clauses[0]].strip(), *(body[a:b].strip() for a, b in pairwise(ends))], True
    parts = []
    for comma in commas:
        parts.append(body[start:comma].strip())
        start = comma + 1
    rest = body[start:].strip()
    return [*parts, *([rest] if rest else [])], False


def _code(text: str) -> Iterator[tuple[int, str]]:
    """The characters outside of strings."""
    quoted = False
    for place, c in enumerate(text):
        if c == '"':
            quoted = not quoted
        elif not quoted:
            yield place, c
