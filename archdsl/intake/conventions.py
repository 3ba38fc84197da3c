"""A common padding convention for convolutions of one kernel size, so that they differ in their strides alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import replace

from archdsl.intake.flat import Flat, FlatGraph
from archdsl.ops.base import per_axis
from archdsl.ops.convolution import Conv, DepthwiseConv, SeparableConv


def aligned(graph: FlatGraph) -> FlatGraph:
    """A graph in which convolutions without stride pad in numbers if those of their kernel with a stride do.

    PyTorch pads in numbers everywhere. Of a convolution without stride the numbers are those of the rule "same",
    which the language has by default, and of one with a stride they are not.
    """
    steps: defaultdict[Hashable, set[bool]] = defaultdict(set)
    """For each kernel, whether convolutions with a stride pad by the rule."""
    for node in graph:
        if (kernel := _kernel(node.op)) is not None and _strides(node.op, len(node.shape) - 1) != {1}:
            steps[kernel].add(isinstance(node.op, Conv | DepthwiseConv | SeparableConv) and node.op.pad == "same")
    nodes: dict[str, Flat] = {}
    for node in graph:
        half = _half(node.op, len(node.shape) - 1) if steps.get(_kernel(node.op)) == {False} else 0
        op = node.op.model_copy(update={"pad": half}) if half else node.op
        nodes[node.name] = replace(node, op=op)
    return replace(graph, nodes=nodes)


def _kernel(op: object) -> Hashable:
    return (type(op), op.k, op.dilation) if isinstance(op, Conv | DepthwiseConv | SeparableConv) else None


def _strides(op: object, rank: int) -> set[int]:
    return {*per_axis(op.stride, rank, "stride")} if isinstance(op, Conv | DepthwiseConv | SeparableConv) else {1}


def _half(op: object, rank: int) -> int:
    """The padding on each side that the rule "same" chooses for a convolution without stride; 0 if there is no such."""
    if not isinstance(op, Conv | DepthwiseConv | SeparableConv) or op.pad != "same" or _strides(op, rank) != {1}:
        return 0
    beyond = {
        (k - 1) * d for k, d in zip(per_axis(op.k, rank, "k"), per_axis(op.dilation, rank, "dilation"), strict=True)
    }
    size = beyond.pop() if len(beyond) == 1 else 1
    return 0 if size % 2 else size // 2
