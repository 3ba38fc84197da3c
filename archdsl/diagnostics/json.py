"""Diagnostics for programs: a JSON array with one object each, in a versioned format.

Lines and columns count from 1, offsets from 0, both in Unicode code points; ends are exclusive. A new key may appear
within a version; the meaning of a key, or its absence, changes only with the version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archdsl.diagnostics.model import Diagnostic
from archdsl.jsontext import dumps
from archdsl.source import SourceFile, Span

SCHEMA = "archdsl-diagnostics"
VERSION = 1


def render_all(diagnostics: Sequence[Diagnostic]) -> str:
    """All diagnostics as the text of one JSON array; ``[]`` for none."""
    return dumps([to_json(d) for d in diagnostics], indent=2)


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as plain values.

    ``trace`` runs from the innermost call outwards, ``more`` counts further instances with the same mistake, and
    ``fix`` is a replacement, or null; one that is ``safe`` may be applied without asking.
    """
    fix = diagnostic.fix
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.text,
        "primary": _location(diagnostic.span) | {"text": diagnostic.primary.text},
        "labels": [_location(label.span) | {"text": label.text} for label in diagnostic.labels],
        "trace": [{"call": frame.call} | _location(frame.span) for frame in diagnostic.trace],
        "more": diagnostic.more,
        "help": list(diagnostic.help),
        "fix": None if fix is None else _location(fix.span) | {"replacement": fix.replacement, "safe": fix.is_safe},
    }


def _location(span: Span) -> dict[str, Any]:
    return {
        "file": span.source.name,
        "start": _position(span.source, span.start),
        "end": _position(span.source, span.end),
    }


def _position(source: SourceFile, offset: int) -> dict[str, int]:
    line, column = source.position(offset)
    return {"line": line, "column": column, "offset": offset}
