"""How gradients fare on their way back through a model, before any training: with its skip connections and without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import exp, isfinite, log, sqrt
from typing import Final

from archdsl.graph.model import Graph, Node
from archdsl.graph.tree import local_name, tree
from archdsl.passes.depth import depths
from archdsl.tabular import Cell, Column, Row, Table
from archdsl.tabular.json import document

SCHEMA: Final = "archdsl-gradient-flow"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer with weights, and the norms of the gradients of the loss at it."""

    path: str
    stage: str
    """The part of the model that it is in, one level below the model itself."""
    depth: int
    """Layers with weights on the longest way to it, itself among them."""
    signal: float | None
    """Of its output; ``None`` where a layer is used several times, and so has several."""
    weights: float
    """Of all its weights together."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The layers of one part of the model together."""

    name: str
    layers: int
    """How many."""
    signal: float | None
    """The geometric mean over the layers."""
    weights: float
    """The norm over the weights of all its layers."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The layers of one network in the order in which data passes them."""

    layers: tuple[Layer, ...]

    @property
    def gain(self) -> float:
        """How many times the gradient at the last layer's output arrives at that of the first.

        1 is a network in which gradients neither vanish nor explode; it is not a number where none arrive.
        """
        known = [layer.signal for layer in self.layers if layer.signal is not None]
        return known[0] / known[-1] if known and known[-1] else float("nan")

    def stages(self) -> tuple[Stage, ...]:
        """In the order in which data enters them."""
        found: dict[str, list[Layer]] = {}
        for layer in self.layers:
            found.setdefault(layer.stage, []).append(layer)
        return tuple(_stage(name, layers) for name, layers in found.items())


@dataclass(frozen=True, slots=True)
class GradientFlow:
    """What was measured of a model, with the same weights and images for both networks."""

    model: str
    batch: int
    seed: int
    residual: Flow
    """The model as it is."""
    plain: Flow | None = None
    """The model without its skip connections, if that was asked for."""
    removed: tuple[str, ...] = ()
    """The nodes that ended a skip connection."""

    @property
    def flows(self) -> tuple[tuple[str, Flow], ...]:
        """What was measured, by its name."""
        plain = (("without skips", self.plain),) if self.plain is not None else ()
        return (("as it is" if not plain else "with skips", self.residual), *plain)


def _stage(name: str, layers: Sequence[Layer]) -> Stage:
    known = [layer.signal for layer in layers if layer.signal]
    signal = exp(sum(map(log, known)) / len(known)) if known else None
    return Stage(name, len(layers), signal, sqrt(sum(layer.weights**2 for layer in layers)))


def places(graph: Graph) -> Iterator[tuple[Node, str, int]]:
    """The nodes that have weights to multiply with, their stages and depths, in the graph's order."""
    deep = depths(graph)
    stage_of: dict[str, str] = {}
    for child in tree(graph).children:
        if isinstance(child, Node):
            stage_of[child.path] = child.path
        else:
            name = local_name(child.instance.path, "")
            stage_of.update((node.path, name) for node in child.nodes())
    for node in graph:
        if node.op.depth and node.layer == node.path:
            yield node, stage_of[node.path], deep[node.path]


def table(study: GradientFlow, by: str = "stage") -> Table:
    """The norms by ``stage`` or ``layer``, a column for each network, and below how gradients change on their way."""
    first, second = ("stage", "layers") if by == "stage" else ("layer", "depth")
    columns = [Column(first, first, "words"), Column(second, second)]
    for name, _ in study.flows:
        slug = name.replace(" ", "_")
        columns += [Column(f"signal_{slug}", f"signal {name}"), Column(f"weights_{slug}", f"weights {name}")]
    rows: dict[str, list[Cell]] = {}
    for _, flow in study.flows:
        for name, count, signal, weights in _figures(flow, by):
            rows.setdefault(name, [Cell.words(name), Cell(str(count), count)]).extend([_norm(signal), _norm(weights)])
    # A projection that a skip had is not in the plain network.
    filled = tuple(Row(tuple(row + [Cell.unknown()] * (len(columns) - len(row)))) for row in rows.values())
    notes = [
        f"{name}: the gradient at the first layer is {flow.gain:.3g} times that at the last"
        for name, flow in study.flows
        if isfinite(flow.gain)
    ]
    if study.plain is not None:
        taken = "1 skip connection was" if len(study.removed) == 1 else f"{len(study.removed)} skip connections were"
        notes.append(f"{taken} taken out; weights and images are the same")
    return Table(f"Gradients of {study.model} at initialisation", tuple(columns), filled, tuple(notes))


def _figures(flow: Flow, by: str) -> Iterator[tuple[str, int, float | None, float]]:
    if by == "stage":
        yield from ((stage.name, stage.layers, stage.signal, stage.weights) for stage in flow.stages())
    else:
        yield from ((layer.path, layer.depth, layer.signal, layer.weights) for layer in flow.layers)


def _norm(value: float | None) -> Cell:
    return Cell.unknown() if value is None else Cell(f"{value:.2e}", value)


def to_json(study: GradientFlow) -> str:
    """Everything measured, by layer and by stage."""
    return document(
        SCHEMA,
        VERSION,
        model=study.model,
        batch=study.batch,
        seed=study.seed,
        removed=study.removed,
        networks=[
            {
                "name": name,
                "gain": flow.gain,
                "stages": [asdict(stage) for stage in flow.stages()],
                "layers": [asdict(layer) for layer in flow.layers],
            }
            for name, flow in study.flows
        ],
    )
