"""The lossless syntax tree of a text, which contains every character, parsable or not.

``tree.text`` is the text. The AST says what a text means; the tree says how it is written, which is what a formatter or
an editor asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

from archdsl.limits import DEFAULT, Limits
from archdsl.source import SourceFile
from archdsl.syntax import tables
from archdsl.syntax.automaton import Maker
from archdsl.syntax.lexer import scan
from archdsl.syntax.reader import Reader
from archdsl.syntax.tokens import END, Token


class Leaf:
    """A token with its ``trivia``: the blanks, comments, insignificant line breaks and skipped text before it.

    ``kind`` is the terminal of the grammar. What is missing has no text; an ``ERROR`` covers what could not be read.
    """

    __slots__ = ("kind", "text", "trivia")

    def __init__(self, kind: str, trivia: str, text: str) -> None:
        self.kind = kind
        self.trivia = trivia
        self.text = text

    def __repr__(self) -> str:
        return f"{self.kind} {self.text!r}"


class Node:
    """An inner node; ``kind`` is the grammar rule."""

    __slots__ = ("children", "kind")

    def __init__(self, kind: str, children: Sequence[Child]) -> None:
        self.kind = kind
        self.children = tuple(children)

    @property
    def text(self) -> str:
        """The source text, without blanks and comments before the first token and after the last."""
        return "".join(leaf.trivia + leaf.text for leaf in self.leaves())

    def leaves(self) -> Iterator[Leaf]:
        """The tokens in order."""
        pending: list[Child] = [self]
        while pending:
            child = pending.pop()
            if isinstance(child, Node):
                pending.extend(reversed(child.children))
            else:
                yield child

    def __repr__(self) -> str:
        return f"({' '.join([self.kind, *map(repr, self.children)])})"


Child: TypeAlias = Node | Leaf


def parse(source: SourceFile, limits: Limits = DEFAULT) -> Node:
    """The tree of a text, whose root is of kind ``start`` and whose last leaf is the end of the text.

    >>> parse(SourceFile("<text>", "let n = 3  # three"))
    (start (declarations (let LET 'let' NAME 'n' EQUAL '=' (integer INTEGER '3'))) $END '')
    """
    automaton, text = tables.load(), source.text

    def leaf(token: Token) -> Leaf:
        return Leaf(token.type, text[reader.end : token.start], text[token.start : token.end])

    reader = Reader(source, limits, automaton, lambda kind: partial(Node, kind), leaf)
    root: Node = reader.read(scan(text, automaton))
    return Node(root.kind, (*root.children, Leaf(END, text[reader.end :], "")))


def fold(root: Node, start: int, maker: Maker) -> Any:
    """Applies the builders of rules to a subtree at an offset, as parsing with builders would."""
    at, value = start, None
    pending: list[tuple[Node, Iterator[Child], list[Any]]] = [(root, iter(root.children), [])]
    while pending:
        node, children, values = pending[-1]
        for child in children:
            if isinstance(child, Node):
                pending.append((child, iter(child.children), []))
                break
            at += len(child.trivia)
            values.append(Token(child.kind, child.text, at))
            at += len(child.text)
        else:
            pending.pop()
            value = maker(node.kind)(values)
            if pending:
                pending[-1][2].append(value)
    return value
