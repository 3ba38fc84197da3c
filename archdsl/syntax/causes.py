"""The usual causes of a syntax error: habits from other languages, and what is easily forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final, NamedTuple

from lark import Token

from archdsl.diagnostics import Fix
from archdsl.source import SourceFile, Span

STEP: Final = frozenset({"NAME", "IF", "FOR", "REPEAT", "PORTS", "LBRACE"})
"""Tokens that start a step."""
DECLARATION: Final = frozenset({"FROM", "LET", "FN", "BLOCK", "MODEL", "CHECK"})
"""Tokens that start a declaration."""
CLOSER: Final = {"(": ")", "[": "]", "{": "}"}

FOREIGN_CHARACTERS: Final[dict[str, tuple[str, str | None]]] = {
    "'": ("strings use double quotes", None),
    ";": ("a new line ends a statement", ""),
    "→": ("steps are joined by `->`", "->"),
    "“": ("strings use plain double quotes", '"'),
    "”": ("strings use plain double quotes", '"'),
    "×": ("write `*`", "*"),
    "−": ("write a plain `-`", "-"),
    "…": ("write three dots", "..."),
    "\u00a0": ("write a plain space", " "),
    "&": ("write `and`", None),
    "!": ("write `not`", None),
}
"""Help for characters that are none of the language's, and what to write instead where that is certain."""

_FOREIGN_WORDS: Final = {
    "def": "functions are `fn name(x: int) = expression`",
    "function": "functions are `fn name(x: int) = expression`",
    "class": "a reusable piece of graph is a `block`, a whole one a `model`",
    "import": "imports name what they import: `from std.conv import ConvBN`",
    "return": "a body's flow is its result; there is no `return`",
    "while": "loops are `repeat n { … }` and `for x in list { … }`",
    "elif": "write `else if`",
    "const": "constants are `let name = value`",
    "var": "constants are `let name = value`",
}
_OTHER_ARROWS: Final = ("=>", "|>", ">>", "|")
_VALUE: Final = frozenset({"NAME", "INTEGER", "DECIMAL", "STRING", "TRUE", "FALSE", "LSQB"})
_ENDS_STEP: Final = frozenset({"NAME", "RPAR", "RSQB", "RBRACE"})


class Cause(NamedTuple):
    """What is probably meant. ``span`` and ``expected`` replace what the grammar alone would say."""

    help: str = ""
    fix: Fix | None = None
    span: Span | None = None
    expected: str = ""


class Mistake:
    """The place of a syntax error: the token that does not fit, those before it, and the types that would fit."""

    def __init__(self, source: SourceFile, token: Token, before: Sequence[Token], accepted: frozenset[str]) -> None:
        self.source = source
        self.token = token
        self.before = before
        self.accepted = accepted

    @cached_property
    def openers(self) -> tuple[Token, ...]:
        """The brackets that are open."""
        stack: list[Token] = []
        for token in self.before:
            if token in CLOSER:
                stack.append(token)
            elif stack and token.type in ("RPAR", "RSQB", "RBRACE"):
                stack.pop()
        return tuple(stack)

    @property
    def opener(self) -> Token | None:
        return self.openers[-1] if self.openers else None

    @property
    def previous(self) -> Token | None:
        return self.before[-1] if self.before else None

    @property
    def is_past_declaration(self) -> bool:
        """Whether the declaration that is wrong has ended: the next one starts in the first column."""
        return bool(self.before) and (
            self.token.type == "$END" or (self.token.type in DECLARATION and self.span_of(self.token).column == 1)
        )

    @property
    def is_past_line(self) -> bool:
        """Whether only a closing bracket on a later line shows that something is missing."""
        before = self.previous
        return (
            before is not None
            and self.token.type in ("RPAR", "RSQB", "RBRACE")
            and self.span_of(before).line < self.span_of(self.token).line
        )

    def accepts(self, text: str) -> bool:
        return {")": "RPAR", "]": "RSQB", "}": "RBRACE"}[text] in self.accepted

    def span_of(self, token: Token) -> Span:
        if token.type == "$END":
            return self.after_previous
        return Span(self.source, token.start_pos or 0, token.end_pos or 0)

    @property
    def after_previous(self) -> Span:
        """The place right after the last token that fitted."""
        end = (self.previous.end_pos or 0) if self.previous else 0
        return Span(self.source, end, end)

    @property
    def offset(self) -> int:
        """Where the declaration to give up is, so that the next ones are still read."""
        if self.is_past_declaration and self.previous is not None:
            return self.previous.start_pos or 0
        return self.span_of(self.token).start


