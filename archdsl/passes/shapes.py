"""Proves every shape again by its op's rule: for graphs from outside, and as an invariant of every pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archdsl.graph import dims
from archdsl.graph.dims import Shape, elements
from archdsl.graph.model import Graph
from archdsl.graph.view import order
from archdsl.ops.base import Misfit, Op


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A node, or an output by its name, whose stated shape differs from that of the rule."""

    path: str
    stated: Shape
    derived: Shape | None
    """``None`` when the op cannot take its inputs; ``reason`` says why."""
    reason: str = ""

    def __str__(self) -> str:
        if self.derived is None:
            return f"{self.path}: {self.reason}"
        return f"{self.path} is stated to be {dims.show(self.stated)} and is {dims.show(self.derived)}"


def prove(graph: Graph) -> tuple[Disagreement, ...]:
    """The disagreements of the graph with the shape rules of its ops; empty if all shapes are proved.

    Each node is judged by the stated shapes of its inputs, so a single wrong shape is reported where it stands and
    where it cannot be used, but does not spread over everything that follows.
    """
    return tuple(_disagreements(graph)) or tuple(_impossible(graph))


def _disagreements(graph: Graph) -> Iterator[Disagreement]:
    for node in order(graph):
        inputs = graph.input_shapes(node)
        try:
            derived = _derive(node.op, inputs)
        except Misfit as misfit:
            yield Disagreement(node.path, node.shape, None, explain(misfit, node.op))
        except ArithmeticError as error:  # a dimension such as `?` that the rule cannot divide
            yield Disagreement(node.path, node.shape, None, f"`{node.op.name}`: {error}")
        except _WrongNumber as error:
            yield Disagreement(node.path, node.shape, None, str(error))
        else:
            if derived != node.shape:
                yield Disagreement(node.path, node.shape, derived)
    for port in graph.outputs:
        if graph.shapes[port.node] != port.shape:
            yield Disagreement(port.name, port.shape, graph.shapes[port.node])


def _impossible(graph: Graph) -> Iterator[Disagreement]:
    """Open sizes that belong to no input."""
    if graph.is_open:
        from archdsl.passes.sizes import NoSize, least_sizes

        try:
            least_sizes(graph)
        except NoSize as error:
            yield Disagreement(graph.name, (error.dimension,), None, str(error))


class _WrongNumber(Exception):
    """An op has too few or too many inputs for its shape rule."""


def _derive(op: Op, inputs: Sequence[Shape]) -> Shape:
    least, most = op.arity
    if len(inputs) < least or (most is not None and len(inputs) > most):
        wanted = f"{least}" if least == most else f"{least} or more" if most is None else f"{least} to {most}"
        raise _WrongNumber(f"`{op.name}` takes {wanted} inputs, not {len(inputs)}")
    shape = op.shape(*inputs)
    op.weights(*inputs)  # some ops look at what they must know of their input only here
    op.macs(inputs, shape), elements(shape)  # and figures that nobody can compute show here
    return shape


class _Blanks(dict[str, object]):
    """The values of a message, with an ellipsis for those that only the elaborator knows."""

    def __missing__(self, name: str) -> str:
        return "…"


def explain(misfit: Misfit, op: Op) -> str:
    """The misfit's message on one line, for places without source text.

    >>> from archdsl.ops.convolution import Conv
    >>> try:
    ...     Conv(filters=8).shape((10,))
    ... except Misfit as misfit:
    ...     print(explain(misfit, Conv(filters=8)))
    `conv` needs a tensor [l, c], [h, w, c] or [d, h, w, c], not [10]
    """
    return misfit.code.message.format_map(_Blanks({"op": op.name, **misfit.values}))
