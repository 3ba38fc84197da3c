"""Syntax errors of those who write a model as Python does: assignments, colons, tuples, operators between layers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from archdsl.diagnostics import Fix
from archdsl.syntax.mistake import DECLARATION, Cause, Mistake
from archdsl.syntax.tokens import Token

_BODIES: Final = frozenset({"FOR", "REPEAT", "IF", "ELSE"})
_OPERATORS: Final = {
    "PLUS": "tensors are added by a step: `add(name)`, or `add { … }` around branches",
    "MINUS": "tensors are subtracted by a step: `subtract(name)`, or `subtract { … }` around branches",
    "STAR": "`repeat n { … }` repeats steps; `mul(name)` multiplies tensors",
    "EQUAL": "a step is named after it, `step as name`; a value before the flow, `let name = value`",
    "QUESTION": "write `a if condition else b`",
}


def habit(mistake: Mistake) -> Cause | None:
    """The cause, if it is one of these."""
    for rule in (_comparison, _braced, _operator, _colon, _comma, _flow_as_value, _late_let, _constant, _signature):
        cause = rule(mistake)
        if cause is not None:
            return cause
    return None


def _comparison(mistake: Mistake) -> Cause | None:
    """One sign of equality where values are compared."""
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
    """Of values where a flow goes on, or one that is no operator here."""
    kind = mistake.token.type
    goes_on = kind == "QUESTION" or ("ARROW" in mistake.accepted and mistake.bracket == "{")
    return Cause(_OPERATORS[kind]) if goes_on and kind in _OPERATORS else None


def _colon(mistake: Mistake) -> Cause | None:
    """A colon after the head of a loop or condition; another sign than `::` between a declaration and its shapes."""
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
