"""The elaborated form of one block call: its steps, and the names of their positions.

A block that is called again with equal arguments and input shapes has an equal template, so each is made once and
stamped wherever it is used. That makes elaboration proportional to what is different in a model, not to its depth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from archdsl.elaborate.values import Bundle, Result, Slot, Tensor
from archdsl.graph.dims import Shape
from archdsl.graph.model import Origin
from archdsl.ops.base import Op
from archdsl.ops.call import NOTHING, Call
from archdsl.source import Span
from archdsl.syntax import ast

EDGES: Final = 8
"""Inputs of an op that count as another op."""


@dataclass(eq=False, repr=False)
class Group:
    """A named part of a body: a labelled branch, or several steps under one tap."""

    name: str
    """The label or tap."""
    path: str
    """Relative to the template."""
    span: Span
    parent: Group | None

    @cached_property
    def origin(self) -> Origin:
        return origin(self.span)


class Position(NamedTuple):
    """The position of a step in its template."""

    path: str
    word: str
    """What called it as a reader would say: its tap, or what stands there."""
    is_named: bool
    """Whether a tap or a ``shared`` line gave the name, and another one than the op's or block's."""
    group: Group | None
    """The part that it belongs to; ``None`` for the body itself."""
    float32: bool
    """Whether it stands within ``float32 { … }``."""


@dataclass(eq=False, repr=False)
class Step:
    """One op, or one call of a block, in an assembly."""

    what: Op | Template
    inputs: tuple[int, ...]
    shapes: tuple[Shape, ...]
    """Of its outputs."""
    span: Span
    """Of what was called."""
    position: Position
    call: Call = NOTHING
    slot: Slot | None = None
    """The ``shared`` line whose weights it uses."""

    @property
    def path(self) -> str:
        """The path relative to the template."""
        return self.position.path

    @cached_property
    def origin(self) -> Origin:
        """The origin, cached over all stamps of the template."""
        return origin(self.span)


@dataclass(eq=False, repr=False)
class Assembly:
    """A template under construction. Values are numbered: the inputs first, then every output of every step."""

    inputs: list[Shape] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    values: int = 0
    slots: list[Slot] = field(default_factory=list)
    size: int = 0
    """Ops and instances of blocks, and many inputs of one, in it and in everything that it calls."""
    broken: bool = False
    """Whether an error left a hole in it, or in what it calls."""
    results: list[tuple[ast.Step, Result]] = field(default_factory=list)
    """What flowed out of each step of the body, for an observer; of a step in a loop, in every round."""
    misclaimed: bool = False
    """Whether a step has another shape than it claims, so that it is unclear which is right."""

    def input(self, shape: Shape) -> Tensor:
        assert not self.steps
        self.inputs.append(shape)
        self.values += 1
        return Tensor(self.values - 1, shape)

    def maker(self, tensor: Tensor) -> Step | None:
        """The step that produces a tensor; ``None`` for an input."""
        first = len(self.inputs)
        for step in self.steps:
            if first <= tensor.ref < first + len(step.shapes):
                return step
            first += len(step.shapes)
        return None

    def hole(self, shape: Shape | None) -> Tensor:
        """A placeholder for a tensor that depends on an error. A graph with errors is never emitted."""
        self.broken = True
        return Tensor(-1, shape)

    def add(self, step: Step) -> list[Tensor]:
        """Appends a step and returns its outputs."""
        self.steps.append(step)
        self.size += 1 + len(step.inputs) // EDGES + (step.what.size if isinstance(step.what, Template) else 0)
        first = self.values
        self.values += len(step.shapes)
        return [Tensor(first + i, shape) for i, shape in enumerate(step.shapes)]


@dataclass(eq=False, repr=False)
class Template:
    """A finished assembly."""

    block: str
    kind: str
    inputs: int
    steps: list[Step]
    outputs: tuple[int, ...]
    output: Tensor | Bundle
    """The result as the caller sees it; its refs belong to this template."""
    slots: tuple[Slot, ...]
    size: int
    """Ops and instances of blocks, and many inputs of one, in it and in everything that it calls."""
    letters: int
    """Characters of the paths in it and in everything that it calls."""
    doc: str
    spared: frozenset[str]
    """Arguments of the call that equal the defaults of their parameters, and need not be shown."""
    broken: bool
    """Whether errors were found in it: then no graph is made of it."""


def finish(
    assembly: Assembly, output: Tensor | Bundle, *, block: str, kind: str, doc: str, spared: frozenset[str]
) -> Template:
    """The template of a finished assembly."""
    tensors = [output] if isinstance(output, Tensor) else list(output.tensors.values())
    return Template(
        block=block,
        kind=kind,
        inputs=len(assembly.inputs),
        steps=assembly.steps,
        outputs=tuple(t.ref for t in tensors),
        output=output,
        slots=tuple(assembly.slots),
        size=assembly.size,
        letters=sum(map(_letters, assembly.steps)),
        doc=doc,
        spared=spared,
        broken=assembly.broken,
    )


def _letters(step: Step) -> int:
    called = step.what
    inside = called.letters + (len(step.path) + 1) * called.size if isinstance(called, Template) else 0
    return len(step.path) + inside


def origin(span: Span) -> Origin:
    """The span in the form that graphs store."""
    line, column = span.source.position(span.start)
    return Origin(file=span.source.name, line=line, column=column, start=span.start, end=span.end)
