"""Readable JSON that is safe to print, and bounded parsing of untrusted JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, Final

_DIGITS: Final = 80
"""Of an integer, at most: as many as the largest of a spec, and fewer than make a float infinite."""


def dumps(value: Any, *, indent: int | None = None) -> str:
    """The value as JSON. What is not printable is written as an escape, which means the same to whoever reads it.

    >>> print(dumps(["größe", "\\x9b31m", "a\\u202eb"]))
    ["größe", "\\u009b31m", "a\\u202eb"]

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    if text.isascii() and "\x7f" not in text:  # JSON itself escapes what comes before the space
        return text
    return "".join(
        c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] if c != "\x7f" else "\\u007f" for c in text
    )


def loads(text: str | bytes) -> Any:
    """Parses strict JSON: numbers are finite, integers have at most 80 digits, and keys are unique.

    >>> loads('{"a": 1, "a": 2}')
    Traceback (most recent call last):
        ...
    ValueError: 'a' is given twice

    Raises:
        json.JSONDecodeError: it is no JSON.
        ValueError: it is JSON, and not as strict.
        RecursionError: it is nested too deeply.
    """
    return json.loads(text, parse_int=_bounded, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_unique)


def _bounded(written: str) -> int:
    if len(written) > _DIGITS:
        raise ValueError(f"a number of {len(written)} digits is too large")
    return int(written)


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(f"{written} is no finite number")
    return number


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in members if keys.count(key) > 1)!r} is given twice")
    return members
