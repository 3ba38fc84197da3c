"""Syntax highlighting: a text as tokens with their kinds, for pages, notebooks, Pygments and TextMate grammars."""

from archdsl.highlight.kinds import KINDS, TERMINALS, Kind
from archdsl.highlight.pieces import Piece, pieces

__all__ = ["KINDS", "TERMINALS", "Kind", "Piece", "pieces"]
