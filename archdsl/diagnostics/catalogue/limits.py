"""Codes of resource limits that a compilation exceeds. `archdsl explain limits` lists them all."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic


class SourceTooLong(Diagnostic):
    """The files of a spec are longer than any architecture written by hand.

    Limit `source`. A generator that writes out every op of a large model may need more:

        archdsl check generated.arch --limit source=100M
    """

    message = "{file} makes the spec longer than {most} characters"
    file: str
    most: str


class StatementTooLong(Diagnostic):
    """One statement, or one step of a flow, has more words and marks than a reader could follow.

    Limit `statement`. Long lists are better computed, and long flows are steps with arrows between them:

        let widths = [64, 64, 64, …]                    # ten thousand times
        let widths = [64 for i in range(10_000)]
    """

    message = "the statement is too long: more than {most} words and marks"
    most: str


class NestedTooDeeply(Diagnostic):
    """Brackets within brackets, blocks that call blocks, or lists of lists go deeper than any architecture.

    Limit `depth`. Chains without brackets count when they nest: `not not …`, `a ** b ** …`, `else if … else if …`.
    """

    message = "the nesting is too deep: more than {most}"
    most: str


class TooMuchWork(Diagnostic):
    """Elaborating the spec takes more compile-time steps than its length allows.

    Limit `steps`, which grows with the length of the text. Each expression is a step, an op and the elements of a list
    are some, a call of a block with new arguments is many. Usually it is loops in loops:

        let n = [[i * j for i in range(90_000)] for j in range(90_000)]
    """

    message = "the work is too much: more than {most} compile-time steps"
    most: str


class GraphTooLarge(Diagnostic):
    """The models of the spec have more ops than a machine should be asked to hold.

    Limit `nodes`, which grows with the length of the text. Blocks that call blocks multiply:

        block A { repeat 1000 { relu } }
        block B { repeat 1000 { A } }           # a million
    """

    message = "the graph is too large: more than {most} ops"
    most: str


class ValueTooLong(Diagnostic):
    """A list or a string is longer than anything in an architecture; what lists hold within lists counts too.

    Limit `length`.

        let a = [0] * 10 ** 9
    """

    message = "{what} is too long: more than {most}"
    what: str
    most: str


class NumberTooLarge(Diagnostic):
    """A number, or a dimension of a tensor, is larger than any count of anything in a model.

    Limits `bits`, `terms` and `rank`.

        let n = 10 ** 10 ** 10
        let x = 1e999                           # no float holds it
    """

    message = "{what} is too large: more than {most}"
    what: str
    most: str


class TooManyFiles(Diagnostic):
    """The spec imports more files, or a longer chain of them, than a reader could follow.

    Limits `files` and `imports`.
    """

    message = "the spec has too many files: more than {most}"
    most: str


class TooManyProblems(Diagnostic):
    """So much is wrong that the rest was not looked at. Mend what is reported and check again.

    Limit `problems`.
    """

    message = "more than {most} problems; what comes after is not checked"
    most: str
