"""The syntactic context of a place: the text is parsed with a placeholder name inserted there."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from archdsl.limits import Limits
from archdsl.names import Names
from archdsl.names.model import Definition
from archdsl.names.resolve import resolve
from archdsl.service.analysis import Analysis
from archdsl.service.nodes import children
from archdsl.source import SourceFile
from archdsl.syntax import ast, tables
from archdsl.syntax.automaton import Automaton
from archdsl.syntax.build import Builder
from archdsl.syntax.lexer import scan
from archdsl.syntax.reader import Reader
from archdsl.syntax.tokens import CLOSER, CLOSERS, Token, is_declaration

MARK: Final = "here_"
"""The name that is put at the place; longer if the text has it."""


_MODULE: Final = re.compile(r"\bfrom[ \t]+([\w.]*)\Z")
"""The name of a module as far as it is written."""


class Context(NamedTuple):
    """A place, and the declaration around it, parsed with a placeholder."""

    start: int
    """Where the word begins that is being written, in the whole text."""
    end: int
    prefix: str
    """What is written of it before the place."""
    accepted: frozenset[str]
    """The types of token that may stand there; empty where none may."""
    path: tuple[ast.Node, ...]
    """The nodes from the declaration to the name; none where that is in text that could not be read."""
    names: Names | None
    offset: int
    """Of the name in the declaration's own text."""
    before: tuple[Token, ...]
    """The tokens of the declaration before it."""
    in_comment: bool = False
    is_module: bool = False
    """Whether the name of a module is written."""

    @property
    def declaration(self) -> ast.Node | None:
        return self.path[0] if self.path else None

    @property
    def parent(self) -> ast.Node | None:
        return self.path[-2] if len(self.path) > 1 else None


class _Kind(str):
    """The token type of the placeholder, distinguished from others by its class."""

    __slots__ = ()


class _Probe(Automaton):
    """Records what may stand at the place."""

    accepted_there: frozenset[str] = frozenset()
    is_seen = False

    def fits(self, kind: str) -> bool:
        if kind.__class__ is _Kind and not self.is_seen:
            self.is_seen = True
            self.accepted_there = self.accepted()
        return super().fits(kind)


def context(analysis: Analysis, offset: int) -> Context:
    """The context of a place in a text."""
    text = analysis.text
    start, end = offset, offset
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    prefix = text[start:offset]
    if module := _MODULE.search(text, text.rfind("\n", 0, offset) + 1, offset):
        start, prefix = module.start(1), module[1]
    if _in_comment(analysis, offset):
        return Context(start, end, prefix, frozenset(), (), None, 0, (), in_comment=True)
    if module:
        return Context(start, end, prefix, frozenset({"NAME"}), (), None, 0, (), is_module=True)
    first, last = _around(analysis, start, end)
    mark = MARK
    while mark in text:
        mark += "_"
    before = text[first:start] + mark
    found = _read(analysis, before + text[end:last], start - first, (start, end, prefix))
    if found.path or not found.accepted:
        return found
    # What the declaration lacks behind the place keeps it from being read: it is put there.
    for rest in _rests(before):
        other = _read(analysis, before + rest, start - first, (start, end, prefix))
        if other.path:
            return other._replace(accepted=found.accepted)
    return found


def _rests(text: str) -> Iterator[str]:
    """Possible ends of an incomplete declaration: closing brackets, then further tokens."""
    opened: list[str] = []
    for token in scan(text, tables.load()).tokens:
        if token.type in CLOSER:
            opened.append(_CLOSED[token.type])
        elif token.type in CLOSERS and opened:
            opened.pop()
    closing = "".join(reversed(opened))
    yield from (f"{closing}{rest}" for rest in _FOLLOWING)


_CLOSED: Final = {"LPAR": ")", "LSQB": "]", "LBRACE": "}"}
_FOLLOWING: Final = ("", " { id }", " -> [1] { id }", " :: [1] -> [1] { id }", " in [] { id }", " for _ in []]")
"""What stands behind the head of a definition, from its signature on; or behind the variables of a loop."""


def _in_comment(analysis: Analysis, offset: int) -> bool:
    comments = analysis.lexed.comments
    at = bisect_right(comments, offset - 1, key=lambda comment: comment.start) - 1
    return at >= 0 and comments[at].start < offset <= comments[at].end


def _around(analysis: Analysis, start: int, end: int) -> tuple[int, int]:
    """The declaration around a place: from its keyword to the next one."""
    tokens, text = analysis.lexed.tokens, analysis.text
    at = bisect_left(tokens, start, key=lambda token: token.start)
    before, behind = reversed(tokens[:at]), tokens[bisect_left(tokens, max(end, start + 1), key=lambda t: t.start) :]
    first = next((token.start for token in before if is_declaration(token, text)), 0)
    last = next((token.start for token in behind if is_declaration(token, text)), len(text))
    return first, last


def _read(analysis: Analysis, text: str, offset: int, word: tuple[int, int, str]) -> Context:
    source = SourceFile(analysis.source.name, text, analysis.source.path)
    limits: Limits = analysis.limits
    lexed = scan(source.text, tables.load())
    for token in lexed.tokens:
        if token.start == offset and token.text:
            token.type = _Kind("NAME")
            break
    builder = Builder(source, limits)

    def maker(rule: str) -> Callable[[list[Any]], Any]:
        made: Callable[[list[Any]], Any] = getattr(builder, rule)
        return made

    reader = Reader(source, limits, tables.load(), maker)
    probe = reader.automaton = _Probe(tables.load(), maker)
    before = tuple(token for token in lexed.tokens if token.start < offset)
    declarations: tuple[ast.Declaration, ...] = reader.read(lexed)
    found = [d for d in declarations if d.span.start <= offset < d.span.end]
    path = _path(found[-1], offset) if found else ()
    names = None
    if found:
        names = Names(found[-1], resolve(found[-1], lambda name: _outer(analysis, name)))
    start, end, prefix = word
    return Context(start, end, prefix, probe.accepted_there, path, names, offset, before)


def _outer(analysis: Analysis, name: str) -> Definition | None:
    return analysis.index.of_file(name)


def _path(root: ast.Node, offset: int) -> tuple[ast.Node, ...]:
    """The nodes from the root to the placeholder; none if it is in unparsable text."""
    found = [root]
    while True:
        inner = next((n for n in children(found[-1]) if n.span.start <= offset < n.span.end), None)
        if inner is None:
            return tuple(found) if _begins(found[-1], offset) else ()
        found.append(inner)


def _begins(node: ast.Node, offset: int) -> bool:
    return isinstance(node, ast.Name | ast.TypeName) and node.span.start <= offset
