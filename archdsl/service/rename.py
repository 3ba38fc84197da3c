"""Rename a definition in all files that refer to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archdsl.names.language import built_in
from archdsl.service.analysis import Analysis
from archdsl.service.edits import Edit
from archdsl.service.references import Found, elsewhere, everywhere, references
from archdsl.service.symbol import word
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast, tables


class Refused(Exception):
    """The rename is not possible; says why."""


def renamable(analysis: Analysis, offset: int) -> Span:
    """The word at a place, if it can be renamed. Raises ``Refused``."""
    found = references(analysis, offset)
    token = word(analysis, offset)
    if found is None or token is None:
        raise Refused("nothing that can be renamed")
    if not found.definitions:
        raise Refused(f"`{found.name}` is a name of the language")
    foreign = next((span.source for span in found.definitions if not _is_own(span.source, analysis)), None)
    if foreign is not None:
        raise Refused(f"`{found.name}` is defined in {foreign.name}, which travels with archdsl")
    return analysis.span(token.start, token.end)


def rename(analysis: Analysis, offset: int, name: str, others: Iterable[Analysis] = ()) -> tuple[Edit, ...]:
    """The edits of a rename, also in texts that import the definition. Raises ``Refused``.

    ``others`` are texts that may import what the name is of.
    """
    renamable(analysis, offset)
    found = references(analysis, offset)
    assert found is not None
    if not name.isidentifier() or name in tables.load().keywords:
        raise Refused(f"`{name}` is no name")
    if name == found.name:
        return ()
    is_port = found.definition is not None and found.definition.kind == "port"
    if is_port and isinstance(analysis.declaration(offset), ast.Check):
        raise Refused(f"`{found.name}` is named by the block that is checked: it is renamed there")
    if is_port and found.unsure:
        raise Refused(f"`{found.name}` is also a label, and which of those are meant only values say")
    if found.unsure:
        raise Refused(f"`{found.name}` may be an argument at {_place(found.unsure[0])}: only values say what is called")
    others = tuple(others)
    for each, of in [
        (found, analysis),
        *((there, other) for other in others for there in elsewhere(analysis, found, other)),
    ]:
        _check_free(name, each, of)
    places = everywhere(analysis, found, others)
    edits = tuple(Edit(span, _text(span, found.name, name)) for span in places)
    foreign = next((edit.span.source for edit in edits if not _is_own(edit.span.source, analysis)), None)
    if foreign is not None:
        raise Refused(f"{foreign.name} travels with archdsl")
    return edits


def _check_free(name: str, found: Found, analysis: Analysis) -> None:
    """Raises ``Refused`` if the new name is taken in a declaration that uses the old one."""
    if found.definition is None:
        return
    if found.definition.kind in ("let", "block", "model", "function", "import") and name in analysis.index.declared:
        raise Refused(f"the file has a `{name}` already")
    for span in found.places:
        names = next((i.around(span) for i in analysis.indices if i.module.source is span.source), None)
        if names is None:
            continue
        taken: Sequence[str] = [d.name for d in names.definitions]
        if name in taken or any(use.name.id == name for use in names.uses):
            raise Refused(f"`{name}` means something else at {_place(span)}")
    if built_in(name) is not None and found.definition.kind in ("tap", "port", "let", "shared"):
        raise Refused(f"`{name}` is a name of the language")


def _text(span: Span, old: str, new: str) -> str:
    """The new text of a reference; parentheses around a name are kept."""
    return span.text.replace(old, new, 1)


def _is_own(source: SourceFile, analysis: Analysis) -> bool:
    return source.path is not None or source is analysis.source


def _place(span: Span) -> str:
    return f"{span.source.name}:{span.line}:{span.column}"
