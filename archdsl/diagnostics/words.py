"""Texts that several renderers share."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic, Fix


def headline(diagnostic: Diagnostic) -> str:
    """The message with the text at its place, for renderers without source excerpts."""
    label = diagnostic.primary.text
    return f"{diagnostic.text}: {label}" if label else diagnostic.text


def advice(diagnostic: Diagnostic) -> tuple[str, ...]:
    """The help; where there is none but a fix is known, the fix in words."""
    if diagnostic.help or diagnostic.fix is None:
        return diagnostic.help
    return (_in_words(diagnostic.fix),)


def _in_words(fix: Fix) -> str:
    if not fix.replacement:
        return f"remove `{fix.span.text}`"
    verb = "insert" if fix.span.start == fix.span.end else "write"
    return f"{verb} `{fix.replacement.strip()}`"
