"""Signature help: the parameters of the callee at a place, and the active one."""

from __future__ import annotations

from typing import NamedTuple

from archdsl.ops.docs import document
from archdsl.ops.registry import OPS
from archdsl.service.analysis import Analysis
from archdsl.service.completion.candidates import callee, parameters
from archdsl.service.completion.context import context
from archdsl.service.describe import prose
from archdsl.syntax import ast


class Signature(NamedTuple):
    """A call with its parameters; ``active`` is the index of the one at the place, or -1."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    """Each with its type and default in words."""
    active: int
    text: str
    """What the callee is for, as Markdown."""
    notes: tuple[str, ...] = ()
    """What each parameter of an op is for, and what it may be: too much for the line."""

    @property
    def label(self) -> str:
        return f"{self.name}({', '.join(self.parts)})"

    @property
    def parts(self) -> tuple[str, ...]:
        """The parameters as shown; for ops, with their defaults only."""
        if self.notes:
            return tuple(name + "".join(detail.partition(" = ")[1:]) for name, detail in self.parameters)
        return tuple(f"{name}: {detail}" if detail else name for name, detail in self.parameters)


def signature(analysis: Analysis, offset: int) -> Signature | None:
    """The innermost call around a place."""
    place = context(analysis, offset)
    called = callee(place)
    if called is None:
        return None
    target, arguments = called
    meant = place.names.meant(target) if place.names and isinstance(target, ast.Name) else None
    found = tuple(parameters(analysis, place, target))
    if not found or meant is None or meant.kind in ("parameter", "variable"):
        return None
    text = prose(meant, analysis).split("\n\n", 1)[0]
    here = next((a for a in arguments if a.span.start <= place.offset <= a.span.end), None)
    names = [name for name, _ in found]
    if here is not None and here.name is not None and here.name.id in names:
        active = names.index(here.name.id)
    else:
        active = sum(a.name is None and a.span.end < place.offset for a in arguments)
    name = target.span.text
    notes = _notes(meant.name) if meant.kind == "op" else ()
    return Signature(name, found, active if active < len(found) else -1, text, notes)


def _notes(op: str) -> tuple[str, ...]:
    return tuple(f"{doc.description} ({doc.wanted})" for doc in document(OPS[op]).arguments)
