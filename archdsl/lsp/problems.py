"""Converts diagnostics to values of the protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from archdsl.diagnostics import Diagnostic
from archdsl.lsp.documents import Documents
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast

_UNUSED: Final = frozenset({"unused-name", "unused-allow"})
_LABELS: Final = 8


def diagnostics(documents: Documents, source: SourceFile, found: Iterable[Diagnostic], module: ast.Module) -> list[Any]:
    return [_diagnostic(documents, source, each, module) for each in found]


def _diagnostic(documents: Documents, source: SourceFile, found: Diagnostic, module: ast.Module) -> dict[str, Any]:
    own = found.span.source is source
    span = found.span if own else _import_of(found, source, module)
    related = [*_related(documents, found)]
    if not own:
        related.insert(0, {"location": documents.location(found.span), "message": "here"})
    made: dict[str, Any] = {
        "range": documents.range(span),
        "severity": 1 if found.is_error else 2,
        "code": found.code,
        "source": "archdsl",
        "message": _message(found, None if own else found.span.source.name),
    }
    if related:
        made["relatedInformation"] = related[:_LABELS]
    if found.code in _UNUSED:
        made["tags"] = [1]
    return made


def _message(found: Diagnostic, file: str | None) -> str:
    lines = [found.text if file is None else f"{file}: {found.text}"]
    if found.primary.text:
        lines.append(found.primary.text)
    lines += [f"help: {help_}" for help_ in found.help]
    if found.more:
        lines.append(f"and {found.more} more like it")
    return "\n".join(lines)


def _related(documents: Documents, found: Diagnostic) -> Iterator[dict[str, Any]]:
    for label in found.labels:
        yield {"location": documents.location(label.span), "message": label.text}
    for frame in found.trace:
        yield {"location": documents.location(frame.span), "message": f"in {frame.call}"}


def _import_of(found: Diagnostic, source: SourceFile, module: ast.Module) -> Span:
    """The place in a text that leads to a mistake in another file: a call in its trace, or an import."""
    for frame in found.trace:
        if frame.span.source is source:
            return frame.span
    imports = [d for d in module.declarations if isinstance(d, ast.Import)]
    stem = found.span.source.name.rpartition("/")[2].removesuffix(".arch")
    near = [d for d in imports if stem in d.module]
    return (near or imports)[0].place if imports else Span(source, 0, 0)
