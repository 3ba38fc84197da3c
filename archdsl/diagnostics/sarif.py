"""Diagnostics as SARIF 2.1.0, for code-scanning services and editors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from archdsl.diagnostics.explain import summary
from archdsl.diagnostics.model import Diagnostic, Fix
from archdsl.diagnostics.words import advice, headline
from archdsl.jsontext import dumps
from archdsl.source import Span
from archdsl.version import __version__

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render_all(diagnostics: Sequence[Diagnostic]) -> str:
    """A log with one run, whose rules are the codes that occur in it."""
    kinds = {d.code: type(d) for d in diagnostics}
    index = {code: i for i, code in enumerate(sorted(kinds))}
    driver = {
        "name": "archdsl",
        "semanticVersion": __version__,
        "rules": [_rule(kinds[code]) for code in index],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(d, index[d.code]) for d in diagnostics],
    }
    return dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(kind: type[Diagnostic]) -> dict[str, Any]:
    return {
        "id": kind.code,
        "shortDescription": {"text": summary(kind)},
        "help": {"text": f"archdsl explain {kind.code}"},
        "defaultConfiguration": {"level": kind.severity.value},
    }


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    text = [headline(diagnostic), *(f"help: {line}" for line in advice(diagnostic))]
    related = [(label.span, label.text) for label in diagnostic.labels]
    related += [(frame.span, f"in {frame.call}") for frame in diagnostic.trace]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": "\n".join(text)},
        "locations": [{"physicalLocation": _physical(diagnostic.span)}],
    }
    if related:
        result["relatedLocations"] = [
            {"physicalLocation": _physical(span), "message": {"text": words}} for span, words in related
        ]
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(diagnostic.fix)]
    return result


def _fix(fix: Fix) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(fix.span), "insertedContent": {"text": fix.replacement}}
    return {"artifactChanges": [{"artifactLocation": _artifact(fix.span), "replacements": [replacement]}]}


def _physical(span: Span) -> dict[str, Any]:
    return {"artifactLocation": _artifact(span), "region": _region(span)}


def _artifact(span: Span) -> dict[str, str]:
    return {"uri": quote(span.source.name)}


def _region(span: Span) -> dict[str, int]:
    end_line, end_column = span.source.position(span.end)
    return {"startLine": span.line, "startColumn": span.column, "endLine": end_line, "endColumn": end_column}
