"""The usual causes of a syntax error: habits from other languages, and what is easily forgotten."""

from __future__ import annotations

from typing import Final

from archdsl.diagnostics import Fix
from archdsl.source import Span
from archdsl.syntax import tables
from archdsl.syntax.habits import habit
from archdsl.syntax.mistake import DECLARATION, STEP, Cause, Mistake
from archdsl.syntax.tokens import CLOSERS

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
    "^": ("powers are written `**`", "**"),
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
    "then": "the steps of an `if` stand in `{ … }`",
    "lambda": "functions are `fn name(x: int) = expression`, outside of blocks",
    "const": "constants are `let name = value`",
    "var": "constants are `let name = value`",
}
OTHER_ARROWS: Final = ("=>", "|>", ">>", "|")
_VALUE: Final = frozenset({"NAME", "INTEGER", "DECIMAL", "STRING", "TRUE", "FALSE", "LSQB"})
_ENDS_STEP: Final = frozenset({"NAME", "RPAR", "RSQB", "RBRACE"})


def usual_cause(mistake: Mistake) -> Cause:
    rules = (
        _misspelt,
        _other_arrow,
        _foreign_word,
        _punctuation,
        habit,
        _missing_part,
        _in_table,
        _missing_arrow,
        _reserved,
    )
    for rule in rules:
        cause = rule(mistake)
        if cause is not None:
            return cause
    return Cause()


def _misspelt(mistake: Mistake) -> Cause | None:
    """A word of the language that the repair read in place of another."""
    for token in mistake.instead:
        word = token.type.lower()
        if token.text not in ("", word) and tables.load().keywords.get(word) == token.type:
            span = mistake.span_of(token)
            return Cause(f"did you mean `{word}`?", Fix(span, word, is_safe=True), span=span)
    return None


def _other_arrow(mistake: Mistake) -> Cause | None:
    at = mistake.span_of(mistake.token)
    if "ARROW" not in mistake.accepted:
        return None
    for arrow in OTHER_ARROWS:
        if mistake.source.text.startswith(arrow, at.start):
            whole = Span(mistake.source, at.start, at.start + len(arrow))
            return Cause("steps are joined by `->`", Fix(whole, "->", is_safe=True), span=whole)
    return None


def _foreign_word(mistake: Mistake) -> Cause | None:
    at = mistake.span_of(mistake.token)
    starts = mistake.accepted | {"NEWLINE"} >= DECLARATION
    if mistake.token.text in ("//", "/") and (starts or "ARROW" in mistake.accepted):
        return Cause("comments start with `#`", Fix(at, "#", is_safe=True) if mistake.token.text == "//" else None)
    for token in (mistake.token, mistake.previous):
        if token is not None and token.text in _FOREIGN_WORDS:
            return Cause(_FOREIGN_WORDS[token.text])
    return None


def _punctuation(mistake: Mistake) -> Cause | None:
    token, at = mistake.token, mistake.span_of(mistake.token)
    if token.type in CLOSERS and mistake.opener is None:
        return Cause(fix=Fix(at, ""), expected="no bracket is open here")
    if token.type == "DOT" and mistake.bracket == "[" and ".." in mistake.source.text[at.start - 1 : at.end + 1]:
        return Cause("a part of a list is written `[first:last]`")
    if token.type == "COLON" and "EQUAL" in mistake.accepted and mistake.bracket == "(":
        return Cause("named arguments use `=`", Fix(_with_blanks(at), "=", is_safe=True))
    if token.type == "EQUAL" and "COLON" in mistake.accepted and mistake.bracket == "{":
        return Cause("labels use `:`", Fix(_with_blanks(at), ": ", is_safe=True))
    return None


def _with_blanks(at: Span) -> Span:
    """A place with the blanks around it."""
    text = at.source.text
    return at._replace(start=len(text[: at.start].rstrip(" ")), end=len(text) - len(text[at.end :].lstrip(" ")))


def _missing_part(mistake: Mistake) -> Cause | None:
    before, accepted = mistake.before, mistake.accepted
    if accepted == {"COLON"} and mistake.bracket == "(" and len(before) > 2:
        return Cause(f"a parameter has a type: `{before[-1]}: int`")
    if accepted == {"COLON"} and mistake.bracket == "{":
        return Cause(
            "steps are joined by `->`; branches without labels are separated by `,` or a new line",
            span=mistake.span_of(before[-1]),
            expected="expected `,`, `->` or a new line before this",
        )
    if mistake.token.type == "LBRACE" and accepted == {"EQUAL"}:
        return Cause("a function is one expression: `fn name(x: int) = 2 * x`")
    if mistake.token.type == "LBRACE" and "DOUBLE_COLON" in accepted and "LBRACE" not in accepted:
        return Cause("a model states its shapes: `:: [224, 224, 3] -> [1000]`")
    if mistake.token.type == "DOT" and before and before[-1].type == "FROM":
        return Cause('a file is named in quotes: `from "./blocks.arch" import …`')
    if mistake.token.type == "ELSE":
        return Cause("`else` follows the `}` of an `if`")
    if before and before[-1].type == "ARROW" and mistake.token.type not in STEP:
        return Cause("a step follows `->`")
    if "COMMA" in accepted and mistake.token.type in _VALUE and mistake.bracket in ("(", "["):
        return Cause("values are separated by `,`", Fix(mistake.after_previous, ","))
    return None


def _in_table(mistake: Mistake) -> Cause | None:
    before = mistake.before_opener
    if before is not None and before.type == "TABLE" and mistake.token.type == "COMMA":
        return Cause("cells are separated by blanks", Fix(mistake.span_of(mistake.token), ""))
    if before is not None and before.type == "TABLE":
        return Cause("a cell that is an expression stands in brackets: `(16 * 2)`")
    return None


def _missing_arrow(mistake: Mistake) -> Cause | None:
    before = mistake.previous
    if before is None or before.type not in _ENDS_STEP or mistake.token.type not in STEP:
        return None
    if "ARROW" not in mistake.accepted:
        return None
    at = mistake.span_of(mistake.token)
    is_safe = "COMMA" not in mistake.accepted  # which would separate two branches
    return Cause("steps are joined by `->`", Fix(Span(at.source, at.start, at.start), "-> ", is_safe))


def _reserved(mistake: Mistake) -> Cause | None:
    token = mistake.token
    if token.text.isalpha() and token.type == token.text.upper() and "NAME" in mistake.accepted:
        return Cause(f"`{token}` is a word of the language; choose another name")
    return None


_RULES: Final = (
    *(_misspelt, _other_arrow, _foreign_word, _punctuation, habit, _missing_part, _in_table, _missing_arrow, _reserved),
)
