"""All measures, in the order in which tables show them.

One more is one more entry here: `check` lines, columns, sort keys, limits, JSON and docs/measures.md follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from archdsl.measures.model import Measure, Part, Subject, Value


def _field(model: Subject) -> Value:
    largest = model.receptive.largest
    return largest.size if largest else None


def _field_of_part(part: Part) -> Value:
    return part.field.size if part.field else None


MEMORY: Final = Measure(
    "memory",
    title="memory",
    unit="bytes",
    noun="of activations",
    meaning="bytes of activations at the worst moment of inference, one image in float32; "
    "of a part, bytes of its outputs",
    of=lambda model: model.memory.activations,
    of_part=lambda part: part.memory,
    better="less",
    praise="the smallest activations",
    phrase="memory of activations",
    usual=True,
    spare=4,
    grows=True,
)
RECEPTIVE_FIELD: Final = Measure(
    "receptive_field",
    title="receptive field",
    unit="pixels",
    noun="pixels of receptive field",
    meaning="the receptive field of the last map, in pixels; a list where the axes differ",
    of=_field,
    of_part=_field_of_part,
    column="field",
    head="field",
    usual=True,
    spare=3,
)

ACTIVATIONS: Final = Measure(
    "activations",
    title="activations",
    unit="magnitude",
    noun="activations",
    meaning="output elements of the layers that do multiply-adds, for one image",
    of=lambda model: model.cost.activations,
    of_part=lambda part: part.cost.activations,
    better="less",
    praise="the fewest activations",
)

MEASURES: Final = (
    Measure(
        "params",
        title="params",
        unit="count",
        noun="parameters",
        meaning="all weights, as Keras counts them",
        of=lambda model: model.cost.params,
        of_part=lambda part: part.cost.params,
        better="less",
        praise="the fewest parameters",
        phrase="parameters",
        usual=True,
        grows=True,
        aliases=("parameters", "num_params"),
    ),
    Measure(
        "trainable",
        title="trainable",
        unit="count",
        noun="trainable parameters",
        meaning="weights that training changes, as papers count them",
        of=lambda model: model.cost.trainable,
        of_part=lambda part: part.cost.trainable,
        better="less",
        praise="the fewest trainable parameters",
        phrase="trainable parameters",
        usual=True,
        spare=2,
    ),
    Measure(
        "non_trainable",
        title="non-trainable",
        unit="count",
        noun="parameters that are not trained",
        meaning="moving statistics and frozen weights",
        of=lambda model: model.cost.non_trainable,
        of_part=lambda part: part.cost.non_trainable,
    ),
    Measure(
        "macs",
        title="MACs",
        unit="magnitude",
        noun="MACs",
        meaning="multiply-adds for one image; FLOPs are twice as many",
        of=lambda model: model.cost.macs,
        of_part=lambda part: part.cost.macs,
        better="less",
        praise="the fewest MACs",
        usual=True,
        grows=True,
        aliases=("flops", "mult_adds"),
    ),
    ACTIVATIONS,
    Measure(
        "depth",
        title="depth",
        unit="count",
        noun="layers of depth",
        meaning="layers with weights on the longest path",
        of=lambda model: model.cost.depth,
        usual=True,
    ),
    Measure(
        "nodes",
        title="nodes",
        unit="count",
        noun="nodes",
        meaning="uses of ops in the graph",
        of=lambda model: len(model.graph.nodes),
        of_part=lambda part: part.nodes,
    ),
    MEMORY,
    RECEPTIVE_FIELD,
)
BY_NAME: Final[Mapping[str, Measure]] = {measure.name: measure for measure in MEASURES}