def usual_cause(mistake: Mistake) -> Cause:
    for rule in (_other_arrow, _foreign_word, _punctuation, _missing_part, _in_table, _missing_arrow, _reserved):
        cause = rule(mistake)
        if cause is not None:
            return cause
    return Cause()


def _other_arrow(mistake: Mistake) -> Cause | None:
    at = mistake.span_of(mistake.token)
    if "ARROW" not in mistake.accepted:
        return None
    for arrow in _OTHER_ARROWS:
        if mistake.source.text.startswith(arrow, at.start):
            whole = Span(mistake.source, at.start, at.start + len(arrow))
            return Cause("steps are joined by `->`", Fix(whole, "->"), span=whole)
    return None


def _foreign_word(mistake: Mistake) -> Cause | None:
    at = mistake.span_of(mistake.token)
    if str(mistake.token) in ("//", "/") and mistake.accepted | {"NEWLINE"} >= DECLARATION:
        return Cause("comments start with `#`", Fix(at, "#") if str(mistake.token) == "//" else None)
    for token in (mistake.token, mistake.previous):
        if token is not None and str(token) in _FOREIGN_WORDS:
            return Cause(_FOREIGN_WORDS[str(token)])
    return None


def _punctuation(mistake: Mistake) -> Cause | None:
    token, at = mistake.token, mistake.span_of(mistake.token)
    if token.type in ("RPAR", "RSQB", "RBRACE") and mistake.opener is None:
        return Cause(fix=Fix(at, ""), expected="no bracket is open here")
    if token.type == "COLON" and "EQUAL" in mistake.accepted and mistake.opener == "(":
        return Cause("named arguments use `=`", Fix(at, "="))
    if token.type == "EQUAL" and "COLON" in mistake.accepted and mistake.opener == "{":
        return Cause("labels use `:`", Fix(at, ":"))
    return None


def _missing_part(mistake: Mistake) -> Cause | None:
    before, accepted = mistake.before, mistake.accepted
    if accepted == {"COLON"} and mistake.opener == "(" and len(before) > 2:
        return Cause(f"a parameter has a type: `{before[-1]}: int`")
    if accepted == {"COLON"} and mistake.opener == "{":
        return Cause(
            "steps are joined by `->`; branches without labels are separated by `,` or a new line",
            span=mistake.span_of(before[-1]),
            expected="expected `,`, `->` or a new line before this",
        )
    if mistake.token.type == "LBRACE" and "DOUBLE_COLON" in accepted and "LBRACE" not in accepted:
        return Cause("a model states its shapes: `:: [224, 224, 3] -> [1000]`")
    if mistake.token.type == "ELSE":
        return Cause("`else` follows the `}` of an `if`")
    if before and before[-1].type == "ARROW" and mistake.token.type not in STEP:
        return Cause("a step follows `->`")
    if "COMMA" in accepted and mistake.token.type in _VALUE and str(mistake.opener) in ("(", "["):
        return Cause("values are separated by `,`", Fix(mistake.after_previous, ","))
    return None


def _in_table(mistake: Mistake) -> Cause | None:
    if mistake.opener is None:
        return None
    index = mistake.before.index(mistake.opener)
    if index and mistake.before[index - 1].type == "TABLE":
        return Cause("a cell that is an expression stands in brackets: `(16 * 2)`")
    return None


def _missing_arrow(mistake: Mistake) -> Cause | None:
    before = mistake.previous
    if before is None or before.type not in _ENDS_STEP or mistake.token.type not in STEP:
        return None
    if "ARROW" not in mistake.accepted:
        return None
    at = mistake.span_of(mistake.token)
    return Cause("steps are joined by `->`", Fix(Span(at.source, at.start, at.start), "-> "))


def _reserved(mistake: Mistake) -> Cause | None:
    token = mistake.token
    if token.isalpha() and token.type == token.upper() and "NAME" in mistake.accepted:
        return Cause(f"`{token}` is a word of the language; choose another name")
    return None
