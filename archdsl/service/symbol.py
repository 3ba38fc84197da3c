"""The definition of the word at a place."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal, NamedTuple, TypeAlias

from archdsl.elaborate.module import Module
from archdsl.names import Definition
from archdsl.names.references import at
from archdsl.ops.docs import ArgumentDoc
from archdsl.ops.registry import OPS
from archdsl.service.analysis import Analysis
from archdsl.service.nodes import innermost, path
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast
from archdsl.syntax.tokens import Token

Kind: TypeAlias = Literal["definition", "module", "argument", "type", "keyword", "label", "field"]


class Symbol(NamedTuple):
    """A word with its definition."""

    kind: Kind
    span: Span
    """Of the word."""
    definition: Definition | None = None
    module: SourceFile | None = None
    op: str = ""
    """Of an argument of an op, the op."""

    @property
    def text(self) -> str:
        return self.span.text


def word(analysis: Analysis, offset: int) -> Token | None:
    """The token that contains a place or ends there; of two that meet, a name first, or else the second."""
    tokens = analysis.lexed.tokens
    last = bisect_right(tokens, offset, key=lambda token: token.start)
    near = [t for t in tokens[max(last - 2, 0) : last] if t.text and t.start <= offset <= t.end and t.text.strip()]
    names = [token for token in near if token.text[0].isalpha() or token.text[0] == "_"]
    found = names or near
    return found[-1] if found else None


def symbol(analysis: Analysis, offset: int) -> Symbol | None:
    """The symbol at a place; ``None`` if there is no word, or it is not known."""
    token = word(analysis, offset)
    if token is None:
        return None
    span = analysis.span(token.start, token.end)
    declaration = analysis.declaration(offset)
    if isinstance(declaration, ast.Import) and holds_span(declaration.place, offset):
        return Symbol("module", declaration.place, module=imported(analysis, declaration))
    if token.type != "NAME":
        return Symbol("keyword", span) if token.text.isalpha() else None
    found = at(analysis.index, token.start, analysis.indices)
    if found is not None:
        return Symbol("definition", span, found)
    if declaration is None:
        return None
    around = path(declaration, token.start)
    argument = innermost(around, ast.Argument)
    if argument is not None and argument.name is not None and argument.name.span.start == token.start:
        op = op_of(analysis, around, argument)
        return Symbol("argument", span, op=op) if op else None
    if isinstance(around[-2] if len(around) > 1 else None, ast.Field | ast.Table):
        return Symbol("field", span)
    if isinstance(around[-1], ast.TypeName):
        return Symbol("type", span)
    branch = innermost(around, ast.Branch)
    if branch is not None and branch.label is not None and branch.label.span.start == token.start:
        return Symbol("label", span)
    return None


def holds_span(span: Span, offset: int) -> bool:
    return span.start <= offset <= span.end


def imported(analysis: Analysis, node: ast.Import) -> SourceFile | None:
    """The imported file, if it was found."""
    for name in node.names:
        bound = (name.alias or name.name).id
        if bound in analysis.module.imports:
            module: Module = analysis.module.imports[bound][0]
            return module.source
    return None


def op_of(analysis: Analysis, around: list[ast.Node], argument: ast.Argument) -> str:
    """The op that an argument belongs to; empty if there is none."""
    calls = (node for node in reversed(around) if isinstance(node, ast.Apply | ast.Call))
    call = next((node for node in calls if argument in (node.arguments or ())), None)
    if call is None:
        return ""
    callee = call.target if isinstance(call, ast.Apply) else call.callee
    names = analysis.names(call.span.start)
    found = names.meant(callee) if names and isinstance(callee, ast.Name) else None
    return found.name if found is not None and found.kind == "op" else ""


def argument_doc(op: str, name: str) -> ArgumentDoc | None:
    """The documentation of an argument of an op."""
    from archdsl.ops.docs import document

    return next((each for each in document(OPS[op]).arguments if each.name == name), None)
