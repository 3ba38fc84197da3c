"""The call hierarchy of blocks, models and functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from archdsl.names import Definition, Index
from archdsl.service.analysis import Analysis
from archdsl.service.references import of_definition
from archdsl.service.symbol import symbol
from archdsl.source import Span
from archdsl.syntax import ast

Called: TypeAlias = ast.Block | ast.Function | ast.Variant


class Item(NamedTuple):
    """A caller or callee."""

    name: str
    kind: str
    span: Span
    name_span: Span


class Edge(NamedTuple):
    """The other end of calls, with their places."""

    item: Item
    places: tuple[Span, ...]


def item(analysis: Analysis, offset: int) -> Item | None:
    """The block, model or function named at a place."""
    found = symbol(analysis, offset)
    return _item(found.definition) if found is not None and found.definition is not None else None


def calls_to(analysis: Analysis, called: Span, others: Iterable[Analysis] = ()) -> tuple[Edge, ...]:
    """The callers of the definition named at a place, in a text and in those that import it."""
    found: dict[tuple[object, int], tuple[Item, list[Span]]] = {}
    for each in (analysis, *others):
        definition = _defined(each, called)
        places = of_definition(each, definition) if definition is not None else None
        for place in places.places if places is not None else ():
            caller = _around(each, place)
            if caller is not None and caller.name_span != place:
                key = (caller.span.source.identity, caller.span.start)
                known = found.setdefault(key, (caller, []))[1]
                if place not in known:
                    known.append(place)
    return tuple(Edge(caller, tuple(places)) for caller, places in found.values())


def calls_from(analysis: Analysis, caller: Span) -> tuple[Edge, ...]:
    """The callees of the definition named at a place, without ops and built-in functions."""
    definition = _defined(analysis, caller)
    node = definition.node if definition is not None else None
    index = next((i for i in analysis.indices if i.module.source is caller.source), None)
    if index is None or not isinstance(node, Called):
        return ()
    return tuple(Edge(each, tuple(places)) for each, places in _called(index, node).items())


def _called(index: Index, node: Called) -> dict[Item, list[Span]]:
    found: dict[Item, list[Span]] = {}
    for use in index.names(node).uses:
        called = _item(use.definition) if use.definition is not None else None
        if called is not None:
            found.setdefault(called, []).append(use.name.span)
    return found


def _item(definition: Definition) -> Item | None:
    node = definition.origin.node
    if not isinstance(node, Called):
        return None
    return Item(node.name.id, definition.origin.kind, node.span, node.name.span)


def _defined(analysis: Analysis, name: Span) -> Definition | None:
    """The definition named at a place, as an analysis with a parse of its own has it."""
    return next(_definitions(analysis, name), None)


def _definitions(analysis: Analysis, name: Span) -> Iterator[Definition]:
    for index in analysis.indices:
        if index.module.source.identity == name.source.identity:
            for definition in index.declared.values():
                if definition.places and definition.places[0].span.start == name.start and definition.kind != "import":
                    yield definition


def _around(analysis: Analysis, place: Span) -> Item | None:
    """The definition that contains a place; none for imports and `check` lines."""
    index = next((i for i in analysis.indices if i.module.source is place.source), None)
    for node in index.module.declarations if index is not None else ():
        if node.span.holds(place) and isinstance(node, Called):
            kind = "function" if isinstance(node, ast.Function) else "model"
            kind = "block" if isinstance(node, ast.Block) and not node.is_model else kind
            return Item(node.name.id, kind, node.span, node.name.span)
    return None
