"""The documentation of ops, generated from their classes: for ``archdsl ops`` and for ``docs/ops.md``."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from typing import Final, NamedTuple

from archdsl.ops.base import Op, Weighted
from archdsl.ops.registry import OPS
from archdsl.ops.show import value
from archdsl.ops.wanted import wanted

FAMILIES: Final = (
    *("convolution", "linear", "normalisation", "activation", "pooling"),
    *("regularisation", "joining", "shape", "learned", "input", "opaque"),
)
"""In the order in which they are shown; others follow."""


class ArgumentDoc(NamedTuple):
    """``default`` is source text, empty if a value is required or the default is that there is none."""

    name: str
    wanted: str
    default: str
    required: bool
    shared: bool
    """Whether all ops with weights have it."""
    description: str


class Example(NamedTuple):
    """A step with the shapes around it; ``source`` is a whole spec of a model that consists of it."""

    step: str
    input: str
    output: str

    @property
    def source(self) -> str:
        return f"model Example() :: {self.input} -> {self.output} {{\n  {self.step}\n}}\n"


class OpDoc(NamedTuple):
    """The documentation of an op."""

    name: str
    family: str
    text: str
    arguments: tuple[ArgumentDoc, ...]
    tensors: tuple[str, ...]
    aliases: tuple[str, ...]
    joins: bool
    example: Example

    @property
    def summary(self) -> str:
        """The first paragraph of the text on one line."""
        return " ".join(self.text.split("\n\n", 1)[0].split())

    @property
    def signature(self) -> str:
        """The call with all arguments of its own and their defaults; ``…`` where the description gives the default."""
        own = [_in_signature(a) for a in self.arguments if not a.shared]
        given = ", ".join([*own, *(f"{name}=…" for name in self.tensors)])
        return self.name + (f"({given})" if given else "") + (" { … }" if self.joins else "")


def document(op: type[Op]) -> OpDoc:
    """
    >>> document(OPS["leaky_relu"]).signature
    'leaky_relu(slope=0.01)'
    """
    shapes, _, step = op.example.partition(": ")
    input, _, output = shapes.partition(" -> ")
    return OpDoc(
        name=op.name,
        family=op.family,
        text=cleandoc(op.__doc__ or "").replace("``", "`"),
        arguments=tuple(_arguments(op)),
        tensors=op.tensors,
        aliases=op.aliases,
        joins=op.joins,
        example=Example(step, input, output),
    )


def by_family() -> dict[str, list[OpDoc]]:
    """Every op by its family, in the order of the classes."""
    found: dict[str, list[OpDoc]] = {family: [] for family in FAMILIES}
    for op in OPS.values():
        found.setdefault(op.family, []).append(document(op))
    return found


def _arguments(op: type[Op]) -> Iterator[ArgumentDoc]:
    """The arguments in call order: positional ones, the op's others, then those of all ops with weights."""
    fields = op.model_fields
    weighted = Weighted.model_fields if issubclass(op, Weighted) else {}
    # An op that documents one of them itself has it for its own.
    shared = [name for name in weighted if fields[name].description == weighted[name].description]
    own = [name for name in fields if name not in op.positional and name not in shared]
    for name in dict.fromkeys((*op.positional, *own, *shared)):
        field = fields.get(name)
        if field is None or field.annotation is type(None):
            continue  # a tensor, which flows in; or an argument of others that has no use here
        absent = field.is_required() or field.default is None
        yield ArgumentDoc(
            name=name,
            wanted=wanted(field),
            default="" if absent else value(field.default),
            required=field.is_required(),
            shared=name in shared,
            description=field.description or "",
        )


def _in_signature(argument: ArgumentDoc) -> str:
    return argument.name if argument.required else f"{argument.name}={argument.default or '…'}"
