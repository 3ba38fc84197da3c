"""Codes of claims in a spec that do not hold: signatures, shapes after `::`, and `check` lines."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic, Severity


class ContractBroken(Diagnostic):
    """A shape that the spec states is not the shape that was computed.

    Shapes after `::` are proved, not believed. Either the step is wrong (a stride, a number of filters) or the claim.
    """

    message = "{what} is {actual}, not {declared}"
    label = "declared {declared}"
    what: str
    declared: str
    actual: str


class ChannelsFirst(Diagnostic):
    """The input of a model looks like an image with its channels first, as in PyTorch: `[3, 224, 224]`.

    Shapes have the channels last. This one is an image of 3 rows with 224 channels, which a convolution takes as it is.

        model Net() :: [3, 224, 224] -> [1000] { … }    # wrong
        model Net() :: [224, 224, 3] -> [1000] { … }    # right
    """

    message = "the input of `{model}` has its channels first"
    severity = Severity.WARNING
    model: str


class InputMismatch(Diagnostic):
    """A block is called with a tensor that its signature does not take.

    The names in a signature's input bind: the same name twice must be the same size, and a parameter's name is its
    value.
    """

    message = "`{block}` takes {wanted}, not {given}"
    label = "{reason}"
    block: str
    wanted: str
    given: str
    reason: str = ""


class UnboundDimension(Diagnostic):
    """A dimension in a signature cannot be worked out: a name in an expression has no value yet.

    Bind it as a plain name first: `[h, w, c]`, then `h / 2` has a value.
    """

    message = "dimension `{name}` has no value here"
    name: str


class BadDimension(Diagnostic):
    """A dimension is not a positive whole number."""

    message = "a dimension should be a positive int, not {value}"
    value: str


class MissingSignature(Diagnostic):
    """A model, or a block in a `check`, has no signature that gives its input a shape.

    Shapes are computed from the input on, so that one has to be written down:

        model Net() :: [224, 224, 3] -> [1000] { … }
        check Block(64) :: [56, 56, 64] -> [56, 56, 256]
    """

    message = "{what} `{name}` needs a signature"
    what: str
    name: str


class NotAModel(Diagnostic):
    """A variant or a `check` is made of something that is not a model or block."""

    message = "{value} is not {wanted}"
    value: str
    wanted: str


class CheckFailed(Diagnostic):
    """A condition of a `check` line does not hold. The message shows the value that was measured."""

    message = "{quantity} is {actual}, not {expected}"
    quantity: str
    actual: str
    expected: str


class ConditionBroken(Diagnostic):
    """The arguments of a block break a condition that stands behind `where` in its definition.

    Either an argument is wrong, or the definition asks for more than it must:

        block A(width: int, heads: int) where width % heads == 0 { attention(heads) -> dense(width) }
        A(100, heads=8)                     # wrong: 100 % 8 is 4
    """

    message = "`{callee}` asks for `{condition}`"
    label = "{values}"
    callee: str
    condition: str
    values: str


class BadFact(Diagnostic):
    """A fact in `about` is a string, a number or a truth value, so that tables can show it."""

    message = "fact `{name}` should be a string, a number or a bool, not {value}"
    name: str
    value: str


class NoModel(Diagnostic):
    """A spec declares no model, only blocks or functions, so there is nothing to compile. It can still be checked."""

    message = "the file declares no model"


class AmbiguousModel(Diagnostic):
    """A spec declares several models, none is named after the file, and none was asked for: `file.arch:Model`."""

    message = "the file declares several models: {models}"
    models: str


class InvalidGraph(Diagnostic):
    """A saved graph is not JSON, not of the published form, or contradicts itself.

    Graphs that are read are proved again: each shape must be what the rule of its op gives. `archdsl compile SPEC --to
    json` writes the form, which `docs/graph.schema.json` describes.
    """

    message = "no valid graph: {problem}"
    problem: str
