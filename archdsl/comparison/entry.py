"""The entry of one model in a comparison: its figures, and the facts in its spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph
from archdsl.measures import BY_NAME, MEASURES, Subject, Value
from archdsl.summary.figures import human

if TYPE_CHECKING:
    from archdsl.graph.dims import Dim
    from archdsl.passes.receptive import Extent

TOP1: Final = "imagenet_top1"
"""The fact that `about` states an accuracy by, in percent of ImageNet's validation images."""
SOURCE: Final = "imagenet_source"
YEAR: Final = "year"

Fact: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A model and its figures, all for one image in float32."""

    name: str
    """The model, with the arguments that it was given: ``MobileNetV2(width=0.5)``."""
    model: str
    file: str
    inputs: tuple[Shape, ...]
    figures: Mapping[str, Value]
    """All measures by their names: ``params``, ``macs``, ``receptive_field``."""
    facts: Mapping[str, Fact] = default(default_factory=dict)
    """What the spec's `about` states."""
    arguments: Mapping[str, Any] = default(default_factory=dict)
    """The values of the parameters that a sweep changed, as Python has them, or as text where Python has none."""

    def __repr__(self) -> str:
        """``<Entry ResNet50: 25.6 M params, 4.09 G MACs>``."""
        counts = (f"{human(value)} {name}" for name, value in (("params", self.params), ("MACs", self.macs)))
        return f"<Entry {self.name}: {', '.join(counts)}>"

    def __getitem__(self, name: str) -> Value | Fact:
        """A measure, or else a fact; ``None`` if it is not known.

        Raises:
            KeyError: neither has that name.
        """
        return self.figures[name] if name in BY_NAME else self.facts[name]

    @property
    def params(self) -> int:
        """All weights, as Keras counts them."""
        return self.figures["params"]  # type: ignore[return-value]  # what the measure computes

    @property
    def trainable(self) -> int:
        return self.figures["trainable"]  # type: ignore[return-value]  # as above

    @property
    def macs(self) -> Dim:
        return self.figures["macs"]  # type: ignore[return-value]  # as above

    @property
    def depth(self) -> int:
        return self.figures["depth"]  # type: ignore[return-value]  # as above

    @property
    def memory(self) -> Dim:
        """The peak of activation memory at inference, in bytes."""
        return self.figures["memory"]  # type: ignore[return-value]  # as above

    @property
    def field(self) -> tuple[Extent, ...] | None:
        """The receptive field along each spatial axis; ``None`` without windows."""
        return self.figures["receptive_field"]  # type: ignore[return-value]  # as above

    @property
    def year(self) -> int | None:
        year = self.facts.get(YEAR)
        return year if isinstance(year, int) else None

    @property
    def top1(self) -> float | None:
        """Published accuracy in percent on ImageNet's validation set; ``None`` if there is none."""
        top1 = self.facts.get(TOP1)
        return float(top1) if isinstance(top1, int | float) else None

    @property
    def source(self) -> str:
        """The publisher of ``top1``."""
        return "" if self.top1 is None else str(self.facts.get(SOURCE, ""))

    @property
    def family(self) -> str:
        """The file's name, common to the models of one family.

        >>> Entry("B0", "B0", "specs/efficientnet.arch", (), {}).family
        'efficientnet'
        """
        return self.file.rpartition("/")[2].partition(".")[0]


def measure(graph: Graph, file: str, *, changed: bool = False, arguments: Mapping[str, Any] | None = None) -> Entry:
    """The entry of a graph that came from ``file``.

    A model that is ``changed``, by other arguments than its spec gives it, is not the one that was trained: of the
    numbers that its spec states, the accuracy among them, only the year is kept.
    """
    model = Subject(graph)
    return Entry(
        name=str(graph.instances[0].call) if changed else graph.name,
        model=graph.name,
        file=file,
        inputs=tuple(port.shape for port in graph.inputs),
        figures={measure.name: measure.of(model) for measure in MEASURES},
        facts={name: fact for name, fact in graph.about if not changed or name == YEAR or isinstance(fact, str)},
        arguments=arguments or {},
    )
