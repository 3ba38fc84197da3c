"""Codes of flows whose steps do not form a graph."""

from __future__ import annotations

from archdsl.diagnostics.model import Diagnostic, Severity


class NotAStep(Diagnostic):
    """A step names something that is neither an op nor a block nor a tensor."""

    message = "{value} is not a step"
    label = "{hint}"
    value: str
    hint: str = ""


class TensorMidFlow(Diagnostic):
    """A named tensor, or an op without an input, stands in the middle of a flow and would drop what flows into it.

    Join the flow with it, or start a flow of its own from it:

        conv(8) -> c3 -> relu            # wrong: what becomes of conv?
        conv(8) -> add(c3) -> relu       # joins both
        { c3 -> relu }                   # a flow of its own starts at c3
        add { id, parameter([n, c]) }    # so does one at a learned tensor
    """

    message = "{what} `{name}` can only start a flow"
    label = "what flows here would be dropped"
    what: str
    name: str


class NeedsBranches(Diagnostic):
    """A joining op has nothing to join: give it branches, or name the tensors to join the flow with.

    Both forms join the flow with something else:

        -> add { main: …  skip: id }
        -> add(c3)
    """

    message = "`{op}` has nothing to join"
    op: str


class NoBranchLeft(Diagnostic):
    """Every branch of a join may be left out, and all are: each condition is false, each list without elements.

    A join that is left with one branch is that branch; one without any would have to make something of nothing:

        concat { ...if wide { conv(64) }  ...for r in rates { conv(8, dilation=r) } }   # neither `wide` nor `rates`
    """

    message = "no branch of `{op}` is left"
    op: str


class UnexpectedBranches(Diagnostic):
    """Only joining ops (`add`, `mul`, `concat` …) and `residual` take branches."""

    message = "`{name}` does not join branches"
    name: str


class ResidualForm(Diagnostic):
    """`residual` takes one body without a label: `residual(drop=0.1) { … }` is `add { body  id }`.

    For a skip that is not the identity write `add { main: …  skip: … }`.
    """

    message = "`residual` takes one body, not {given}"
    given: str


class PrecisionForm(Diagnostic):
    """`float32` takes one body without a label: `float32 { dense(10) -> softmax }` computes both in float32.

    It has no arguments, and is no op: what is in the braces does the work.
    """

    message = "`float32` takes a body in braces, and nothing else"


class EmptyBody(Diagnostic):
    """A body has no flow. Write `id` for a flow that changes nothing."""

    message = "the body has no flow"


class PortsMismatch(Diagnostic):
    """Tensors that flow together do not have the names that a signature asks for.

    A block with named ports is fed, and ended, by `ports` with the same names:

        block Cell() :: (a: [h, w, c], b: [h, w, c]) -> (a: [h, w, c], b: [h, w, c]) {
          ports { a: b -> conv(c)
                  b: a }
        }
    """

    message = "{what} needs {wanted}, not {given}"
    what: str
    wanted: str
    given: str


class NotTensors(Diagnostic):
    """An argument or a spread that should hold tensors holds something else."""

    message = "{what} should be {wanted}, not {given}"
    what: str
    wanted: str
    given: str


class SharedMismatch(Diagnostic):
    """A `shared` instance is used on inputs that would give it weights of different shapes.

    All its uses have one set of weights, so what flows into them has the same number of channels:

        shared head = conv(10, k=1)
        concat { p3: p3 -> conv(64, k=1) -> head
                 p4: p4 -> conv(64, k=1) -> head }

    Its arguments, such as a stride, are the same for all uses too. Ops without weights may differ between uses.
    """

    message = "uses of shared `{name}` need different {what} of `{op}`"
    label = "needs {here}"
    name: str
    what: str
    op: str
    here: str


class UnusedResult(Diagnostic):
    """Nothing that the model returns depends on this step (a warning). The step is left out of the graph."""

    message = "the result of `{step}` is never used"
    severity = Severity.WARNING
    step: str


class UnusedInput(Diagnostic):
    """An input of the model reaches none of its outputs (a warning)."""

    message = "input `{name}` is never used"
    severity = Severity.WARNING
    name: str
