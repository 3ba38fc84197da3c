"""From a flat graph to a spec whose graph is proved to be isomorphic to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from archdsl.compiler import Program
from archdsl.difference.match import owner
from archdsl.files import DiskLoader
from archdsl.format import format_text
from archdsl.generalise import Term
from archdsl.graph.model import Graph
from archdsl.intake.blocks import divided
from archdsl.intake.claims import claimed
from archdsl.intake.dominators import NOTHING
from archdsl.intake.errors import Problem, Unreadable
from archdsl.intake.flat import FlatGraph
from archdsl.intake.flow import Written, written
from archdsl.intake.landmarks import landmarks
from archdsl.intake.library.standard import Standard, home, library_block, standard
from archdsl.intake.loops import Folder, simplified
from archdsl.intake.names import distinct, free, pascal, snake
from archdsl.intake.opaque import not_known
from archdsl.intake.proof import pairs
from archdsl.intake.rewrites import rewritten
from archdsl.intake.sharing import together
from archdsl.intake.style import USUAL, Style
from archdsl.intake.terms import Named, Ref, arguments, cost, flow, steps_of
from archdsl.intake.text import Spec, ports
from archdsl.intake.visits import changed, library_calls
from archdsl.limits import DEFAULT
from archdsl.passes import cost as costs
from archdsl.source import SourceFile
from archdsl.weights import Array

_LARGEST: Final = 5000
"""Nodes of a graph in which structure is looked for: several times those of the largest model of keras.applications."""
_LONGER: Final = (1, 1.12, 1.2)
"""What a text counts with calls of all library blocks, of those without loops, and of none: a call says more."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A spec, the graph that it elaborates to, and the source's layer of each node."""

    text: str
    graph: Graph
    sources: Mapping[str, str]
    """The source texts of the graph by name: the spec and the library's modules."""
    layers: Mapping[str, str]
    """The source's name of each layer by the path of its node."""
    arrays: Mapping[str, Array] | None = None
    """The source's weights by their keys in the spec; ``None`` where its reader leaves them to a reader of weights."""
    turned: tuple[tuple[bool, ...], tuple[bool, ...]] = ((), ())
    """Whether the source has the channels first, for each input and each output."""


def imported(
    source: FlatGraph,
    file: str,
    style: Style = USUAL,
    *,
    about: Mapping[str, str] | None = None,
    head: tuple[str, ...] = (),
) -> Imported:
    """The spec of a graph that was read from a file.

    Raises:
        Unreadable: the language has no such form, or what was written is not what was read.
    """
    read = rewritten(source)
    if not read.nodes:
        raise Unreadable(file, [Problem("", "it has no layers that do anything")])
    found = written(read, file, landmarks(read) if len(read) <= _LARGEST else NOTHING)
    name = free(pascal(source.name), ())
    made, layers = _shortest(read, found, file, _Frame(name, head, about or {}), style)
    graph = made.graph
    held = {path: read.held[layer] for name, path in layers.items() if (layer := read.nodes[name].layer) in read.held}
    turned = (tuple(name in read.turned for name in read.inputs), tuple(name in read.turned for name in read.outputs))
    owners = {name: owner(graph, graph[path]) for name, path in layers.items()}
    arrays = {f"{owners[name]}/{own}": array for name in layers for own, array in read.arrays.get(name, {}).items()}
    return Imported(made.text, graph, made.sources, held, arrays if read.arrays else None, turned)


@dataclass(frozen=True, slots=True)
class _Frame:
    """The parts of a spec other than its structure."""

    name: str
    head: tuple[str, ...]
    about: Mapping[str, str]


def _shortest(
    read: FlatGraph, found: Written, file: str, frame: _Frame, style: Style
) -> tuple[_Elaborated, dict[str, str]]:
    """The shortest proved spec, with or without blocks of the library."""
    plain = Standard(found.steps, found.order)
    options = [plain]
    if style.std and not style.flat and len(read) <= _LARGEST:
        options = [*standard(found, read), plain]
    specs = [(_spec(read, each, found.tapped, frame.name, flat=style.flat), each.order) for each in options]
    refused: Unreadable | None = None
    words = [_words(spec) * more for (spec, _), more in zip(specs, _LONGER if len(specs) > 1 else (1,), strict=True)]
    for place in sorted(range(len(specs)), key=words.__getitem__):
        spec, order = specs[place]
        spec.head, spec.about = frame.head, frame.about
        try:
            return _proved(read, spec, order, file)
        except Unreadable as error:
            refused = error
    assert refused is not None
    raise refused


