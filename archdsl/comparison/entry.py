"""One model's line in a comparison: its figures, and what its spec says about it."""

from __future__ import annotations

from dataclasses import dataclass

from archdsl.graph.dims import Dim, Shape
from archdsl.graph.model import Graph
from archdsl.passes.cost import cost
from archdsl.passes.memory import memory
from archdsl.passes.receptive import Extent, receptive_field

TOP1 = "imagenet_top1"
"""The fact that `about` states an accuracy by, in percent of ImageNet's validation images."""
SOURCE = "imagenet_source"
YEAR = "year"


@dataclass(frozen=True, slots=True)
class Entry:
    """A model and its figures, all for one image in float32."""

    name: str
    """The model, with the arguments that it was given: ``MobileNetV2(width=0.5)``."""
    model: str
    file: str
    inputs: tuple[Shape, ...]
    params: int
    """All weights, as Keras counts them."""
    trainable: int
    macs: Dim
    depth: int
    memory: Dim
    """Bytes of activations at the worst moment of inference."""
    field: tuple[Extent, ...] | None
    """The receptive field along each spatial axis; ``None`` if nothing looks through a window."""
    year: int | None = None
    top1: float | None = None
    """Percent of ImageNet's validation images, as published; ``None`` where nothing is."""
    source: str = ""
    """Who published ``top1``."""

    @property
    def family(self) -> str:
        """The file's own name, which the models of one family share.

        >>> Entry("B0", "B0", "specs/efficientnet.arch", (), 0, 0, 0, 0, 0, None).family
        'efficientnet'
        """
        return self.file.rpartition("/")[2].partition(".")[0]


def measure(graph: Graph, file: str, *, changed: bool = False) -> Entry:
    """The entry of a graph that came from ``file``.

    A model that is ``changed``, by other arguments than its spec gives it, is not the one that was trained: what
    accuracy it has nobody knows.
    """
    costs = cost(graph)
    largest = receptive_field(graph).largest
    about = dict(graph.about)
    year, top1 = about.get(YEAR), None if changed else about.get(TOP1)
    return Entry(
        name=graph.instances[0].call if changed else graph.name,
        model=graph.name,
        file=file,
        inputs=tuple(port.shape for port in graph.inputs),
        params=costs.params,
        trainable=costs.trainable,
        macs=costs.macs,
        depth=costs.depth,
        memory=memory(graph, costs=costs).activations,
        field=largest.size if largest else None,
        year=year if isinstance(year, int) else None,
        top1=float(top1) if isinstance(top1, int | float) else None,
        source="" if changed or top1 is None else str(about.get(SOURCE, "")),
    )
