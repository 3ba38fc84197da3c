"""Completion: the candidates for a place, best first, each with its replacement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from archdsl.names import Definition
from archdsl.names.model import Kind
from archdsl.service.analysis import Analysis
from archdsl.service.completion.candidates import Candidate, candidates
from archdsl.service.completion.context import Context, context
from archdsl.service.completion.model import Completion
from archdsl.service.completion.ranking import Ranking
from archdsl.service.describe import prose, title
from archdsl.service.edits import Edit
from archdsl.service.library import exported
from archdsl.source import Span
from archdsl.syntax import ast

_STEPS: Final = frozenset({"op", "block", "model", "function"})
_DETAIL: Final[frozenset[Kind]] = frozenset({"parameter", "tap", "let", "variable", "dimension", "shared", "port"})


def complete(analysis: Analysis, offset: int) -> tuple[Completion, ...]:
    """The completions at a place, best first: those that match the prefix before it."""
    place = context(analysis, offset)
    if place.in_comment or not place.accepted:
        return ()
    found = [c for c in candidates(analysis, place) if _fits(c.name, place.prefix)]
    span = analysis.span(place.start, place.end)
    made = [_made(each, span) for each in Ranking(analysis, place).ordered(found)]
    known = {each.label for each in made}
    made += (each for each in _importable(analysis, place, span) if each.label not in known)
    return tuple(made)


def documentation(analysis: Analysis, definition: Definition) -> str:
    """The documentation of a completion, as Markdown."""
    return "\n\n".join(filter(None, (title(definition), prose(definition, analysis))))


def _fits(name: str, prefix: str) -> bool:
    return name.casefold().startswith(prefix.casefold())


def _made(found: Candidate, span: Span) -> Completion:
    detail = found.detail
    definition = found.definition
    if not detail and definition is not None and definition.origin.kind in _DETAIL:
        detail = title(definition)
    return Completion(found.name, found.sort, span, found.insert, detail, definition)


def _importable(analysis: Analysis, place: Context, span: Span) -> Iterator[Completion]:
    """Library blocks and functions that are not imported, with the import to add, after a typed letter."""
    parent = place.parent
    if not place.prefix or not isinstance(parent, ast.Apply | ast.Argument | ast.Check | ast.Call | ast.Variant):
        return
    if isinstance(parent, ast.Argument) and parent.name is not None and parent.name.span.start == place.offset:
        return
    for name, module in exported(analysis.loader).items():
        if _fits(name, place.prefix) and name not in analysis.index.declared:
            fix = analysis.module.import_fix(f"from {module} import {name}")
            edit = Edit(fix.span, fix.replacement)
            sort = "block" if name[0].isupper() else "function"
            yield Completion(name, sort, span, detail=f"from {module}", edits=(edit,))  # type: ignore[arg-type]
