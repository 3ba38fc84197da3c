"""Codes of compile-time values: an expression has no value, or an argument is not valid."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic


class WrongType(Diagnostic):
    """A value has another type than its place needs.

    A parameter's type stands behind its name:

        block A(k: int) { conv(8, k=k) }
        A("3")                              # wrong: a string
    """

    message = "{what} should be {wanted}, not {given}"
    what: str
    wanted: str
    given: str


class OutsideDomain(Diagnostic):
    """An argument is none of the values that its parameter may have, which stand behind `in`.

    Either the argument is wrong, or the list in the definition is too short:

        block A(stride: int in [1, 2]) { conv(8, stride=stride) }
        A(3)                                # wrong: neither 1 nor 2
    """

    message = "`{parameter}` of `{callee}` should be {values}, not {given}"
    parameter: str
    callee: str
    values: str
    given: str


class BadArgument(Diagnostic):
    """An argument of an op has a value that the op does not allow: `conv(0)`, `dropout(1.5)`, `pad="full"`.

    `archdsl ops NAME` lists an op's arguments and what they may be.
    """

    message = "`{argument}` of `{op}` should be {wanted}, not {given}"
    op: str
    argument: str
    wanted: str
    given: str


class MissingArgument(Diagnostic):
    """Parameters without a default got no argument."""

    message = "`{callee}` needs {missing}"
    callee: str
    missing: str


class UnexpectedArgument(Diagnostic):
    """A named argument is none of the callee's parameters, or one is given twice."""

    message = "`{callee}` has no parameter `{argument}`"
    callee: str
    argument: str


class RepeatedArgument(Diagnostic):
    """A parameter gets two arguments, one by position and one by name, or two by name."""

    message = "`{argument}` of `{callee}` is given twice"
    callee: str
    argument: str


class TooManyArguments(Diagnostic):
    """More arguments are given by position than the callee takes that way; the rest is given by name."""

    message = "`{callee}` takes {wanted}, and this is one more"
    callee: str
    wanted: str


class InexactDivision(Diagnostic):
    """`/` on integers must divide exactly, as a size or a number of channels is a whole number.

    Say how to round, or that a fraction is meant:

        let half = 7 / 2      # wrong: 3.5 is no size
        let half = 7 // 2     # 3, rounded down
        let half = 7 / 2.0    # 3.5, meant as a float
    """

    message = "{left} is not divisible by {right}"
    left: str
    right: str


class BadOperands(Diagnostic):
    """An operator has no meaning for its operands: `"a" * 2.5`, `[1] < 3`, or a division by zero."""

    message = "`{operator}` does not take {left} and {right}"
    label = "{reason}"
    operator: str
    left: str
    right: str
    reason: str = ""


class BadCall(Diagnostic):
    """A function cannot compute a result from these arguments."""

    message = "`{function}` {reason}"
    function: str
    reason: str


class IndexOutOfRange(Diagnostic):
    """A list has no element at that index."""

    message = "index {index} is outside a list of {length}"
    index: int
    length: int


class NotCallable(Diagnostic):
    """Brackets follow something that is no function, op or block."""

    message = "{value} cannot be called"
    value: str


class BadTable(Diagnostic):
    """The rows of a table have different lengths, or its first row is not all names.

    A cell is a number, a string, a name, a list or an expression in brackets.
    """

    message = "{problem}"
    problem: str


class UnknownSize(Diagnostic):
    """A compile-time decision depends on a dimension that is known only when the model runs (`?`)."""

    message = "{use} needs a number, and `{dimension}` is known only when the model runs"
    use: str
    dimension: str
