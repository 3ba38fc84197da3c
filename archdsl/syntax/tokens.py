"""Tokens with their positions."""

from __future__ import annotations

from typing import Final

ERROR: Final = "ERROR"
"""The type of the token that stands for text that fits nowhere, or for what is missing."""
UNKNOWN: Final = "UNKNOWN"
"""The type of characters that no terminal of the grammar matches. No rule accepts it."""
END: Final = "$END"
"""The type of the token after the last one."""

CLOSER: Final = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
"""The types of brackets that close, by those that open."""
CLOSERS: Final = frozenset(CLOSER.values())
STEP: Final = frozenset({"NAME", "IF", "FOR", "REPEAT", "PORTS", "LBRACE"})
"""Types of tokens that start a step."""
DECLARATION: Final = frozenset({"FROM", "LET", "FN", "BLOCK", "MODEL", "CHECK"})
"""Types of tokens that start a declaration."""


class Token:
    """A token: its text, its offset ``start``, and the terminal that matched it. A missing token has no text."""

    __slots__ = ("start", "text", "type")

    def __init__(self, type: str, text: str, start: int) -> None:
        self.type = type
        self.text = text
        self.start = start

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Token({self.type}, {self.text!r}, {self.start})"


def is_declaration(token: Token, text: str) -> bool:
    """Whether a declaration starts at a token: a keyword in the first column. Nothing within one does."""
    return token.type in DECLARATION and (token.start == 0 or text[token.start - 1] == "\n")
