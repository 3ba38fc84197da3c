"""What changed between two calls of a block, as the graph keeps them: text such as ``Bottleneck(64, stride=2)``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

_LONG: Final = re.compile(r"\d*\.\d{6,}(?:e-?\d+)?")


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


def values(changes: Sequence[tuple[str, str]]) -> str:
    """Several changes of one value in a few words; a factor where one explains them all.

    >>> values([("1", "2"), ("1", "2")]), values([("64", "128"), ("128", "256")])
    ('1 → 2', '×2 (64 → 128, 128 → 256)')
    """
    distinct = [*dict.fromkeys(changes)]
    listed = distinct if len(distinct) < 4 else [*distinct[:2], distinct[-1]]
    shown = [f"{_short(old)} → {_short(new)}" for old, new in listed]
    if len(distinct) > 3:
        shown.insert(2, "…")
    text = ", ".join(shown)
    factor = _factor(distinct) if len(distinct) > 1 else None
    return f"×{factor:g} ({text})" if factor is not None else text


def common(calls: Sequence[str]) -> str:
    """Calls of one op or block as one, with the arguments that all have; ``…`` stands for the others.

    >>> common(["conv(64, k=3)", "conv(128, k=3, stride=2)"]), common(["relu", "relu"])
    ('conv(…, k=3)', 'relu')
    """
    distinct = [*dict.fromkeys(calls)]
    if len(distinct) == 1:
        return _short(distinct[0])
    first, *others = [arguments(call) for call in distinct]
    shared = [(name, value) for name, value in first.items() if all(other.get(name) == value for other in others)]
    words = [_short(value) if name.isdecimal() else f"{name}={_short(value)}" for name, value in shared]
    if words and not shared[0][0].isdecimal():
        words.insert(0, "…")
    else:
        words.append("…")
    return f"{distinct[0].partition('(')[0]}({', '.join(words)})"


def _short(text: str) -> str:
    """Fractions with four digits: what came out of a schedule has seventeen."""
    return _LONG.sub(lambda number: f"{float(number[0]):.4g}", text)


def _factor(changes: Sequence[tuple[str, str]]) -> float | None:
    try:
        factors = {float(new) / float(old) for old, new in changes}
    except (ValueError, ZeroDivisionError):
        return None
    return factors.pop() if len(factors) == 1 else None
