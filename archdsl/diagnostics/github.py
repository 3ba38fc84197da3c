"""Diagnostics as GitHub workflow commands, which the web page of a pull request shows beside the lines they name."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.diagnostics.display import visible
from archdsl.diagnostics.model import Diagnostic
from archdsl.diagnostics.words import advice, headline


def render_all(diagnostics: Sequence[Diagnostic]) -> str:
    """One command per line: ``::error title=…,file=…,line=…,col=…,endLine=…,endColumn=…::message``."""
    return "\n".join(map(render, diagnostics))


def render(diagnostic: Diagnostic) -> str:
    """The message, labels and help as the one line of a workflow command."""
    span = diagnostic.span
    end_line, end_column = span.source.position(span.end)
    properties = {
        "title": f"archdsl ({diagnostic.code})",
        "file": span.source.name,
        "line": span.line,
        "col": span.column,
        "endLine": end_line,
        "endColumn": end_column,
    }
    text = [headline(diagnostic)]
    text += [f"{label.span.source.name}:{label.span.line}: {label.text}" for label in diagnostic.labels]
    text += [f"in {frame.call}" for frame in diagnostic.trace]
    text += [f"help: {line}" for line in advice(diagnostic)]
    written = ",".join(f"{key}={_escape(visible(str(value)), ':,')}" for key, value in properties.items())
    return f"::{diagnostic.severity} {written}::{_escape(visible(chr(10).join(text)))}"


def _escape(text: str, also: str = "") -> str:
    """Percent-encodes what would end the value: line breaks, and in a property its separators."""
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
