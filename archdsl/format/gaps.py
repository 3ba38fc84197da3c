"""The text between two tokens: comments, blank lines, and stray text that matches no rule of the grammar."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_PIECE: Final = re.compile(r"(?P<comment>#[^\n]*)|(?P<blank>[ \t\n]+)|(?P<other>[^# \t\n]+)")
_MARKER: Final = re.compile(r"(#+)(?=[^#!\s])")


class Comment(NamedTuple):
    """A comment on a line of its own."""

    text: str
    after_blank: bool
    """Whether an empty line stands before it."""


class Gap(NamedTuple):
    """The text between a token and the one before it; a comma between elements is part of it."""

    has_break: bool = False
    """Whether the token stands on another line."""
    width: int = 0
    """The blanks right before the token."""
    trailing: str = ""
    """The comment at the end of the line before."""
    trailing_at: int = 0
    """Where it begins in the text."""
    trailing_width: int = 0
    """The blanks right before it."""
    own: tuple[Comment, ...] = ()
    """Comments on lines of their own."""
    after_blank: bool = False
    """Whether an empty line stands right before the token."""

    @property
    def has_comments(self) -> bool:
        return bool(self.trailing or self.own)

    @property
    def has_blank(self) -> bool:
        """Whether there is a blank line anywhere in it."""
        return self.after_blank or any(comment.after_blank for comment in self.own)


_USUAL: Final = {"": Gap(), " ": Gap(width=1), ", ": Gap(width=1)}


def gap(text: str) -> Gap:
    """The gap between two tokens."""
    usual = _USUAL.get(text)
    return _read(text) if usual is None else usual


def _read(text: str) -> Gap:
    trailing, trailing_at, trailing_width = "", 0, 0
    own: list[Comment] = []
    has_break, breaks, width = False, 0, 0
    for found in _PIECE.finditer(text):
        piece = found[0]
        if found.lastgroup == "blank":
            breaks += piece.count("\n")
            width = len(piece) - piece.rfind("\n") - 1
        elif found.lastgroup == "comment":
            if has_break or breaks:
                own.append(Comment(_written(piece), breaks > 1))
            else:
                trailing, trailing_at, trailing_width = _written(piece), found.start(), width
            has_break, breaks, width = True, 0, 0
        else:
            width = 0
    return Gap(has_break or breaks > 0, width, trailing, trailing_at, trailing_width, tuple(own), breaks > 1)


def others(text: str) -> tuple[int, int] | None:
    """The range of the gap between two tokens that is neither blanks nor comments."""
    found = [found.span() for found in _PIECE.finditer(text) if found.lastgroup == "other"]
    return (found[0][0], found[-1][1]) if found else None


def _written(comment: str) -> str:
    """A formatted comment: a blank after the mark, none at the end."""
    return _MARKER.sub(r"\1 ", comment.rstrip(), count=1) if _MARKER.match(comment) else comment.rstrip()
