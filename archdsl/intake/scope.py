"""Local names of values in a part of a text, which nothing outside it uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass

from archdsl.generalise import Term
from archdsl.intake.terms import Ref

TAP = ("tap",)


@dataclass(frozen=True, slots=True)
class Local:
    """A value that only one part of a text names and uses; ``place`` numbers these in each part."""

    place: int
    part: str = ""


def taps(of: Hashable) -> Iterator[str]:
    """The names that a term gives to values, in order."""
    if isinstance(of, Term):
        name = dict(of.children).get("name") if of.head == TAP else None
        if isinstance(name, Ref):
            yield name.name
        for _, child in of.children:
            yield from taps(child)


def references(of: Hashable) -> Iterator[str]:
    """The names of the values that a term uses, one for each use."""
    if isinstance(of, Ref):
        yield of.name
    elif isinstance(of, Term):
        for name, child in of.children:
            if of.head != TAP or name != "name":
                yield from references(child)


def localised(of: Term, uses: Mapping[str, int], gives: Collection[int] = ()) -> Term | None:
    """A term with the values that it names as ``Local``; ``None`` if one of them is needed outside of it.

    ``uses`` counts how often each name is needed in the whole text, ``gives`` has the places of those that may be.
    """
    own = [*taps(of)]
    if not own:
        return of
    inside = Counter(references(of))
    if any(inside[name] < uses[name] for place, name in enumerate(own) if place not in gives):
        return None
    places = {name: place for place, name in enumerate(own)}

    def change(leaf: Hashable) -> Hashable:
        return Local(places[leaf.name], leaf.part) if isinstance(leaf, Ref) and leaf.name in places else leaf

    return replaced(of, change)


def replaced(of: Term, change: Callable[[Hashable], Hashable]) -> Term:
    """A term with its leaves replaced."""
    children = ((name, replaced(c, change) if isinstance(c, Term) else change(c)) for name, c in of.children)
    return Term(of.head, tuple(children))
