"""JSON that reads well and is safe to show: letters of all languages stay, what a terminal obeys is escaped."""

from __future__ import annotations

import json
from typing import Any


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
