"""Turns Lark's exceptions into diagnostics: what stands there, what could, and the usual cause."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from archdsl.diagnostics import Diagnostic, Fix, Label
from archdsl.diagnostics.catalogue import syntax as codes
from archdsl.source import SourceFile, Span

_SPELLING = {
    "ARROW": "`->`", "DOUBLE_COLON": "`::`", "COLON": "`:`", "COMMA": "`,`", "DOT": "`.`", "ELLIPSIS": "`...`",
    "QUESTION": "`?`", "PIPE": "`|`", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`", "LBRACE": "`{`",
    "RBRACE": "`}`", "EQUAL": "`=`", "APPROX": "`~=`", "NAME": "a name", "INTEGER": "a number",
    "DECIMAL": "a number", "STRING": "a string", "NEWLINE": "a new line", "$END": "the end of the file",
}  # fmt: skip
_VALUE = frozenset({"NAME", "INTEGER", "DECIMAL", "STRING", "TRUE", "FALSE", "LPAR", "LSQB"})
_STEP = frozenset({"NAME", "IF", "FOR", "REPEAT", "PORTS", "LBRACE"})
_DECLARATION = frozenset({"FROM", "LET", "FN", "BLOCK", "MODEL", "CHECK"})
_OPERATORS = frozenset(
    {"PLUS", "MINUS", "STAR", "POWER", "SLASH", "DOUBLE_SLASH", "PERCENT", "COMPARE", "IN", "NOT", "AND", "OR",
     "IF", "DOT", "LSQB", "LPAR", "APPROX"}
)  # fmt: skip
_CLOSER = {"(": ")", "[": "]", "{": "}"}
_FOREIGN = {
    "def": "functions are `fn name(x: int) = expression`",
    "class": "a reusable piece of graph is a `block`, a whole one a `model`",
    "import": "imports are `from std.conv import ConvBN`",
    "return": "a body's flow is its result; there is no `return`",
    "while": "loops are `repeat n { … }` and `for x in list { … }`",
}


def offset_of(error: UnexpectedCharacters) -> int:
    """Where the lexer stopped."""
    return cast(int, error.pos_in_stream)


def character_error(error: UnexpectedCharacters, source: SourceFile) -> Diagnostic:
    at = offset_of(error)
    char = source.text[at : at + 1]
    span = Span(source, at, at + 1)
    if char == '"':
        end = source.text.find("\n", at)
        return codes.UnclosedString(span=Span(source, at, len(source.text) if end < 0 else end))
    if char.isdigit():
        end = at
        while end < len(source.text) and (source.text[end].isalnum() or source.text[end] in "._"):
            end += 1
        return codes.UnexpectedCharacter(
            span=Span(source, at, end),
            character=f"in the number `{source.text[at:end]}`",
            help=("figures may end in `k`, `M` or `G`; a name starts with a letter",),
        )
    help_ = {"'": ("strings use double quotes",), ";": ("a new line ends a statement",)}.get(char, ())
    shown = f"`{char}`" if char.isprintable() else f"U+{ord(char):04X}"
    return codes.UnexpectedCharacter(span=span, character=shown, help=help_)


def token_error(error: UnexpectedToken, source: SourceFile, tokens: list[Token]) -> Diagnostic:
    """``tokens`` are those that the parser consumed, which tells the brackets that are still open."""
    token = error.token
    accepted: frozenset[str] = frozenset(error.interactive_parser.accepts())  # type: ignore[no-untyped-call]  # Lark's
    opener = _open_bracket(tokens)
    if opener is not None and (
        token.type == "$END" or (token in (")", "]", "}") and _CLOSER[str(opener)] != str(token))
    ):
        span = Span(source, opener.start_pos or 0, opener.end_pos or 0)
        where: tuple[Label, ...] = ()
        if token.type != "$END":
            at = Span(source, token.start_pos or 0, token.end_pos or 0)
            where = (Label(at, f"`{_CLOSER[str(opener)]}` is missing before this"),)
        return codes.UnclosedBracket(span=span, opener=str(opener), labels=where)
    if token.type == "$END":
        end = len(source.text.rstrip())
        span = Span(source, max(end - 1, 0), max(end, 1))
    else:
        span = Span(source, token.start_pos or 0, token.end_pos or 0)
    found = _SPELLING.get(token.type) if token.type in ("$END", "NEWLINE") else f"`{token}`"
    help_, fix = _usual_cause(token, tokens, accepted, span)
    return codes.UnexpectedToken(
        span=span, found=found or str(token), expected=f"expected {_expected(accepted)}", help=help_, fix=fix
    )


def _open_bracket(tokens: list[Token]) -> Token | None:
    stack: list[Token] = []
    for token in tokens:
        if token in _CLOSER:
            stack.append(token)
        elif stack and token in (")", "]", "}"):
            stack.pop()
    return stack[-1] if stack else None


def _expected(accepted: Collection[str]) -> str:
    """A short list of what may follow, in words: a value instead of the eight tokens that start one."""
    left = set(accepted)
    words: list[str] = []
    for kind, word in ((_VALUE, "a value"), (_STEP, "a step"), (_DECLARATION, "a declaration")):
        if kind <= left:
            words.append(word)
            left -= kind | ({"MINUS", "PLUS", "NOT", "TABLE", "ELLIPSIS"} if kind is _VALUE else set())
    if "COMMA" in left or "RPAR" in left or "NEWLINE" in left or "ARROW" in left:
        left -= _OPERATORS  # after a complete value any operator may follow, which helps nobody
    words += sorted({_SPELLING.get(kind, f"`{kind.lower()}`") for kind in left})
    if not words:
        return "nothing more"
    return words[0] if len(words) == 1 else f"{', '.join(words[:6][:-1])} or {words[:6][-1]}"


def _usual_cause(
    token: Token, tokens: list[Token], accepted: frozenset[str], span: Span
) -> tuple[tuple[str, ...], Fix | None]:
    before = tokens[-1] if tokens else None
    if token.type == "COLON" and "RPAR" in accepted:
        return ("named arguments use `=`",), Fix(span, "=")
    if token.type == "EQUAL" and "ARROW" in accepted:
        return ("labels use `:`, as in `main: …`",), Fix(span, ":")
    if before is not None and str(before) in _FOREIGN:
        return (_FOREIGN[str(before)],), None
    if str(token) in _FOREIGN:
        return (_FOREIGN[str(token)],), None
    if token.type in _STEP and "ARROW" in accepted:
        at = Span(span.source, span.start, span.start)
        return ("steps are joined by `->`; branches stand on lines of their own",), Fix(at, "-> ")
    if token.type not in _SPELLING and token.type.lower() == str(token) and "NAME" in accepted:
        return (f"`{token}` is a word of the language; choose another name",), None
    return (), None
