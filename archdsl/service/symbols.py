"""The outline of a text: declarations with their parameters, `let` lines, taps and labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archdsl.service.analysis import Analysis
from archdsl.service.describe import head
from archdsl.service.nodes import below
from archdsl.source import Span
from archdsl.syntax import ast


class Outline(NamedTuple):
    """A definition: ``kind`` is its keyword in the language, ``name_span`` its name within ``span``."""

    name: str
    kind: str
    detail: str
    span: Span
    name_span: Span
    children: tuple[Outline, ...] = ()


def symbols(analysis: Analysis) -> tuple[Outline, ...]:
    """The declarations of a text in order, without imports."""
    return tuple(_declarations(analysis.parsed))


def matches(query: str, name: str) -> bool:
    """Whether a name contains the letters of a query as a subsequence, ignoring case.

    >>> matches("cbn", "ConvBNAct"), matches("bcc", "ConvBNAct")
    (True, False)
    """
    letters = iter(name.casefold())
    return all(letter in letters for letter in query.casefold())


def _declarations(module: ast.Module) -> Iterator[Outline]:
    for each in module.declarations:
        match each:
            case ast.Block():
                kind = "model" if each.is_model else "block"
                yield Outline(each.name.id, kind, _detail(each), each.span, each.name.span, tuple(_inner(each)))
            case ast.Function():
                yield Outline(each.name.id, "fn", _detail(each), each.span, each.name.span)
            case ast.Variant():
                yield Outline(each.name.id, "model", _line(each.value.span), each.span, each.name.span)
            case ast.Let():
                yield Outline(each.name.id, "let", _line(each.value.span), each.span, each.name.span)
            case ast.Check():
                yield Outline(f"check {_line(each.subject.span)}", "check", "", each.span, each.subject.span)


def _inner(block: ast.Block) -> Iterator[Outline]:
    """Parameters, then the definitions of the body, in text order."""
    for param in block.params:
        yield Outline(param.name.id, "parameter", param.type.span.text, param.span, param.name.span)
    for node in below(block.body):
        match node:
            case ast.Let() | ast.Shared():
                kind = "let" if isinstance(node, ast.Let) else "shared"
                yield Outline(node.name.id, kind, _line(node.value.span), node.span, node.name.span)
            case ast.Tap():
                yield Outline(node.name.id, "tap", _line(node.step.span), node.span, node.name.span)
            case ast.Branch() if node.label is not None:
                yield Outline(node.label.id, "label", _line(node.flow.span), node.span, node.label.span)


def _detail(decl: ast.Block | ast.Function) -> str:
    return " ".join(head(decl).split()).partition(decl.name.id)[2].strip()


def _line(span: Span) -> str:
    line = " ".join(span.text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
