"""The index of one file: its declarations, and the definition of each name in them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from archdsl.names.ambiguity import ambiguous
from archdsl.names.language import FIGURES, built_in, figure
from archdsl.names.model import Definition, Found, Kind, Label, Repeat, Use
from archdsl.names.resolve import lost, resolve
from archdsl.names.steps import StepNames, step_names
from archdsl.source import Span
from archdsl.syntax import ast

_FOR_USE: Final = frozenset({"parameter", "let", "shared"})
_KINDS: Final[Mapping[type, Kind]] = {ast.Let: "let", ast.Function: "function", ast.Variant: "model"}


class Names:
    """The resolved names of one declaration. Each list is in text order."""

    def __init__(self, declaration: ast.Declaration, found: Found) -> None:
        self.declaration = declaration
        self.definitions: Sequence[Definition] = found.definitions
        self.repeated: Sequence[Repeat] = found.repeated
        self.shadowed: Sequence[Repeat] = found.shadowed
        self.labels: Sequence[Label] = found.labels
        self.uses: Sequence[Use] = sorted(found.uses, key=lambda use: use.name.span.start)
        self._taps = found.taps
        self._loops = found.loops

    @cached_property
    def _meant(self) -> Mapping[int, Definition | None]:
        return {use.name.span.start: use.definition for use in self.uses}

    def meant(self, name: ast.Name) -> Definition | None:
        """The definition of a name used in the declaration; ``None`` if it is unknown."""
        return self._meant.get(name.span.start)

    def visible(self, offset: int) -> Iterator[Definition]:
        """The declaration's names in scope at a place, innermost first."""
        for found in reversed(self.definitions):
            if found.places[0].span.end <= offset < found.until:
                yield found
        if isinstance(self.declaration, ast.Check):
            yield from map(figure, FIGURES)

    def used_in(self, span: Span) -> Sequence[Use]:
        """The uses within a span."""
        return _within(self.uses, span, lambda use: use.name.span.start)

    def taps(self, node: ast.Node) -> tuple[str, ...]:
        """The names of the taps in a body or step, without duplicates."""
        found = _within(self._taps, node.span, lambda name: name.span.start)
        return tuple(dict.fromkeys(name.id for name in found))

    @cached_property
    def ambiguous(self) -> Sequence[Use]:
        """The ambiguous uses."""
        return ambiguous(self.uses) if any(definition.hides for definition in self.definitions) else ()

    @cached_property
    def doubtful(self) -> frozenset[str]:
        """The names of the ambiguous uses."""
        return frozenset(use.name.id for use in self.ambiguous)

    @cached_property
    def steps(self) -> StepNames:
        """The names of a block's steps."""
        assert isinstance(self.declaration, ast.Block)
        return step_names(self.declaration, self.meant)

    @cached_property
    def _first(self) -> Mapping[str, Span]:
        places = (place for definition in self.definitions for place in definition.places)
        return {place.id: place.span for place in sorted(places, key=lambda place: -place.span.start)}

    def first(self, name: str) -> Span | None:
        """Where a name is first defined, with any meaning."""
        return self._first.get(name)

    @cached_property
    def _labelled(self) -> Mapping[str, ast.Apply | ast.Send]:
        return {label.name.id: label.step for label in self.labels}

    def labelled(self, name: str) -> ast.Apply | ast.Send | None:
        """The construct that has a branch with this label."""
        return self._labelled.get(name)

    def loops(self, *places: Span) -> Iterator[Span]:
        """The bodies of loops that contain all of these places, outermost first."""
        start, end = min(place.start for place in places), max(place.end for place in places)
        return (body for body in self._loops if body.start <= start and end <= body.end)


def _within(found: Sequence[Any], span: Span, start: Callable[[Any], int]) -> Sequence[Any]:
    return found[bisect_left(found, span.start, key=start) : bisect_left(found, span.end, key=start)]


class Index:
    """The names of one file. A declaration is resolved when it is first asked for, after ``link``."""

    def __init__(self, module: ast.Module) -> None:
        self.module = module
        self.declared: dict[str, Definition] = {}
        """What the file declares or imports, in its order; of names that are given twice the first."""
        self.repeated: list[Repeat] = []
        self._names: dict[int, Names] = {}
        for declaration in module.declarations:
            for definition in _defined(declaration):
                first = self.declared.setdefault(definition.name, definition)
                if first is not definition:
                    self.repeated.append(Repeat(definition.places[-1], first))
        self._lost = {name: lost(name) for name in module.broken}

    def link(self, imported: ast.ImportName, other: Index) -> Definition | None:
        """Links an import with the other file's declaration of that name and returns it; ``None`` if there is none."""
        bound, target = self.declared[(imported.alias or imported.name).id], other.exported(imported.name.id)
        if bound.node is imported:
            bound.target = target
        return target

    def exported(self, name: str) -> Definition | None:
        """The declaration that other files may import under a name."""
        found = self._lost.get(name) or self.declared.get(name)
        return None if found is None or found.kind == "import" else found

    def of_file(self, name: str) -> Definition | None:
        """The definition of a name at file level, or in the language."""
        return self._lost.get(name) or self.declared.get(name) or built_in(name)

    def names(self, declaration: ast.Declaration) -> Names:
        """The resolved names of a declaration of the file."""
        known = self._names.get(id(declaration))
        if known is None:
            known = self._names[id(declaration)] = Names(declaration, resolve(declaration, self.of_file))
        return known

    def around(self, span: Span) -> Names | None:
        """The names in the declaration around a place, if it is in this file."""
        found = _within(self.module.declarations, Span(span.source, 0, span.end), lambda each: each.span.start)
        if not found or span.source is not self.module.source or span.start >= found[-1].span.end:
            return None
        return self.names(found[-1])

    def all(self) -> Iterator[Names]:
        """The names in every declaration, in the order of the text."""
        return map(self.names, self.module.declarations)

    def imports(self) -> Iterator[tuple[ast.Import, ast.ImportName]]:
        """The imported names, each with its line."""
        for declaration in self.module.declarations:
            if isinstance(declaration, ast.Import):
                yield from ((declaration, imported) for imported in declaration.names)

    def unused(self) -> Iterator[Definition]:
        """The unused parameters, ``let`` and ``shared`` lines and imports, in text order."""
        used = {use.definition for names in self.all() for use in names.uses}
        for names in self.all():
            yield from (found for found in names.definitions if found.kind in _FOR_USE and found not in used)
        yield from (found for found in self.declared.values() if found.kind == "import" and found not in used)

    def definitions(self) -> Iterator[Definition]:
        """All definitions of the file: at file level, then those within its declarations."""
        yield from self.declared.values()
        for names in self.all():
            yield from names.definitions


def _defined(declaration: ast.Declaration) -> Iterator[Definition]:
    """The names that a declaration defines at file level."""
    match declaration:
        case ast.Import():
            for imported in declaration.names:
                bound = imported.alias or imported.name
                yield Definition(bound.id, "import", imported, bound)
        case ast.Block():
            kind: Kind = "model" if declaration.is_model else "block"
            yield Definition(declaration.name.id, kind, declaration, declaration.name)
        case ast.Let() | ast.Function() | ast.Variant():
            yield Definition(declaration.name.id, _KINDS[type(declaration)], declaration, declaration.name)
