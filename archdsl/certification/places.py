"""Where a model and its source are compared: at the inputs of corresponding modules, and the outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from archdsl.graph.model import Graph, Node, Port
from archdsl.weights import WeightsError
from archdsl.weights.published import NameMap


class Place(NamedTuple):
    """The input of a node that owns weights."""

    path: str
    module: str
    """What the source calls the node."""
    stage: str
    """The part of the model that the node is in."""
    shape: tuple[int, ...]
    """Of one example, channels last."""
    tensor: str
    """The node or the input of the graph whose value it is."""


def places(graph: Graph, names: NameMap) -> Iterator[Place]:
    """All comparable places in topological order: nodes with weights of their own and one input of known size."""
    inputs = {port.name for port in graph.inputs}
    for node in graph:
        if node.layer != node.path or len(node.inputs) != 1 or node.inputs[0] in inputs:
            continue
        (shape,) = graph.input_shapes(node)
        if not node.op.weights(shape) or not all(isinstance(size, int) for size in shape):
            continue
        try:
            module = names(node.path)
        except WeightsError:
            continue
        sizes = tuple(size for size in shape if isinstance(size, int))
        yield Place(node.path, module, _stage(node), sizes, node.inputs[0])


def _stage(node: Node) -> str:
    """
    >>> node = Node.model_construct(path="stages.2.blocks.0.conv")
    >>> _stage(node)
    'stages.2'
    """
    first, *rest = node.path.split(".")
    return ".".join([first, *rest[:1]]) if rest and rest[0].isdecimal() else first


def firsts(found: Sequence[Place]) -> list[Place]:
    """The first place of each stage."""
    return [*{place.stage: place for place in reversed(found)}.values()][::-1]


def tapped(graph: Graph, paths: Mapping[str, str]) -> Graph:
    """The graph with values of nodes as further outputs: ``paths`` by the names of the outputs."""
    ports = [Port(name=name, node=path, shape=graph.by_path[path].shape) for name, path in paths.items()]
    return graph.model_copy(update={"outputs": (*graph.outputs, *ports)})


def as_ours(value: Any, shape: Sequence[int], *, channels_first: bool) -> Any | None:
    """A batch of the source's values in our axis order; ``None`` if they do not have this shape.

    A map may be without its axes of one place, or with those of its places joined. Where height or width could be taken
    for channels, nothing is said.

    >>> as_ours(np.zeros((2, 8, 4, 3)), (4, 3, 8), channels_first=True).shape
    (2, 4, 3, 8)
    >>> as_ours(np.zeros((2, 12, 8)), (4, 3, 8), channels_first=True).shape
    (2, 4, 3, 8)
    >>> as_ours(np.zeros((2, 4, 4, 4)), (4, 4, 4), channels_first=True) is None
    True
    """
    own = tuple(value.shape[1:])
    if math.prod(own) != math.prod(shape):
        return None
    if channels_first and len(own) > 2:
        last = (*own[1:], own[0])
        if last == own:
            return value if set(own) == {1} else None
        if last == tuple(shape) or _without_ones(last) == _without_ones(shape):
            return np.moveaxis(value, 1, -1).reshape(-1, *shape)
    is_joined = len(own) == 2 and own[-1] == shape[-1]
    if own == tuple(shape) or _without_ones(own) == _without_ones(shape) or is_joined:
        return value.reshape(-1, *shape)
    return None


def _without_ones(shape: Sequence[int]) -> list[int]:
    return [size for size in shape if size != 1]