def _words(spec: Spec) -> float:
    """The length of a spec's text, as a description length."""
    return cost(spec.body) + sum(4 + cost(block.body) for block in spec.blocks) + 0.5 * len(spec.library)


def _proved(read: FlatGraph, spec: Spec, order: Sequence[str], file: str) -> tuple[_Elaborated, dict[str, str]]:
    made = _elaborated(spec, file)
    _, problems = pairs(read, order, made.graph)
    if problems:
        raise Unreadable(file, [replace(problems[0], reason=f"not proved equal: {problems[0].reason}")])
    spec.checks = [_check(made.graph)]
    made = _elaborated(spec, file)
    layers, problems = pairs(read, order, made.graph)
    assert not problems, "a check changes no graph"
    return made, layers


def _spec(read: FlatGraph, found: Standard, tapped: Collection[str], name: str, *, flat: bool) -> Spec:
    labels = _distinct(read.outputs)
    inputs = _distinct(read.inputs) if len(read.inputs) > 1 else {name: name for name in read.inputs}
    taken = [*inputs.values(), *labels.values()]
    shared: dict[str, str] = {}
    for node in read:
        if node.layer != node.name and node.layer not in shared:
            shared[node.layer] = free(snake(node.layer), taken)
            taken.append(shared[node.layer])
    taps = dict(inputs) if len(inputs) > 1 else {}
    for value in tapped:
        if value not in taps:
            taps[value] = free(distinct(snake(value), map(snake, tapped)), taken)
            taken.append(taps[value])
    body = Named(taps, shared).terms(found.steps)
    if len(inputs) == 1 and (first := next(iter(inputs))) in taps:
        start = Term(("tap",), (("name", Ref(taps[first])), ("of", Term(("start",)))))
        body = flow([start, *steps_of(body)])
    alone = {name: _alone(read, layer) for layer, name in shared.items()}
    spec = Spec(
        name,
        {inputs[name]: shape for name, shape in read.inputs.items()},
        {labels[label]: read.shape(value) for label, value in read.outputs.items()},
        body,
        alone,
    )
    if flat or len(read) > _LARGEST:
        return spec
    called = {*library_calls(body)}
    spec.model = free(name, called)
    towers = together(body, alone, found.order, found.spans, {spec.model, *called, *taken})
    folded = Folder(towers.body).fold(towers.body)
    assert isinstance(folded, Term)
    folded = changed(folded, simplified)
    used = {spec.model, *called, *(block.name for block in towers.blocks)}
    blocks, body = divided(folded, found.order, towers.spans, used)
    spec.shared, spec.blocks = towers.named, [*towers.blocks, *blocks]
    spec.body = claimed(body, spec.blocks, read, found.order, towers.spans)
    spec.library = {each: library_block(each) for each in sorted(called)}
    for each in sorted(spec.library, key=lambda each: (home(each), each)):
        spec.imports.setdefault(home(each), []).append(each)
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


class _Elaborated(NamedTuple):
    """The graph of a spec, its text in the canonical form, and all texts that the graph came from."""

    graph: Graph
    text: str
    sources: Mapping[str, str]


def _elaborated(spec: Spec, file: str) -> _Elaborated:
    text = format_text(spec.text()).text
    program = Program(SourceFile(f"{file} as a spec", text), DiskLoader(), DEFAULT)
    graph = None if program.has_errors else program.graph(spec.model, {})
    if graph is None or program.has_errors:
        first = next((d for d in program.diagnostics if d.is_error), program.diagnostics[0])
        raise Unreadable(
            file, [Problem("", f"the spec that was written has an error, which is a bug of archdsl: {first.text}")]
        )
    return _Elaborated(graph, text, program.sources)


def _check(graph: Graph) -> str:
    found = costs.cost(graph)
    figures: list[tuple[str, object]] = [("params", found.params)]
    if not_known(node.op for node in graph) is None:
        figures += [("macs", found.macs), ("depth", found.depth)]
    said = ", ".join(f"{name} == {value:_}" for name, value in figures if isinstance(value, int))
    shapes = " -> ".join(ports({port.name: port.shape for port in each}) for each in (graph.inputs, graph.outputs))
    return f"check {graph.name}() :: {shapes}" + (f", {said}" if said else "")
