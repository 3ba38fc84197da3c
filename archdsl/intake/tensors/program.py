"""A model as a list of operators over tensors: what the readers of ONNX and of PyTorch make.

Operators are those of ONNX's newest opset, by their names, with arguments where that has them. A reader brings older
forms, and those of PyTorch, into these. ``Roll``, ``MoveAxis``, ``AdaptiveAveragePool``, ``Silu`` and ``Relu6`` are
ours. Tensors have the batch.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

Numbers: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Constant:
    """An array that a model has, or that is computed from such arrays alone."""

    array: Numbers
    name: str = ""
    """The source's name of it, if it is stored there."""


@dataclass(slots=True)
class Node:
    """One operator: names of the tensors that it takes, empty where an optional one is left out, and of its results."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)
    place: str = ""
    """The layer of the source that it belongs to."""
    refused: str = ""
    """The reason why it is unsupported, if the source's reader gives one."""


@dataclass(slots=True)
class Program:
    """Nodes in topological order."""

    name: str
    inputs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Shapes with the batch first."""
    constants: dict[str, Constant] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Shapes of tensors, with the batch, as far as the source says them."""
    writer: str = ""
    """The program that wrote the source, with its version, if known."""

    def makers(self) -> dict[str, Node]:
        """The node that makes each tensor."""
        return {name: node for node in self.nodes for name in node.outputs}

    def users(self) -> Counter[str]:
        """The number of uses of each tensor, including as outputs of the model."""
        found = Counter(name for node in self.nodes for name in node.inputs)
        found.update(self.outputs)
        return found
