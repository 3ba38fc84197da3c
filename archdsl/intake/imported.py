"""From a flat graph to a spec that is proved to be that graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from archdsl.compiler import NoFiles, Program
from archdsl.difference.match import owner
from archdsl.format import format_text
from archdsl.generalise import Term
from archdsl.graph.model import Graph
from archdsl.intake.blocks import divided
from archdsl.intake.claims import claimed
from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.flat import FlatGraph
from archdsl.intake.flow import Written, written
from archdsl.intake.loops import Folder
from archdsl.intake.names import free, pascal, snake
from archdsl.intake.opaque import not_known
from archdsl.intake.proof import pairs
from archdsl.intake.rewrites import rewritten
from archdsl.intake.terms import Named, Ref, arguments, flow, steps_of
from archdsl.intake.text import Spec, ports
from archdsl.limits import DEFAULT
from archdsl.passes.cost import cost
from archdsl.source import SourceFile
from archdsl.weights import Array

_LARGEST: Final = 5000
"""Nodes of a graph in which structure is looked for: several times those of the largest model of keras.applications."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A spec, the graph that it elaborates to, and of each node of that the layer that it was in the source."""

    text: str
    graph: Graph
    layers: Mapping[str, str]
    """By the path of a node, what the source calls its layer."""
    arrays: Mapping[str, Array] | None = None
    """The source's weights by their keys in the spec; ``None`` where its reader leaves them to a reader of weights."""
    turned: tuple[tuple[bool, ...], tuple[bool, ...]] = ((), ())
    """Of each input, and of each output, whether the source has the channels first."""


def imported(
    source: FlatGraph,
    file: str,
    *,
    flat: bool = False,
    about: Mapping[str, str] | None = None,
    head: tuple[str, ...] = (),
) -> Imported:
    """The spec of a graph that was read from a file. With ``flat`` it has no blocks and loops.

    Raises:
        Unreadable: the language has no such form, or what was written is not what was read.
    """
    read = rewritten(source)
    if not read.nodes:
        raise Unreadable(file, [Problem("", "it has no layers that do anything")])
    found = written(read, file)
    name = free(pascal(source.name), ())
    spec = _spec(read, found, name, flat=flat)
    spec.head, spec.about = head, about or {}
    graph, _ = _elaborated(spec, file)
    layers, problems = pairs(read, found.order, graph)
    if problems:
        raise Unreadable(file, [replace(problems[0], reason=f"not proved equal: {problems[0].reason}")])
    spec.checks = [_check(graph)]
    graph, text = _elaborated(spec, file)
    layers, problems = pairs(read, found.order, graph)
    assert not problems, "a check changes no graph"
    held = {path: read.held[layer] for name, path in layers.items() if (layer := read.nodes[name].layer) in read.held}
    turned = (tuple(name in read.turned for name in read.inputs), tuple(name in read.turned for name in read.outputs))
    owners = {name: owner(graph, graph[path]) for name, path in layers.items()}
    arrays = {f"{owners[name]}/{own}": array for name in layers for own, array in read.arrays.get(name, {}).items()}
    return Imported(text, graph, held, arrays if read.arrays else None, turned)


def _spec(read: FlatGraph, found: Written, name: str, *, flat: bool) -> Spec:
    labels = _distinct(read.outputs)
    inputs = _distinct(read.inputs) if len(read.inputs) > 1 else {name: name for name in read.inputs}
    taken = [*inputs.values(), *labels.values()]
    shared: dict[str, str] = {}
    for node in read:
        if node.layer != node.name and node.layer not in shared:
            shared[node.layer] = free(snake(node.layer), taken)
            taken.append(shared[node.layer])
    taps = dict(inputs) if len(inputs) > 1 else {}
    for value in found.tapped:
        if value not in taps:
            taps[value] = free(snake(value), taken)
            taken.append(taps[value])
    body = Named(taps, shared).terms(found.steps)
    if len(inputs) == 1 and (first := next(iter(inputs))) in taps:
        start = Term(("tap",), (("name", Ref(taps[first])), ("of", Term(("start",)))))
        body = flow([start, *steps_of(body)])
    spec = Spec(
        name,
        {inputs[name]: shape for name, shape in read.inputs.items()},
        {labels[label]: read.shape(value) for label, value in read.outputs.items()},
        body,
        {name: _alone(read, layer) for layer, name in shared.items()},
    )
    if flat or len(read) > _LARGEST:
        return spec
    folded = Folder(body).fold(body)
    blocks, body = divided(folded, found.order, {name})
    spec.blocks, spec.body = blocks, claimed(body, blocks, read, found.order)
    return spec


def _distinct(names: Iterable[str]) -> dict[str, str]:
    """What ports are called, by what the source calls them."""
    found: dict[str, str] = {}
    for name in names:
        found[name] = free(snake(name), found.values())
    return found


def _alone(read: FlatGraph, name: str) -> Term:
    """The op that owns shared weights, as its line has it."""
    op = read.nodes[name].op
    return Term(("op", op.name), tuple(arguments(op)))


def _elaborated(spec: Spec, file: str) -> tuple[Graph, str]:
    """The graph of a spec and its text in the canonical form."""
    text = format_text(spec.text()).text
    program = Program(SourceFile(f"{file} as a spec", text), NoFiles(), DEFAULT)
    graph = None if program.has_errors else program.graph(spec.model, {})
    if graph is None or program.has_errors:
        first = next((d for d in program.diagnostics if d.is_error), program.diagnostics[0])
        raise Unreadable(
            file, [Problem("", f"the spec that was written has an error, which is a bug of archdsl: {first.text}")]
        )
    return graph, text


def _check(graph: Graph) -> str:
    found = cost(graph)
    figures: list[tuple[str, object]] = [("params", found.params)]
    if not_known(node.op for node in graph) is None:
        figures += [("macs", found.macs), ("depth", found.depth)]
    said = ", ".join(f"{name} == {value:_}" for name, value in figures if isinstance(value, int))
    shapes = " -> ".join(ports({port.name: port.shape for port in each}) for each in (graph.inputs, graph.outputs))
    return f"check {graph.name}() :: {shapes}" + (f", {said}" if said else "")
