"""Calls as the graph keeps them: text such as ``Bottleneck(64, stride=2)``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from archdsl.ops.show import number

_LONG: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\d*\.\d{6,}(?:e-?\d+)?')
"""A string, which stays as it is, or a number with many digits."""


def arguments(call: str) -> dict[str, str]:
    """The arguments by name; those without one by their position.

    >>> arguments('Stage(Unit, [3, 4], act="a, b")')
    {'0': 'Unit', '1': '[3, 4]', 'act': '"a, b"'}
    """
    _, bracket, inside = call.partition("(")
    if not bracket:
        return {}
    found: dict[str, str] = {}
    for position, part in enumerate(_split(inside[:-1])):
        name, equals, value = part.partition("=")
        named = equals and name.isidentifier()
        found[name if named else str(position)] = value if named else part
    return found


def elements(text: str) -> list[str]:
    """The elements of a list; none of anything else.

    >>> elements("[3, [4, 5]]"), elements("3")
    (['3', '[4, 5]'], [])
    """
    return [*_split(text[1:-1])] if text.startswith("[") and text.endswith("]") else []


def _split(text: str) -> Iterator[str]:
    """At the commas outside of brackets and strings."""
    depth, start, quoted, escaped = 0, 0, False, False
    for position, c in enumerate(text):
        if quoted:
            quoted = escaped or c != '"'
            escaped = c == "\\" and not escaped
        elif c == '"':
            quoted = True
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and not depth:
            yield text[start:position].strip()
            start = position + 1
    if last := text[start:].strip():
        yield last


def short(text: str, digits: int = 4) -> str:
    """Long fractions with a few digits: what comes out of a schedule has seventeen. Only for places with little room.

    >>> short("drop_path(0.07272727272727274)"), short('Head("v1.0000001", eps=1.0000001e-5)')
    ('drop_path(0.07273)', 'Head("v1.0000001", eps=1e-5)')
    """
    return _LONG.sub(lambda found: _rounded(found[0], digits), text)


def _rounded(text: str, digits: int) -> str:
    return text if text.startswith('"') else number(float(f"{float(text):.{digits}g}"))
