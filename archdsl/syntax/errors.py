"""The diagnostic of a syntax error: the token found, those expected, and the usual cause."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import syntax as codes
from archdsl.source import SourceFile, Span
from archdsl.syntax.causes import FOREIGN_CHARACTERS, usual_cause
from archdsl.syntax.mistake import Mistake
from archdsl.syntax.tokens import CLOSER, CLOSERS, DECLARATION, END, STEP, UNKNOWN

_SPELLING: Final = {
    "ARROW": "`->`", "DOUBLE_COLON": "`::`", "COLON": "`:`", "COMMA": "`,`", "DOT": "`.`", "ELLIPSIS": "`...`",
    "QUESTION": "`?`", "PIPE": "`|`", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`", "LBRACE": "`{`",
    "RBRACE": "`}`", "EQUAL": "`=`", "APPROX": "`~=`", "NAME": "a name", "INTEGER": "a number",
    "DECIMAL": "a number", "STRING": "a string", "NEWLINE": "a new line", END: "the end of the file",
    "PLUS": "`+`", "MINUS": "`-`", "STAR": "`*`", "SLASH": "`/`", "DOUBLE_SLASH": "`//`", "PERCENT": "`%`",
    "POWER": "`**`", "COMPARE": "a comparison",
}  # fmt: skip
_VALUE: Final = frozenset({"NAME", "INTEGER", "DECIMAL", "STRING", "TRUE", "FALSE", "LPAR", "LSQB"})
_BEFORE_VALUE: Final = frozenset({"MINUS", "PLUS", "NOT", "TABLE", "ELLIPSIS"})
# After a complete value any operator may follow, and after a step its brackets, a name or a claim: that helps nobody.
_GOES_ON: Final = frozenset(
    {"PLUS", "MINUS", "STAR", "POWER", "SLASH", "DOUBLE_SLASH", "PERCENT", "COMPARE", "IN", "NOT", "AND", "OR", "IF",
     "FOR", "DOT", "LSQB", "LPAR", "APPROX"}
)  # fmt: skip
_STEP_GOES_ON: Final = frozenset({"LBRACE", "DOUBLE_COLON", "AS"})
_MOST_WORDS = 6
_QUOTES: Final = {"'": "'", "“": "”"}
"""Of other languages and word processors: what begins a string, and what ends it."""
# What cannot stand within ( or [, so that its closing bracket must be missing.
_OUTSIDE_BRACKETS: Final = frozenset({"ARROW", "AS", "LBRACE", "DOUBLE_COLON"})


def diagnose(mistake: Mistake) -> Diagnostic:
    """The diagnostic for an unexpected token."""
    if mistake.token.type == UNKNOWN:
        return _character(mistake.token.start, mistake.source)
    return _unclosed(mistake) or _unexpected(mistake)


def _character(at: int, source: SourceFile) -> Diagnostic:
    text = source.text
    char = text[at : at + 1]
    line_end = text.find("\n", at) if "\n" in text[at:] else len(text)
    if char == '"':
        return codes.UnclosedString(span=Span(source, at, line_end))
    if char.isdigit():
        end = at
        while end < len(text) and (text[end].isalnum() or text[end] in "._"):
            end += 1
        product = re.fullmatch(r"([0-9]+)([A-Za-z]+)", text[at:end])
        help_ = f"a product is written `{product[1]} * {product[2]}`; " if product else ""
        return codes.UnexpectedCharacter(
            span=Span(source, at, end),
            character=f"in the number `{text[at:end]}`",
            help=(f"{help_}figures may end in `k`, `M` or `G`; a name starts with a letter",),
        )
    closing = text.find(_QUOTES.get(char, char), at + 1, line_end)
    if char in _QUOTES and closing > 0 and '"' not in text[at:closing]:
        fix = Fix(Span(source, at, closing + 1), f'"{text[at + 1 : closing]}"', is_safe=True)
        return codes.UnexpectedCharacter(
            span=fix.span, character=f"`{char}`", help=(f"strings use double quotes: `{fix.replacement}`",), fix=fix
        )
    span = Span(source, at, at + 1)
    help_, replacement = FOREIGN_CHARACTERS.get(char, ("", None))
    return codes.UnexpectedCharacter(
        span=span,
        character=f"`{char}`" if char.isprintable() and not char.isspace() else f"U+{ord(char):04X}",
        help=(help_,) if help_ else (),
        fix=None if replacement is None else Fix(span, replacement, _stands_alone(span, replacement)),
    )


def _stands_alone(span: Span, replacement: str) -> bool:
    """Whether the replacement substitutes the character; only at line ends may there be none."""
    return bool(replacement) or not span.source.line(span.line)[span.column :].strip()


def _unclosed(mistake: Mistake) -> Diagnostic | None:
    """The diagnostic for a bracket that is open at a token that cannot be inside of it."""
    opener, token = mistake.opener, mistake.token
    if opener is None or not opener.text:
        return None
    closer, may_close = _SPELLING[CLOSER[opener.type]].strip("`"), CLOSER[opener.type] in mistake.accepted
    is_closing = token.type in CLOSERS and token.type != CLOSER[opener.type]
    is_outside = opener.type != "LBRACE" and token.type in _OUTSIDE_BRACKETS and may_close
    is_outside = is_outside and not (token.type == "LBRACE" and mistake.wants_value)
    if not (is_closing or is_outside or mistake.is_past_declaration):
        return None
    labels: tuple[Label, ...] = ()
    if token.type != END:
        labels = (Label(mistake.span_of(token), f"`{closer}` is missing before this"),)
    fix = None
    if opener.type != "LBRACE" and may_close:
        around = mistake.openers[:-1]
        if is_closing and not any(CLOSER[o.type] == token.type for o in around):
            fix = Fix(mistake.span_of(token), closer, is_safe=True)
        else:  # with brackets around it or within, it could be missing at another place
            inside = any(token.type == opener.type and token.start > opener.start for token in mistake.before)
            is_safe = is_outside and not inside and (not around or around[-1].type == "LBRACE")
            fix = Fix(mistake.after_previous, closer, is_safe)
    return codes.UnclosedBracket(span=mistake.span_of(opener), opener=opener.text, labels=labels, fix=fix)


def _unexpected(mistake: Mistake) -> Diagnostic:
    token = mistake.token
    span, found = mistake.span_of(token), f"`{token}`"
    if mistake.is_past_declaration or mistake.is_past_line:
        # What is wrong is that nothing stands there, not the next thing that does.
        whole = "file" if token.type == END else "declaration" if mistake.is_past_declaration else "line"
        span, found = mistake.after_previous, f"end of the {whole}"
    elif token.type == "NEWLINE":
        found = "end of the line"
    cause = usual_cause(mistake)
    return codes.UnexpectedToken(
        span=cause.span or span,
        found=f"`{cause.span.text}`" if cause.span else found,
        expected=cause.expected or f"expected {_expected(mistake.accepted)}",
        help=(cause.help,) if cause.help else (),
        fix=cause.fix,
    )


def _expected(accepted: Collection[str]) -> str:
    """A short list of what is expected, in words: a value instead of the eight tokens that start one."""
    left = set(accepted)
    words: list[str] = []
    for kind, word in ((_VALUE, "a value"), (STEP, "a step"), (DECLARATION, "a declaration")):
        if kind <= left:
            words.append(word)
            left -= kind | (_BEFORE_VALUE if kind is _VALUE else frozenset())
    if left & {"COMMA", "RPAR", "RSQB", "LBRACE", "RBRACE", "NEWLINE", "ARROW", "ELSE"}:
        left -= _GOES_ON
    if "DOUBLE_COLON" in left:
        left -= {"WHERE"}  # which few definitions have
    if "ARROW" in left:
        left -= _STEP_GOES_ON
    words += sorted({_SPELLING.get(kind, f"`{kind.lower()}`") for kind in left})
    return _alternatives(words[:_MOST_WORDS])


def _alternatives(words: Sequence[str]) -> str:
    if not words:
        return "nothing more"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
