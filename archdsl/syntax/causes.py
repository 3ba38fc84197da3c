"""The usual causes of a syntax error: habits from other languages, and forgotten marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from archdsl.diagnostics import Fix
from archdsl.source import Span
from archdsl.syntax import tables
from archdsl.syntax.mistake import Cause, Mistake
from archdsl.syntax.tokens import CLOSERS, DECLARATION, STEP, Token

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
    "return": "what a body ends with is its result; there is no `return`",
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
_BODIES: Final = frozenset({"FOR", "REPEAT", "IF", "ELSE"})
_OPERATORS: Final = {
    "PLUS": "tensors are added by a step: `add(name)`, or `add { … }` around branches",
    "MINUS": "tensors are subtracted by a step: `subtract(name)`, or `subtract { … }` around branches",
    "STAR": "`repeat n { … }` repeats steps; `mul(name)` multiplies tensors",
    "EQUAL": "a step is named after it, `step as name`; a value before the flow, `let name = value`",
    "QUESTION": "write `a if condition else b`",
}


def usual_cause(mistake: Mistake) -> Cause:
    """The first cause that fits."""
    return next(filter(None, (rule(mistake) for rule in _RULES)), Cause())


def _misspelt(mistake: Mistake) -> Cause | None:
    """A keyword that the repair substituted."""
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
    """A span extended by the blanks around it."""
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
    if mistake.bracket == "{" and accepted == {"LET"}:
        return Cause("braces hold the `let` lines of a function, then its value; without, `fn name(x: int) = 2 * x`")
    if mistake.bracket == "{" and mistake.token.type == "RBRACE" and "NEWLINE" in accepted:
        return Cause("a function ends with its value, on a line after the `let` lines")
    if mistake.token.type == "LBRACE" and "DOUBLE_COLON" in accepted and "LBRACE" not in accepted:
        return Cause("a model states its shapes: `:: [224, 224, 3] -> [1000]`")
    if mistake.token.type == "DOT" and before and before[-1].type == "FROM":
        return Cause('a file is named in quotes: `from "./blocks.arch" import …`')
    if mistake.token.type == "ELSE":
        return Cause("`else` follows the `}` of an `if`")
    if before and before[-1].type == "ARROW" and mistake.token.type == "ELLIPSIS":
        return Cause("only branches of a join may be left out or be several: `add { id, ...if wide { conv(8) } }`")
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


# --- of those who write a model as Python does: assignments, colons, tuples, operators between layers ---


def _comparison(mistake: Mistake) -> Cause | None:
    """A single equal sign where values are compared."""
    if mistake.token.type != "EQUAL" or "COMPARE" not in mistake.accepted:
        return None
    kinds = {token.type for token in _line(mistake)}
    if not kinds & {"IF", "CHECK"}:
        return None
    return Cause(
        "`==` compares", Fix(mistake.span_of(mistake.token), "==", is_safe=True), expected="expected `==` here"
    )


def _braced(mistake: Mistake) -> Cause | None:
    """Braces where a value stands: a set, a dictionary, or steps as an argument."""
    if mistake.token.type != "LBRACE" or not mistake.wants_value:
        return None
    text = next((token.text for token in mistake.instead if token.text), "")
    if "->" in text:
        return Cause("several steps are a `block`, and its name the argument")
    if ":" in text:
        return Cause("values with names are the rows of a `table { … }`")
    return Cause("lists are written `[1, 2]`")


def _operator(mistake: Mistake) -> Cause | None:
    """An operator of values in a flow, or one that the language lacks."""
    kind = mistake.token.type
    goes_on = kind == "QUESTION" or ("ARROW" in mistake.accepted and mistake.bracket == "{")
    return Cause(_OPERATORS[kind]) if goes_on and kind in _OPERATORS else None


def _colon(mistake: Mistake) -> Cause | None:
    """A colon after the head of a loop or condition; another mark in place of `::`."""
    kind = mistake.token.type
    if kind == "COLON" and "LBRACE" in mistake.accepted and any(token.type in _BODIES for token in _line(mistake)):
        return Cause("the steps of a loop or an `if` stand in `{ … }`")
    ends = re.match(r"[ \t]*(#[^\n]*)?\n", mistake.source.text[mistake.token.end :])
    if kind == "COLON" and "LBRACE" in mistake.accepted and mistake.opener is None and ends:
        return Cause("a body stands in `{ … }`, and `->` joins its steps")
    if kind in ("COLON", "EQUAL", "ARROW") and "DOUBLE_COLON" in mistake.accepted and mistake.opener is None:
        return Cause("shapes follow `::`: `:: [h, w, c] -> [h, w, 64]`")
    return None


def _comma(mistake: Mistake) -> Cause | None:
    opener, before = mistake.bracket, mistake.before_opener
    if mistake.token.type != "COMMA" or before is None:
        return None
    if opener == "(" and before.type not in ("NAME", "RPAR", "RSQB"):
        return Cause("a list stands in square brackets: `[3, 3]`")
    if opener == "[" and before.type == "NAME":
        return Cause("an index is one value; branches stand in `{ … }`")
    return None


def _flow_as_value(mistake: Mistake) -> Cause | None:
    words = [token.type for token in _line(mistake)]
    if mistake.token.type != "ARROW" or ("LET" not in words and "FN" not in words):
        return None
    if "FN" in words:
        return Cause("the value of a function is one op or block; several steps are a `block`")
    if mistake.span_of(mistake.token).line > mistake.span_of(mistake.before[-1]).line:
        return Cause("`let` lines stand before the flow, at the top of the body")
    return Cause("a value is one op or block; several steps are a `block`, or stand in the flow: `{ … } as name`")


def _late_let(mistake: Mistake) -> Cause | None:
    if mistake.token.type == "LET" and "ARROW" in mistake.accepted:
        return Cause("`let` lines stand before the flow, at the top of the body")
    return None


def _constant(mistake: Mistake) -> Cause | None:
    token = mistake.token
    if token.type != "NAME" or not mistake.accepted | {"NEWLINE"} >= DECLARATION or mistake.opener is not None:
        return None
    follows = re.match(r"[ \t]*=(?!=)", mistake.source.text[mistake.span_of(token).end :])
    return Cause(f"constants are `let {token} = value`") if follows else None


def _signature(mistake: Mistake) -> Cause | None:
    accepted = mistake.accepted
    shapes = accepted == {"LPAR", "LSQB"} or (accepted == {"NAME"} and mistake.bracket == "(")
    if shapes and any(token.type == "DOUBLE_COLON" for token in _line(mistake)):
        return Cause("a shape stands in square brackets: `[224, 224, 3]`")
    if mistake.token.type == "LBRACE" and accepted == {"ARROW"}:
        return Cause("a signature also states what comes out: `:: [h, w, c] -> [h, w, 64]`")
    return None


def _line(mistake: Mistake) -> Sequence[Token]:
    """The tokens of the statement so far."""
    start = len(mistake.before)
    while start and mistake.before[start - 1].type not in ("NEWLINE", "LBRACE"):
        start -= 1
    return mistake.before[start:]


_RULES: Final = (
    *(_misspelt, _other_arrow, _foreign_word, _punctuation),
    *(_comparison, _braced, _operator, _colon, _comma, _flow_as_value, _late_let, _constant, _signature),
    *(_missing_part, _in_table, _missing_arrow, _reserved),
)
"""In the order in which they are asked."""
