"""Gradient norms in a model at initialisation, with its skip connections and without."""

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
    """A layer with weights, and the norms of the gradients of the loss for its output and its weights."""

    path: str
    stage: str
    """The top-level part of the model that it belongs to."""
    depth: int
    """The number of layers with weights on the longest path to it, including itself."""
    signal: float | None
    """The norm for its output; ``None`` for a layer that is used several times, and so has several outputs."""
    weights: float
    """The norm for all its weights together."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The layers of one top-level part of the model together."""

    name: str
    layers: int
    """The number of layers."""
    signal: float | None
    """The geometric mean of the norms for the outputs of its layers."""
    weights: float
    """The norm for the weights of all its layers together."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The layers of one network in the order of the forward pass."""

    layers: tuple[Layer, ...]

    @property
    def gain(self) -> float:
        """The gradient norm at the first layer's output, relative to that at the last layer's.

        At 1, gradients neither vanish nor explode; it is NaN if there are no gradients.
        """
        known = [layer.signal for layer in self.layers if layer.signal is not None]
        return known[0] / known[-1] if known and known[-1] else float("nan")

    def stages(self) -> tuple[Stage, ...]:
        """The stages in the order of the forward pass."""
        found: dict[str, list[Layer]] = {}
        for layer in self.layers:
            found.setdefault(layer.stage, []).append(layer)
        return tuple(_stage(name, layers) for name, layers in found.items())


@dataclass(frozen=True, slots=True)
class GradientFlow:
    """The gradient norms of a model; both networks have the same weights and images."""

    model: str
    batch: int
    seed: int
    residual: Flow
    """The unchanged model."""
    plain: Flow | None = None
    """The model without its skip connections, if requested."""
    removed: tuple[str, ...] = ()
    """The nodes at which the removed skip connections ended."""

    @property
    def flows(self) -> tuple[tuple[str, Flow], ...]:
        """The measured networks with their names."""
        plain = (("without skips", self.plain),) if self.plain is not None else ()
        return (("as it is" if not plain else "with skips", self.residual), *plain)


def _stage(name: str, layers: Sequence[Layer]) -> Stage:
    known = [layer.signal for layer in layers if layer.signal]
    signal = exp(sum(map(log, known)) / len(known)) if known else None
    return Stage(name, len(layers), signal, sqrt(sum(layer.weights**2 for layer in layers)))


def places(graph: Graph) -> Iterator[tuple[Node, str, int]]:
    """The nodes that count towards depth, such as convolutions, with their stages and depths, in the graph's order."""
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
    """A table of the norms by ``stage`` or ``layer``, with columns for each network, and notes on the gain."""
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
    """The measurements as JSON, by layer and by stage."""
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
