"""The elaborated form of one block call: its steps, and the names of their places.

A block that is called again with equal arguments and input shapes has an equal template, so each is made once and
stamped wherever it is used. That makes elaboration proportional to what is different in a model, not to its depth.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Final

from archdsl.elaborate.values import Bundle, Slot, Tensor
from archdsl.graph.dims import Shape
from archdsl.graph.model import Origin
from archdsl.ops.base import Op
from archdsl.source import Span

EDGES: Final = 8
"""Inputs of an op that count as another op."""


@dataclass(eq=False, repr=False)
class Group:
    """A named part of a body: a labelled branch, or several steps under one tap. The body itself is the root."""

    base: str
    span: Span | None = None
    parent: Group | None = None
    children: list[Step | Group] = field(default_factory=list)
    path: str = ""

    @cached_property
    def origin(self) -> Origin:
        assert self.span is not None  # only the root has none, and it is no instance
        return origin(self.span)

    def inner(self, base: str, span: Span) -> Group:
        group = Group(base, span, self)
        self.children.append(group)
        return group


@dataclass(eq=False, repr=False)
class Step:
    """One op, or one call of a block, in an assembly."""

    what: Op | Template
    inputs: tuple[int, ...]
    shapes: tuple[Shape, ...]
    """Of its outputs."""
    span: Span
    group: Group
    base: str
    is_named: bool
    """Whether ``base`` is a tap that the writer chose, rather than the name of the op or block."""
    call: str = ""
    slot: Slot | None = None
    """The ``shared`` line whose weights it uses."""
    path: str = ""
    """Relative to the template."""

    @cached_property
    def origin(self) -> Origin:
        """Made once, however often the template is stamped."""
        return origin(self.span)


@dataclass(eq=False, repr=False)
class Assembly:
    """A template in the making. Values are numbered: the inputs first, then every output of every step."""

    inputs: list[Shape] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    values: int = 0
    group: Group = field(default_factory=lambda: Group(""))
    """The group that the next step belongs to."""
    slots: list[Slot] = field(default_factory=list)
    size: int = 0
    """Ops and instances of blocks, and many inputs of one, in it and in everything that it calls."""
    broken: bool = False
    """Whether an error left a hole in it, or in what it calls."""

    def input(self, shape: Shape) -> Tensor:
        assert not self.steps
        self.inputs.append(shape)
        self.values += 1
        return Tensor(self, self.values - 1, shape)

    def maker(self, tensor: Tensor) -> Step | None:
        """The step that a tensor comes out of; ``None`` for an input."""
        first = len(self.inputs)
        for step in self.steps:
            if first <= tensor.ref < first + len(step.shapes):
                return step
            first += len(step.shapes)
        return None

    def hole(self, shape: Shape | None) -> Tensor:
        """A tensor that stands for one an error hides. A graph with errors is never emitted."""
        self.broken = True
        return Tensor(self, -1, shape)

    def add(self, step: Step) -> list[Tensor]:
        """Appends a step and gives its outputs."""
        self.steps.append(step)
        self.size += 1 + len(step.inputs) // EDGES + (step.what.size if isinstance(step.what, Template) else 0)
        step.group.children.append(step)
        first = self.values
        self.values += len(step.shapes)
        return [Tensor(self, first + i, shape) for i, shape in enumerate(step.shapes)]


@dataclass(eq=False, repr=False)
class Template:
    """A finished assembly, with its steps named."""

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
    broken: bool
    """Whether errors were found in it: then no graph is made of it."""


def finish(
    assembly: Assembly, output: Tensor | Bundle, *, block: str, kind: str, doc: str, reserved: Collection[str] = ()
) -> Template:
    """Names the steps and closes the assembly."""
    root = assembly.group
    assert root.parent is None
    name_children(root, "", reserved)
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
        broken=assembly.broken,
    )


def _letters(step: Step) -> int:
    called = step.what
    inside = called.letters + (len(step.path) + 1) * called.size if isinstance(called, Template) else 0
    return len(step.path) + inside


@cache
def snake_case(name: str) -> str:
    """
    >>> snake_case("ConvBNAct"), snake_case("SEBlock2")
    ('conv_bn_act', 'se_block2')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def name_children(group: Group, prefix: str, reserved: Collection[str] = ()) -> None:
    """Gives each step and group its path relative to the template.

    Inside a group a child is called by its tap or label, else by its op or block in snake_case. A number is added
    where a name repeats: ``conv_0``, ``conv_1``. Blocks go by the number alone when theirs is the only block name
    that repeats: ``0``, ``1`` for the bottlenecks of a stage. Names that the writer chose come first: one that a
    number would make as well gets an underscore, and so does an op that is called like one of the inputs, ``reserved``.
    """
    counts = Counter((_is_chosen(child), child.base) for child in group.children)
    repeated_blocks = {c.base for c in group.children if _is_plain_block(c) and counts[False, c.base] > 1}
    bare = len(repeated_blocks) == 1
    seen: Counter[tuple[bool, str]] = Counter()
    taken: set[str] = set()
    for child in sorted(group.children, key=_is_chosen, reverse=True):
        segment, kind = child.base, (_is_chosen(child), child.base)
        if counts[kind] > 1:
            is_bare = bare and _is_plain_block(child) and child.base in repeated_blocks
            segment = str(seen[kind]) if is_bare else f"{child.base}_{seen[kind]}"
            seen[kind] += 1
        is_op = isinstance(child, Step) and isinstance(child.what, Op)
        while segment in taken or (is_op and not prefix and segment in reserved):
            segment += "_"
        taken.add(segment)
        child.path = prefix + segment
        if isinstance(child, Group):
            name_children(child, child.path + ".")


def _is_chosen(child: Step | Group) -> bool:
    return isinstance(child, Group) or child.is_named


def _is_plain_block(child: Step | Group) -> bool:
    return isinstance(child, Step) and isinstance(child.what, Template) and not child.is_named


def origin(span: Span) -> Origin:
    """The span as the graph keeps it."""
    line, column = span.source.position(span.start)
    return Origin(file=span.source.name, line=line, column=column, start=span.start, end=span.end)
