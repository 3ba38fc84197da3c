"""References: the definition and all uses of a name, over all linked files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from archdsl.names.index import Index, Names
from archdsl.names.model import Definition
from archdsl.source import SourceFile, Span
from archdsl.syntax import ast
from archdsl.syntax.walk import walk


class References(NamedTuple):
    """The places of a definition."""

    places: tuple[Span, ...]
    unsure: tuple[Span, ...]
    """Arguments and labels of that name whose callee only elaboration knows: some may be meant."""


def at(index: Index, offset: int, indices: Iterable[Index] = ()) -> Definition | None:
    """The definition of the name at an offset; of an import, the imported definition.

    ``indices`` are those of the files that are joined: names of arguments are looked up in them.
    """
    for definition in index.declared.values():
        written = [*definition.places, *([definition.node.name] if isinstance(definition.node, ast.ImportName) else [])]
        if any(_holds(name, offset) for name in written):
            return definition.origin
    names = index.around(Span(index.module.source, offset, offset + 1))
    if names is None:
        return None
    found = next((d for d in names.definitions if any(_holds(place, offset) for place in d.places)), None)
    found = found or next((use.definition for use in names.uses if _holds(use.name, offset)), None)
    if found is not None:
        return found.origin
    files = {each.module.source: each for each in indices}
    for argument, owner in _arguments(names, index, files):
        if owner is not None and _holds(argument, offset):
            of_owner = files[owner.span.source].names(owner).definitions
            return next((d for d in of_owner if d.kind == "parameter" and d.name == argument.id), None)
    return None


def references(definition: Definition, indices: Iterable[Index]) -> References:
    """Every reference to a definition; an import under another name has references of its own."""
    files = {index.module.source: index for index in indices}
    places = {place.span: None for place in definition.places}
    unsure: list[Span] = []
    for index in files.values():
        meant = {definition}
        for found in index.declared.values():
            if found.kind == "import" and found.origin is definition and isinstance(found.node, ast.ImportName):
                places[found.node.name.span] = None
                if found.node.alias is None:
                    meant.add(found)
        for names in index.all():
            places.update((_bare(use.name), None) for use in names.uses if use.definition in meant)
            if definition.kind == "parameter":
                for argument, owner in _arguments(names, index, files):
                    if argument.id != definition.name:
                        continue
                    if owner is None:
                        unsure.append(argument.span)
                    elif definition.node in owner.params:
                        places[argument.span] = None
            elif definition.kind == "port":
                unsure += [label.name.span for label in names.labels if label.name.id == definition.name]
    return References(tuple(sorted(places, key=lambda span: (span.source.name, span.start))), tuple(unsure))


def _bare(name: ast.Name) -> Span:
    """The span of a name without the parentheses around the expression."""
    opening = _OPENING.match(name.span.text)
    start = name.span.start + (opening.end() if opening else 0)
    return Span(name.span.source, start, start + len(name.id))


def _holds(name: ast.Name, offset: int) -> bool:
    return name.span.start <= offset <= name.span.end


_OPENING: Final = re.compile(r"(?:[(\s]|#[^\n]*\n)*")
"""Brackets before a name, with blanks and comments."""

Owner = ast.Block | ast.Function


def _arguments(
    names: Names, index: Index, files: Mapping[SourceFile, Index]
) -> Iterator[tuple[ast.Name, Owner | None]]:
    """The argument names in a declaration, each with its block or function; ops are left out."""
    for node in walk(names.declaration):
        if not isinstance(node, ast.Apply | ast.Call) or not node.arguments:
            continue
        callee = node.target if isinstance(node, ast.Apply) else node.callee
        given = [argument.name for argument in node.arguments if argument.name is not None]
        if given and not _is_op(callee, names):
            owner = owner_of(callee, names, index, files)
            yield from ((name, owner) for name in given)


def _is_op(callee: ast.Expr, names: Names) -> bool:
    found = names.meant(callee) if isinstance(callee, ast.Name) else None
    return found is not None and found.kind in ("op", "keyword", "initialiser", "built-in")


def owner_of(callee: ast.Expr, names: Names | None, index: Index, files: Mapping[SourceFile, Index]) -> Owner | None:
    """The block or function that is called, through variants and ``let`` lines; ``None`` if it depends on values."""
    for _ in range(_LINKS):
        if isinstance(callee, ast.Call):
            callee = callee.callee
            continue
        if not isinstance(callee, ast.Name):
            return None
        found = (names.meant(callee) if names else None) or index.of_file(callee.id)
        node = found.origin.node if found else None
        if isinstance(node, Owner):
            return node
        if not isinstance(node, ast.Variant | ast.Let | ast.Shared):
            return None
        other = files.get(node.span.source)
        if other is None:
            return None
        index, names, callee = other, other.around(node.value.span), node.value
    return None


_LINKS = 50
"""Definitions by other definitions that are followed; a circle of them is an error."""
