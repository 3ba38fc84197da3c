"""Delta debugging: the least of a text that still shows a fault (Zeller & Hildebrandt 2002)."""

from __future__ import annotations

from collections.abc import Callable


def minimise(text: str, fails: Callable[[str], bool], tries: int = 2_000) -> str:
    """Takes out lines, then characters, in halves, quarters and so on, as long as ``fails`` holds for the rest.

    >>> minimise("one\\ntwo\\nthree", lambda text: "w" in text)
    'w'
    """
    for parts in (text.splitlines(keepends=True), None):
        pieces = list(text) if parts is None else parts
        size = max(1, len(pieces) // 2)
        while tries > 0:
            at = 0
            while at < len(pieces) and tries > 0:
                shorter = pieces[:at] + pieces[at + size :]
                tries -= 1
                if fails("".join(shorter)):
                    pieces = shorter
                else:
                    at += size
            if size == 1:
                break
            size = max(1, size // 2)
        text = "".join(pieces)
    return text
