"""The layout filter between lexer and parser: which line breaks end a statement, and where comments go."""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token

from archdsl.limits import DEFAULT

# A line that starts with one of these continues the statement before it.
_CONTINUES = frozenset({"ARROW", "DOUBLE_COLON", "AS", "ELSE", "RBRACE", "RPAR", "RSQB"})
# A line that ends with one of these is not finished.
_UNFINISHED = frozenset({"ARROW", "LBRACE", "COMMA", "EQUAL", "NEWLINE"})
# After one of these a new step or statement starts.
_STARTS = frozenset({"ARROW", "LBRACE", "RBRACE"})


class Excess(Exception):
    """A token goes beyond the limit called ``limit``."""

    def __init__(self, limit: str, token: Token) -> None:
        super().__init__(limit)
        self.limit = limit
        self.token = token


class Layout:
    """Lark's post-lexer. It drops line breaks that do not separate and collects the comments of one parse.

    ``comments``; ``seen``, the tokens that the parser took, if it ``records`` them; and ``limits`` belong to the parse
    under way; the parser holds a lock while it uses them.
    """

    always_accept = ("NEWLINE", "DOC", "COMMENT")

    def __init__(self) -> None:
        self.comments: list[Token] = []
        self.seen: list[Token] = []
        self.records = False
        self.limits = DEFAULT

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        self.comments = []
        self.seen = seen = []
        records = self.records
        brackets: list[str] = []
        depth, statement = self.limits.depth, self.limits.statement
        length = 0  # of the statement under way
        previous = "NEWLINE"
        pending: Token | None = None
        for token in stream:
            kind = token.type
            if kind == "DOC" or kind == "COMMENT":
                self.comments.append(token)
                continue
            if kind == "NEWLINE":
                if pending is None and previous not in _UNFINISHED and (not brackets or brackets[-1] == "{"):
                    pending = token
                continue
            if pending is not None:
                # At the top level `about { … }` belongs to the variant above it.
                if kind not in _CONTINUES and not (kind == "ABOUT" and not brackets):
                    yield pending
                    length = 0
                    if records:
                        seen.append(pending)
                pending = None
            if kind == "LPAR" or kind == "LSQB" or kind == "LBRACE":
                brackets.append("{" if kind == "LBRACE" else "(")
                if len(brackets) > depth:
                    raise Excess("depth", token)
            elif brackets and (kind == "RPAR" or kind == "RSQB" or kind == "RBRACE"):
                brackets.pop()
            length += 1
            if length > statement:
                raise Excess("statement", token)
            if kind in _STARTS:
                length = 0
            previous = kind
            yield token
            if records:
                seen.append(token)
