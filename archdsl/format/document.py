"""Formats a whole text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from archdsl.format.columns import align
from archdsl.format.gaps import Gap, gap, others
from archdsl.format.printer import Line, Printer
from archdsl.format.rules import Rules
from archdsl.format.stream import Mark
from archdsl.limits import DEFAULT, Limits
from archdsl.source import SourceFile
from archdsl.syntax import tables, tree
from archdsl.syntax.build import Builder
from archdsl.syntax.tokens import ERROR
from archdsl.syntax.tree import Leaf, Node

_LINE_END: Final = re.compile(r"(?<!\r)\r++(\n|\Z)")
_SEPARATORS: Final = frozenset({"NEWLINE", "COMMA"})
"""Tokens that the form adds and removes."""
_LEADING: Final = frozenset(
    {"ARROW", "PLUS", "MINUS", "STAR", "SLASH", "DOUBLE_SLASH", "PERCENT", "POWER", "AND", "OR", "COMPARE"}
)
"""Tokens that begin lines: a line that ends after one ends before it."""


class Formatted(NamedTuple):
    """A text in its canonical form."""

    text: str
    left: tuple[int, ...]
    """The lines, in the text that was given, of what was left as it is because of mistakes."""


class _Token(NamedTuple):
    kind: str
    start: int
    end: int


class _Part(NamedTuple):
    """A declaration, or text that is kept verbatim, with its tokens without separators."""

    node: Node | None
    tokens: Sequence[_Token]

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end


def format_text(text: str, limits: Limits = DEFAULT) -> Formatted:
    """The canonical form of a text. Declarations with syntax errors are kept verbatim.

    >>> format_text("let  n=f( 1,2 ,)# one").text
    'let n = f(1, 2)  # one\\n'
    """
    text = _LINE_END.sub(r"\1", text)
    source = SourceFile("<text>", text)
    parts = _merged(text, _read(source, limits))
    document = _Document(text)
    for part in parts:
        document.add(part)
    left = (source.position(part.start)[0] for part in parts if part.node is None)
    return Formatted(document.finish(), tuple(left))


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(source: SourceFile, limits: Limits) -> list[_Part]:
    """The declarations of a text; those with errors have no node.

    Some mistakes the grammar lets through: they are found where the tree becomes an AST.
    """
    root, builder = tree.parse(source, limits), Builder(source, limits)
    parts: list[_Part] = []
    at = 0
    for child in (child for node in root.children if isinstance(node, Node) for child in node.children):
        if isinstance(child, Leaf):
            at += len(child.trivia) + len(child.text)
            continue
        tokens: list[_Token] = []
        is_sound, start = True, at
        for leaf in child.leaves():
            begin = at + len(leaf.trivia)
            is_sound = is_sound and _is_sound(leaf) and not (tokens and others(leaf.trivia))
            at = begin + len(leaf.text)
            if leaf.kind not in _SEPARATORS:
                tokens.append(_Token(leaf.kind, begin, at))
        if is_sound:
            known = len(builder.found)
            tree.fold(child, start, lambda rule: getattr(builder, rule))
            is_sound = len(builder.found) == known
        parts.append(_Part(child if is_sound else None, tokens))
    return parts


def _is_sound(leaf: Leaf) -> bool:
    """Whether a token is a genuine one, not made up by error recovery."""
    kind, text = leaf.kind, leaf.text
    if kind == "NAME":
        return tables.load().keywords.get(text, kind) == kind and text != ""
    if kind == "STRING":
        return text.startswith('"')
    if kind == "NEWLINE":
        return text.isspace()
    return kind != ERROR and text != "" and tables.load().spelling.get(kind, text) == text


def _merged(text: str, parts: Sequence[_Part]) -> list[_Part]:
    """The parts, with stray text added to the part before it, or as a part of its own."""
    made: list[_Part] = []
    end = 0
    for part in (*parts, None):
        start = len(text) if part is None else part.start
        stray = others(text[end:start])
        if stray is not None:
            line_end = text.find("\n", end + stray[1])
            stop = start if line_end < 0 else min(line_end, start)
            first = end + stray[0]
            if made and "\n" not in text[end:first]:
                first = made.pop().start
            made.append(_verbatim(text, first, stop))
            end = stop
        if part is None:
            continue
        if made and "\n" not in text[end:start]:  # it begins in the line of what is left as it is
            made[-1] = _verbatim(text, made[-1].start, part.end)
        else:
            made.append(_verbatim(text, start, part.end) if part.node is None else part)
        end = part.end
    return made


def _verbatim(text: str, start: int, end: int) -> _Part:
    """Text kept verbatim, with the blanks before it."""
    while start and text[start - 1] in " \t":
        start -= 1
    return _Part(None, [_Token(ERROR, start, end)])


def _gaps(text: str, tokens: Sequence[_Token]) -> tuple[list[Gap], list[int], dict[int, int]]:
    """The gaps before the tokens of a declaration, their columns, and those of comments at line ends."""
    gaps, columns, remarks = [Gap()], [], {}
    line = text.rfind("\n", 0, tokens[0].start) + 1
    taken = False
    for number, token in enumerate(tokens):
        if number:
            end = tokens[number - 1].end
            between = "" if taken else text[end : token.start]
            taken = token.kind in _LEADING and number + 1 < len(tokens)
            if taken and "\n" in (after := text[token.end : tokens[number + 1].start]):
                found = gap(f"{between}{after}")
                at = found.trailing_at + (end if found.trailing_at < len(between) else token.end - len(between))
            else:
                taken = False
                found = gap(between)
                at = end + found.trailing_at
            if found.trailing:
                remarks[number] = at - line
            gaps.append(found)
        line = max(line, text.rfind("\n", tokens[number - 1].end if number else 0, token.start) + 1)
        columns.append(token.start - line)
    return gaps, columns, remarks


# --- writing ----------------------------------------------------------------------------------------------------------


class _Document:
    """The formatted lines, declaration by declaration."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: list[Line] = []
        self._end = 0
        """Where the text ends that was written."""
        self._previous = ""
        """What the last declaration was."""
        self._paragraph = 0
        self._tables = 0

    def add(self, part: _Part) -> None:
        if part.node is None:
            kind = "verbatim"
            lines = [Line(None, 0, line, is_verbatim=True) for line in self.text[part.start : part.end].split("\n")]
        else:
            kind = part.node.kind
            writer = Rules(*_gaps(self.text, part.tokens), self._tables)
            writer.declaration(part.node)
            self._tables = writer.tables
            lines = Printer(writer.stream.items).printed()
        if kind in ("block", "model") and len(lines) > 1:
            kind = "body"
        apart = "body" in (kind, self._previous) or (
            self._previous == "import_" and kind not in ("import_", "verbatim")
        )
        self._between(part.start, apart=apart)
        self._append(*lines)
        self._end, self._previous = part.end, kind

    def finish(self) -> str:
        """The text, with the comments after the last declaration."""
        self._between(len(self.text), apart=False)
        while self.lines and not self.lines[-1].text:
            self.lines.pop()
        align(self.lines)
        return "".join(f"{line}\n" for line in self.lines)

    def _between(self, start: int, *, apart: bool) -> None:
        """The comments and the blank line before what begins at ``start``; there is always one if it is ``apart``."""
        between, is_first = self.text[self._end : start], not self.lines
        found = gap(f"\n{between}" if is_first else between)
        if found.trailing:
            self._trail(found)
        wanted = apart and not is_first and not found.has_blank and not found.trailing.startswith("##")
        for comment in found.own:
            if (comment.after_blank or wanted) and self.lines:
                self._skip()
            wanted = False
            self._append(Line(None, 0, comment.text))
        if (found.after_blank or wanted) and self.lines:
            self._skip()

    def _trail(self, found: Gap) -> None:
        line, at = self.lines[-1], self._end + found.trailing_at
        line.text += "  "
        column = at - self.text.rfind("\n", 0, at) - 1
        line.marks.append((len(line.text), Mark("#", column, found.trailing_width > 2)))
        line.text += found.trailing

    def _skip(self) -> None:
        self._append(Line(None, 0))
        self._paragraph += 1

    def _append(self, *lines: Line) -> None:
        for line in lines:
            line.paragraph = self._paragraph
        self.lines += lines
