"""Find references, in a text and in the files linked with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archdsl.names import Definition, Index, Names
from archdsl.names import references as names
from archdsl.service.analysis import Analysis
from archdsl.service.columns import fields
from archdsl.service.nodes import below, innermost, path
from archdsl.service.symbol import symbol
from archdsl.source import Span
from archdsl.syntax import ast


class Found(NamedTuple):
    """The references to one definition."""

    name: str
    definitions: tuple[Span, ...]
    places: tuple[Span, ...]
    """All of them, those that define it included, by file and place."""
    unsure: tuple[Span, ...] = ()
    """Arguments and labels of that name whose callee only values decide: some may be meant."""
    definition: Definition | None = None


def references(analysis: Analysis, offset: int) -> Found | None:
    """The references to the word at an offset; ``None`` if its definition is not known."""
    found = symbol(analysis, offset)
    if found is None:
        return None
    if found.definition is not None:
        return of_definition(analysis, found.definition)
    return _column(analysis, offset) or _label(analysis, offset)


def of_definition(analysis: Analysis, definition: Definition) -> Found | None:
    """The references to a definition; of a built-in name, those in the text itself."""
    if not definition.places:
        used = tuple(
            use.name.span for each in analysis.index.all() for use in each.uses if use.definition is definition
        )
        return Found(definition.name, (), used, (), definition)
    found = names.references(definition, analysis.indices)
    own = tuple(place.span for place in definition.places)
    places = (*found.places, *_checked(analysis, definition))
    return Found(definition.name, own, places, found.unsure, definition)


def _checked(analysis: Analysis, definition: Definition) -> Iterator[Span]:
    """References in `check` lines to inputs of their block."""
    files = {index.module.source: index for index in analysis.indices}
    for index in analysis.indices if definition.kind == "port" else ():
        for each in index.module.declarations:
            if isinstance(each, ast.Check) and each.signature is not None:
                owner = names.owner_of(each.subject, index.names(each), index, files)
                if owner is not None and owner.span.holds(definition.places[0].span):
                    ports = (port.name for port in each.signature.inputs if port.name is not None)
                    yield from (name.span for name in ports if name.id == definition.name)


def everywhere(analysis: Analysis, found: Found, others: Iterable[Analysis]) -> tuple[Span, ...]:
    """The references in several texts, each of which has a parse of its own of the defining file."""
    places = {(span.source.identity, span.start): span for span in found.places}
    for other in others:
        for there in elsewhere(analysis, found, other):
            places |= {(span.source.identity, span.start): span for span in there.places}
    return tuple(places.values())


def elsewhere(analysis: Analysis, found: Found, other: Analysis) -> Iterator[Found]:
    """The references in another text that imports the same file."""
    for place in found.definitions:
        module = next((m for m in other.program.modules if m.source.identity == place.source.identity), None)
        if module is None or other is analysis or module.source.text != place.source.text:
            continue
        definitions = module.names.definitions()
        definition = next((d for d in definitions if any(p.span.start == place.start for p in d.places)), None)
        there = of_definition(other, definition) if definition is not None else None
        if there is not None:
            yield there


def _column(analysis: Analysis, offset: int) -> Found | None:
    """The references to a table column: its header cell, and the fields that read it."""
    declaration = analysis.declaration(offset)
    if declaration is None:
        return None
    around = path(declaration, offset)
    field, table = innermost(around, ast.Field), innermost(around, ast.Table)
    cells: tuple[ast.Name, ...] = ()
    if field is not None and field.name.span.start <= offset <= field.name.span.end:
        meant = fields(analysis, analysis.index.names(declaration), field.value)
        cells = tuple(cell for cell in meant if cell.id == field.name.id)
    elif table is not None and table.rows:
        heads = [cell for cell in table.rows[0] if isinstance(cell, ast.Name)]
        cells = tuple(cell for cell in heads if cell.span.start <= offset <= cell.span.end)
    if not cells:
        return None
    spans = {cell.span for cell in cells}
    read = {span for index in analysis.indices for span in _reads(analysis, index, cells[0].id, spans)}
    places = tuple(sorted(spans | read, key=lambda span: (span.source.name, span.start)))
    return Found(cells[0].id, tuple(spans), places)


def _reads(analysis: Analysis, index: Index, name: str, cells: set[Span]) -> Iterator[Span]:
    """The fields of a name in a file that read some columns."""
    for each in index.all():
        for node in below(each.declaration):
            if isinstance(node, ast.Field) and node.name.id == name and _is_of(analysis, each, node, cells):
                yield node.name.span


def _is_of(analysis: Analysis, own: Names, node: ast.Field, cells: set[Span]) -> bool:
    return any(cell.span in cells for cell in fields(analysis, own, node.value))


def _label(analysis: Analysis, offset: int) -> Found | None:
    """The references to a label: those of `ports` are also read as fields."""
    declaration = analysis.declaration(offset)
    branch = innermost(path(declaration, offset), ast.Branch) if declaration is not None else None
    if branch is None or branch.label is None or not branch.label.span.start <= offset <= branch.label.span.end:
        return None
    span = branch.label.span
    read = {place for index in analysis.indices for place in _reads(analysis, index, branch.label.id, {span})}
    places = tuple(sorted({span} | read, key=lambda span: (span.source.name, span.start)))
    return Found(branch.label.id, (span,), places)
