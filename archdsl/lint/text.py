"""Lints on the text of a block: functions from the block to warnings, in ``LINTS``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from archdsl.diagnostics import Diagnostic, Fix
from archdsl.diagnostics.catalogue.lints import NumberOfSignature, RepeatOnce
from archdsl.syntax import ast
from archdsl.syntax.walk import walk


def in_text(block: ast.Block) -> Iterator[Diagnostic]:
    """The warnings about one block, in one walk over it."""
    nodes = [*walk(block.body)]
    for lint in LINTS:
        yield from lint(block, nodes)


def _repeats_once(_block: ast.Block, nodes: list[ast.Node]) -> Iterator[Diagnostic]:
    for node in nodes:
        if isinstance(node, ast.Repeat) and isinstance(node.count, ast.Literal) and node.count.value == 1:
            flow, span = node.body.flow, node.span._replace(end=node.count.span.end)
            is_plain = flow is not None and not node.body.statements and node.index is None
            # Names of nodes lose the number of the round.
            fix = Fix(node.span, flow.span.text) if flow is not None and is_plain else None
            yield RepeatOnce(span=span, help=("the steps alone are the same",), fix=fix)


def _numbers_of_signature(block: ast.Block, nodes: list[ast.Node]) -> Iterator[Diagnostic]:
    promised = {
        dim.id for port in (block.signature.outputs if block.signature else ()) for dim in port.shape.dims
        if isinstance(dim, ast.Name)
    }  # fmt: skip
    unused = promised - {node.id for node in nodes if isinstance(node, ast.Name)}
    for param in block.params if unused else ():
        if param.name.id in unused and isinstance(param.default, ast.Literal):
            name, value = param.name.id, param.default.value
            calls = (node.arguments or () for node in nodes if isinstance(node, ast.Apply))
            given = (argument.value for arguments in calls for argument in arguments[:1])
            places = [each.span for each in given if isinstance(each, ast.Literal) and each.value == value]
            if places:
                last = max(places, key=lambda span: span.start)
                help_ = (f"write `{name}`",)
                yield NumberOfSignature(span=last, name=name, help=help_, fix=Fix(last, name, is_safe=True))


LINTS: Final[tuple[Callable[[ast.Block, list[ast.Node]], Iterator[Diagnostic]], ...]] = (
    _repeats_once,
    _numbers_of_signature,
)
