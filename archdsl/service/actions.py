"""Code actions at a place: the fixes of diagnostics, and refactorings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.fixes import applied
from archdsl.service.analysis import Analysis
from archdsl.service.edits import Edit
from archdsl.service.library import exported

Kind: TypeAlias = Literal["quickfix", "refactor.extract", "refactor.inline", "refactor.rewrite", "source.fixAll"]


class Action(NamedTuple):
    """A code action."""

    title: str
    kind: Kind
    edits: tuple[Edit, ...]
    diagnostic: Diagnostic | None = None
    """What it mends."""
    is_preferred: bool = False


def fixes(analysis: Analysis, start: int, end: int) -> tuple[Action, ...]:
    """The fixes of the diagnostics that touch a range."""
    touching = [d for d in analysis.diagnostics if d.span.source is analysis.source and _meets(d, start, end)]
    return tuple(action for found in touching for action in _fixes(analysis, found))


def fix_all(analysis: Analysis) -> tuple[Action, ...]:
    """One action with all safe fixes, if there are any."""
    found = [d.fix for d in analysis.diagnostics if d.fix and d.fix.is_safe and d.fix.span.source is analysis.source]
    if not found:
        return ()
    text = applied(analysis.text, found)
    edits = (Edit(analysis.span(0, len(analysis.text)), text),)
    return (Action("Apply all fixes that are safe", "source.fixAll", edits),)


def _meets(found: Diagnostic, start: int, end: int) -> bool:
    return found.span.start <= end and start <= found.span.end


def _fixes(analysis: Analysis, found: Diagnostic) -> Iterator[Action]:
    fix = found.fix
    if fix is not None and fix.span.source is analysis.source:
        edits = (Edit(fix.span, fix.replacement),)
        yield Action(_title(found), "quickfix", edits, found, fix.is_safe)
    if found.code == "unknown-name":
        name = found.span.text
        module = exported(analysis.loader).get(name)
        if module is not None and not (fix is not None and "import" in fix.replacement):
            added = analysis.module.import_fix(f"from {module} import {name}")
            edits = (Edit(added.span, added.replacement),)
            yield Action(f"Import `{name}` from `{module}`", "quickfix", edits, found, is_preferred=True)
    if not found.is_error and found.code not in ("unknown-allow", "unused-allow"):
        yield Action(f"Allow `{found.code}` on this line", "quickfix", (_allowed(analysis, found),), found)


def _title(found: Diagnostic) -> str:
    """The title of a fix."""
    assert found.fix is not None
    span, text = found.fix.span, found.fix.replacement
    old, new = _short(span.text), _short(text)
    if not new:
        return f"Remove `{old}`"
    return f"Insert `{new}`" if not old else f"Replace `{old}` by `{new}`"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def _allowed(analysis: Analysis, found: Diagnostic) -> Edit:
    """The action that allows a warning by a comment at the end of its line."""
    line = analysis.lines.position(found.span.start).line
    start, end = analysis.lines.start(line), analysis.lines.end(line)
    text = analysis.text[start:end]
    _, mark, codes = text.partition("# allow:")
    if mark:
        return Edit(analysis.span(end, end), f", {found.code}" if codes.strip() else f" {found.code}")
    return Edit(analysis.span(end, end), f"  # allow: {found.code}")
