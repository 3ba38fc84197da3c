"""Source text for a terminal: tabs expanded, hidden characters escaped, widths in cells.

A spec may come from anywhere, so nothing of it reaches the terminal as a control sequence, and characters that would
reorder or hide text (bidirectional marks, zero-width spaces) are shown by their number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import category, east_asian_width

_TAB = 4


def visible(text: str) -> str:
    """The text with hidden characters escaped; line breaks stay.

    >>> visible("red \\x1b[31m")
    'red <U+001B>[31m'
    """
    if text.isprintable():
        return text
    return "".join(c if c == "\n" or c.isprintable() else f"<U+{ord(c):04X}>" for c in text)


def width(text: str) -> int:
    """The width of the text in terminal cells: wide characters are two, combining marks none.

    >>> width("abc"), width("畳み込み"), width("e\\u0301")
    (3, 8, 1)
    """
    if text.isascii():
        return len(text)
    return sum(0 if category(c) in {"Mn", "Me"} else 2 if east_asian_width(c) in "WF" else 1 for c in text)


class Line(NamedTuple):
    """A laid-out line: ``text``, and the cell of each of its characters and of its end.

    The cell of a character that was trimmed away is that of the cut.
    """

    text: str
    cells: tuple[int, ...]


def lay_out(line: str, start: int, end: int, limit: int) -> Line:
    """Lays out a line of source in about ``limit`` cells, so that its characters from ``start`` to ``end`` are visible.

    >>> lay_out("\\tconv(8)", 1, 5, 80)
    Line(text='    conv(8)', cells=(0, 4, 5, 6, 7, 8, 9, 10, 11))
    >>> lay_out("abcdefghijklmnopqrstuvwxyz", 10, 12, 8).text
    '…ijklmnop…'
    """
    pieces: Sequence[str]
    edges: Sequence[int]
    if line.isascii() and line.isprintable():
        pieces, edges = line, range(len(line) + 1)
    else:
        pieces, edges = _pieces(line)
    if edges[-1] <= limit:
        return Line("".join(pieces).rstrip(), tuple(edges))
    first, last = _window(edges, start, end, limit)
    before, after = "…" if first else "", "…" if last < len(pieces) else ""
    shift = len(before) - edges[first]
    cut = edges[last] + shift
    cells = tuple(min(max(edge + shift, 0), cut) for edge in edges)
    return Line(before + "".join(pieces[first:last]).rstrip() + after, cells)


def _pieces(line: str) -> tuple[list[str], list[int]]:
    """The visible form of each character, and the cell of each and of the end."""
    pieces: list[str] = []
    edges = [0]
    for character in line:
        piece = " " * (_TAB - edges[-1] % _TAB) if character == "\t" else visible(character)
        pieces.append(piece)
        edges.append(edges[-1] + width(piece))
    return pieces, edges


def _window(edges: Sequence[int], start: int, end: int, limit: int) -> tuple[int, int]:
    """The characters to keep of a line that is too long: the marked ones, with some context before."""
    first = 0 if edges[end] <= limit else start
    while first > 0 and edges[start] - edges[first - 1] <= limit // 4:
        first -= 1
    last = first
    while last < len(edges) - 1 and edges[last + 1] - edges[first] <= limit:
        last += 1
    return first, last


def folded(line: str, room: int) -> list[str]:
    """A line wrapped at ``room`` cells between words, with continuation lines indented.

    They begin two cells further in than the first, or below the second column of a line that has columns.

    >>> folded("  conv  a convolution over the axes of a map", 28)
    ['  conv  a convolution over', '        the axes of a map']
    >>> folded("a" * 40, 20) == ["a" * 40]
    True
    """
    if width(line) <= room:
        return [line]
    start = len(line) - len(line.lstrip(" "))
    gap = line.find("  ", start)
    hang = len(line) - len(line[gap:].lstrip(" ")) if 0 <= gap < room // 2 else start + 2
    hang = hang if hang < room // 2 else start + 2
    lines, current = [], ""
    for word in re.split(r"(?<=\S) (?=\S)", line):
        joined = f"{current} {word}" if current else word
        if current.strip() and width(joined) > room:
            lines.append(current)
            joined = " " * hang + word
        current = joined
    return [*lines, current]
