"""Builds expressions of the AST: one method per grammar rule, from the values of its children."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import inf, isinf
from typing import Any, TypeAlias

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import syntax as codes
from archdsl.diagnostics.catalogue.limits import NumberTooLarge
from archdsl.limits import Limits
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast, tables
from archdsl.syntax.tokens import Token

_SCALE = {"k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_BACKSLASH = ('a backslash is written twice, and the others are `\\n`, `\\t` and `\\"`',)
_DIGITS = 4_000

Children: TypeAlias = list[Any]


def _mark(token: Token) -> str:
    """The canonical form of an operator, however it is written."""
    return "==" if token.text == "=" else tables.load().spelling.get(token.type, token.text)


class Expressions:
    """Builds expressions of the file in ``source``; errors that the grammar permits are noted in ``found``."""

    def __init__(self, source: SourceFile, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.found: list[Diagnostic] = []

    def _span(self, children: Sequence[Any]) -> Span:
        first, last = children[0], children[-1]
        start = first.start if isinstance(first, Token) else first.span.start
        end = last.end if isinstance(last, Token) else last.span.end
        return Span(self.source, start, end)

    def _name(self, token: Token) -> ast.Name:
        return ast.Name(self._token_span(token), token.text)

    def _token_span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    def _names(self, children: Iterable[Any]) -> tuple[ast.Name, ...]:
        return tuple(self._name(c) for c in children if isinstance(c, Token) and c.type == "NAME")

    @staticmethod
    def _values(children: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(c for c in children if not isinstance(c, Token))

    def conditional(self, children: Children) -> ast.Conditional:
        return ast.Conditional(self._span(children), children[0], children[2], children[4])

    def or_(self, children: Children) -> ast.Logic:
        return ast.Logic(self._span(children), "or", children[0], children[2])

    def and_(self, children: Children) -> ast.Logic:
        return ast.Logic(self._span(children), "and", children[0], children[2])

    def not_(self, children: Children) -> ast.Not:
        return ast.Not(self._span(children), children[1])

    def comparison(self, children: Children) -> ast.Compare:
        operators: list[str] = []
        for child in children:
            if not isinstance(child, Token):
                continue
            if child.type == "IN" and operators and operators[-1] == "not":
                operators[-1] = "not in"
            else:
                operators.append(_mark(child))
        return ast.Compare(self._span(children), self._values(children), tuple(operators))

    def _binary(self, children: Children) -> ast.Binary:
        return ast.Binary(self._span(children), _mark(children[1]), children[0], children[2])

    def sum(self, children: Children) -> ast.Binary:
        return self._binary(children)

    def product(self, children: Children) -> ast.Binary:
        return self._binary(children)

    def power(self, children: Children) -> ast.Binary:
        return self._binary(children)

    def negative(self, children: Children) -> ast.Unary:
        return ast.Unary(self._span(children), _mark(children[0]), children[1])

    def negative_cell(self, children: Children) -> ast.Unary:
        return self.negative(children)

    def call(self, children: Children) -> ast.Call:
        callee, (_, arguments, end) = children
        return ast.Call(Span(self.source, callee.span.start, end), callee, arguments)

    def field(self, children: Children) -> ast.Field:
        return ast.Field(self._span(children), children[0], self._name(children[2]))

    def item(self, children: Children) -> ast.Item:
        return ast.Item(self._span(children), children[0], children[2])

    def slice(self, children: Children) -> ast.Slice:
        parts: list[ast.Expr | None] = [None]
        for child in children:
            if not isinstance(child, Token):
                parts[-1] = child
            else:
                parts.extend([None] * len(_mark(child)))  # `::` opens two parts
        start, stop, step = (*parts, None, None)[:3]
        return ast.Slice(self._span(children), start, stop, step)

    def name(self, children: Children) -> ast.Name:
        return self._name(children[0])

    def integer(self, children: Children) -> ast.Literal:
        token = children[0]
        text = token.text.replace("_", "")
        scale = _SCALE.get(text[-1])
        digits = text[:-1] if scale else text
        # Looked at before it is read, which takes quadratic time; Python itself refuses at some thousands of digits.
        number = int(digits) * (scale or 1) if len(digits) <= min(self.limits.bits, _DIGITS) else None
        if number is None or number.bit_length() > self.limits.bits:
            self._too_large(token, f"2 ** {self.limits.bits}", self.limits.advice("bits"))
            number = 0
        return ast.Literal(self._token_span(token), number)

    def _too_large(self, token: Token, most: str, help_: tuple[str, ...] = ()) -> None:
        self.found.append(NumberTooLarge(span=self._token_span(token), what="the number", most=most, help=help_))

    def decimal(self, children: Children) -> ast.Literal:
        token = children[0]
        text = token.text.replace("_", "")
        scale = _SCALE.get(text[-1])
        try:
            # In decimal, as 4.1 * 10**9 is 4099999999.9999995 in binary.
            value = float(Decimal(text[:-1]) * scale) if scale else float(text)
        except ArithmeticError:  # an exponent that not even a decimal holds
            value = inf
        if isinf(value):
            self._too_large(token, "a float holds")
            value = 0.0
        return ast.Literal(self._token_span(token), value)

    def string(self, children: Children) -> ast.Literal:
        return ast.Literal(self._token_span(children[0]), self._text(children[0]))

    def _text(self, token: Token) -> str:
        def unescape(match: re.Match[str]) -> str:
            if match[1] not in _ESCAPES:
                at = token.start + 1 + match.start()
                self.found.append(codes.BadEscape(span=Span(self.source, at, at + 2), escape=match[0], help=_BACKSLASH))
            return _ESCAPES.get(match[1], match[1])

        inner = token.text[1:-1]
        return re.sub(r"\\(.)", unescape, inner) if "\\" in inner else inner

    def true(self, children: Children) -> ast.Literal:
        return ast.Literal(self._token_span(children[0]), True)

    def false(self, children: Children) -> ast.Literal:
        return ast.Literal(self._token_span(children[0]), False)

    def group(self, children: Children) -> ast.Expr:
        """A parenthesised expression, including the parentheses in its span, for quotation and replacement."""
        inner: ast.Expr = children[1]
        return inner.replaced(span=self._span(children))

    def list(self, children: Children) -> ast.ListOf:
        return ast.ListOf(self._span(children), self._values(children))

    def comprehension(self, children: Children) -> ast.Comprehension:
        element, *clauses = self._values(children)
        return ast.Comprehension(self._span(children), element, tuple(clauses))

    def clause(self, children: Children) -> ast.Clause:
        iterable, condition = (*self._values(children), None)[:2]
        return ast.Clause(self._span(children), self._names(children), iterable, condition)

    def arguments(self, children: Children) -> tuple[str, tuple[ast.Argument, ...], int]:
        found: list[ast.Argument] = []
        for value in self._values(children):
            if isinstance(value, ast.Argument):
                found.append(value)
            elif isinstance(value, ast.Spread):
                found.append(ast.Argument(value.span, None, value.value, spread=True))
            else:
                found.append(ast.Argument(value.span, None, value))
        return "arguments", tuple(found), children[-1].end

    def keyword(self, children: Children) -> ast.Argument:
        return ast.Argument(self._span(children), self._name(children[0]), children[2])

    def table(self, children: Children) -> ast.Table:
        return ast.Table(self._span(children), self._values(children))

    def row(self, children: Children) -> tuple[ast.Expr, ...]:
        return tuple(children)
