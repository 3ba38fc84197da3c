"""Arrays that Keras stores under other names or in other shapes than the op states. Needs no Keras."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph
from archdsl.ops.axes import known_channels
from archdsl.ops.base import Op, per_axis, spatial_rank
from archdsl.ops.convolution import DepthwiseConv, SeparableConv
from archdsl.ops.learned import Scale
from archdsl.weights import Weights, expected

Uses: TypeAlias = Sequence[tuple[Shape, ...]]
"""The input shapes of every use of one set of weights."""


class Held(NamedTuple):
    """The variable for an array: its name within the layer, and its shape, with the same elements in the same order."""

    name: str
    shape: tuple[int, ...]


def uses(graph: Graph) -> Mapping[str, Uses]:
    """The uses of each set of weights, by the path of its owner."""
    found: dict[str, list[tuple[Shape, ...]]] = defaultdict(list)
    for node in graph:
        found[node.layer].append(graph.input_shapes(node))
    return found


def is_depthwise(op: Scale, uses: Uses) -> bool:
    """Whether a scale is lowered to a 1x1 depthwise convolution, as fast and a Keras layer: over ``[h, w, c]``."""
    return op.per == "channel" and max(len(x) for (x,) in uses) == 3


def _scale(op: Scale, uses: Uses) -> Mapping[str, Held]:
    ((x,), *_) = uses
    return {"gamma": Held("kernel", (1, 1, known_channels(x), 1))} if is_depthwise(op, uses) else {}


def has_depthwise_layer(op: DepthwiseConv, rank: int) -> bool:
    """Whether it is lowered to Keras's depthwise layer, and not to a grouped convolution.

    Keras has none over three dimensions, and TensorFlow's steps equally along both of two on most processors.
    """
    return rank < 3 and len(set(per_axis(op.stride, rank, "stride"))) == 1


def _depthwise(name: str, op: DepthwiseConv | SeparableConv, uses: Uses) -> Mapping[str, Held]:
    ((x, *_), *_) = uses
    taps, channels = per_axis(op.k, spatial_rank(x), "k"), known_channels(x)
    return {name: Held(name, (*taps, channels, op.multiplier))}


def _depthwise_conv(op: DepthwiseConv, uses: Uses) -> Mapping[str, Held]:
    ((x, *given), *_) = uses
    return {} if given or not has_depthwise_layer(op, spatial_rank(x)) else _depthwise("kernel", op, uses)


_HELD: Final[Mapping[type[Op], Callable[[Any, Uses], Mapping[str, Held]]]] = {
    Scale: _scale,
    DepthwiseConv: _depthwise_conv,
    SeparableConv: partial(_depthwise, "depthwise_kernel"),
}


def held(op: Op, uses: Uses) -> Mapping[str, Held]:
    """The variables for an op's arrays that have other names or shapes, by the op's names of the arrays."""
    found = _HELD.get(type(op))
    return found(op, uses) if found else {}


def held_elsewhere(graph: Graph) -> dict[str, Held]:
    """The same for all arrays of a graph, by their keys."""
    places = uses(graph)
    return {
        f"{node.path}/{name}": place
        for node in graph
        if node.layer == node.path
        for name, place in held(node.op, places[node.path]).items()
    }


def name_in_layer(key: str, elsewhere: Mapping[str, Held]) -> str:
    """The key of an array in a Keras file: ``path/variable``."""
    return f"{key.partition('/')[0]}/{elsewhere[key].name}" if key in elsewhere else key


def as_graph_has_them(graph: Graph, weights: Weights) -> Weights:
    """The arrays of a file with the graph's names and shapes, for those that are variables of Keras's layers."""
    elsewhere, wanted = held_elsewhere(graph), expected(graph)
    ours = {name_in_layer(key, elsewhere): key for key in elsewhere}
    # A file that has an array under both names has one that is not the model's, which stays in the list.
    ours = {name: key for name, key in ours.items() if key not in weights.arrays}
    arrays = {ours.get(name, name): array for name, array in weights.arrays.items()}
    for key, place in elsewhere.items():
        if key in arrays and arrays[key].shape == place.shape:
            arrays[key] = arrays[key].reshaped(wanted[key].shape)
    return replace(weights, arrays=arrays)
