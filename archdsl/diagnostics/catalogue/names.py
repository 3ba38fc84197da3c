"""Codes of names and imports that cannot be resolved, or are bad style."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic, Severity


class UnknownName(Diagnostic):
    """A name is not defined here: no parameter, dimension, `let`, tap, declaration, import, op or function has it.

    Ops are in snake_case and have the field's names: `conv`, not `Conv2D`; `batch_norm`, not `bn`. Blocks of the
    library are imported: `from std.conv import ConvBN`. A tap is known after its step.
    """

    message = "{what} `{name}` is not defined"
    label = "{hint}"
    name: str
    what: str = "name"
    hint: str = ""


class AmbiguousName(Diagnostic):
    """A name could mean two things where it is used: a tap, a port or a `let` of the body, or an op, a block, a
    function, an import or a `let` of the file.

    Wrong, as nobody sees whether the residual starts with an activation or from the tap:

        conv(64) as relu -> batch_norm -> residual { relu -> conv(64) }

    Right is one of these:

        conv(64) as stem -> batch_norm -> residual { relu -> conv(64) }
        conv(64) as stem -> batch_norm -> residual { stem -> conv(64) }

    Where only one of them can stand there is no doubt: `add(relu)` joins the tap, as what is joined is a tensor.
    """

    message = "`{name}` could be {first} or {second}"
    name: str
    first: str
    second: str


class UnknownField(Diagnostic):
    """A value has no field of that name: a row has the columns of its table, several tensors have their ports."""

    message = "{value} has no field `{name}`"
    name: str
    value: str


class RecursiveDefinition(Diagnostic):
    """A definition uses itself. Everything at compile time ends, so blocks and functions do not recurse.

    Use `repeat n { … }` or `for x in list { … }` for a chain of blocks. What lies within a block of its own kind, as in
    FractalNet, can be given to it: `Fractal(inner=Fractal(inner=conv(8)))`, with a parameter `inner: op`.
    """

    message = "`{name}` is defined by itself"
    label = "{use}"
    name: str
    use: str = "used here again"


class UnknownModule(Diagnostic):
    """An import names a file that does not exist.

    `from std.conv import …` reads the library that ships with archdsl; `from "./blocks.arch" import …` reads a file,
    relative to the one that imports it.
    """

    message = "no module `{module}`"
    label = "{hint}"
    module: str
    hint: str = ""


class OutsideProject(Diagnostic):
    """An import leaves the project: a spec reads only files below the root of the project that is compiled."""

    message = "`{module}` lies outside the project"
    module: str


class ImportCycle(Diagnostic):
    """Files import each other in a circle. Move what both need into a third file."""

    message = "imports form a cycle: {cycle}"
    cycle: str


class UnknownImport(Diagnostic):
    """A module does not declare what is imported from it."""

    message = "`{module}` does not define `{name}`"
    name: str
    module: str


class UnusedName(Diagnostic):
    """A parameter, `let` or import is never used.

    Remove it, or use it: a parameter that nothing reads makes callers believe that it changes the graph.
    """

    message = "{what} `{name}` is never used"
    severity = Severity.WARNING
    what: str
    name: str


class ShadowedName(Diagnostic):
    """The variable of a loop has a name that its block, or a loop around it, uses for something else.

    Inside the loop the name is the variable, and after it what it was before. Another name says which is meant:

        conv(c) -> for c in [64, 128] { conv(c) }           # `c` is a dimension, then a width, then a dimension
        conv(c) -> for width in [64, 128] { conv(width) }
    """

    message = "the variable `{name}` hides the {hidden}"
    severity = Severity.WARNING
    name: str
    hidden: str


class NameStyle(Diagnostic):
    """Names show what they are: `PascalCase` for blocks and models, `snake_case` for functions and values."""

    message = "{what} `{name}` should be in {style}"
    severity = Severity.WARNING
    what: str
    name: str
    style: str
