"""Keras for the code generator: functions of tensors that call layers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

from archdsl.backends.code.dialect import Dialect
from archdsl.backends.code.places import place
from archdsl.backends.code.values import Argument, Code
from archdsl.backends.python import lowering as lowering  # registers every op
from archdsl.backends.python.anchors import anchored
from archdsl.backends.python.lowering.convolution import padding
from archdsl.backends.python.registry import Lowered, Site, lower, stretches
from archdsl.backends.python.usual import usual
from archdsl.graph.model import Graph, Node
from archdsl.ops.convolution import Conv, DepthwiseConv, SeparableConv
from archdsl.ops.sliding import Pairs
from archdsl.passes.constants import constants
from archdsl.passes.signs import nonnegative

REPEAT = "{repeat}"
"""Is appended to what has a batch of 1 and is repeated for that of another value."""


class Keras(Dialect):
    """A graph as functions that call layers of Keras."""

    reserved = frozenset({"keras", "layers", "ops", "np", "initializers", "regularizers", "KerasTensor"})
    neutral = frozenset({"layers.Dropout"})
    names_modules = True
    reads_channels = True
    calls_again = False
    keeps = False

    def __init__(self, graph: Graph) -> None:
        self._source = graph
        self._single = constants(graph)
        self._ranks = defaultdict[str, set[int]](set)
        for node in graph:
            if node.inputs:
                self._ranks[node.layer].add(len(graph.shapes[node.inputs[0]]))
        self._pads = _Pads(graph)
        positive = nonnegative(graph)
        self.layers: Mapping[str, Lowered] = {
            node.path: self._lower(graph, node, bool(node.inputs) and node.inputs[0] in positive) for node in graph
        }
        """What each node is."""
        super().__init__(anchored(graph), self.layers)

    def _lower(self, graph: Graph, node: Node, is_nonnegative: bool) -> Lowered:
        shapes = graph.input_shapes(node)
        key = place(graph, node)
        ranks = frozenset(self._ranks[node.layer])
        site = Site(
            shapes,
            node.shape,
            is_nonnegative,
            tuple(name in self._single for name in node.inputs),
            frozenset(self._pads.found[key]),
            self._pads.is_same[key],
            ranks,
        )
        lowered = lower(node.op, site)
        if node.inputs and lowered.module is not None and max(ranks) > len(shapes[0]) and not stretches(node.op):
            lowered = _lifted(lowered, max(ranks) - len(shapes[0]))
        if node.float32:
            lowered = _in_float32(lowered)
        repeats = any(REPEAT in text for text in self.after(node))
        return replace(lowered, helpers=lowered.helpers | {"Repeat"}) if repeats else lowered

    def usual(self, callee: str, name: str, args: Mapping[str, Argument]) -> Argument:
        return usual(callee, name, args)

    def after(self, node: Node) -> tuple[str, ...]:
        single = [name in self._single for name in node.inputs]
        if stretches(node.op) or all(single) or not any(single):
            return ("",) * max(1, len(single))
        whole = single.index(False)
        return tuple(f"{REPEAT}{{{whole}}}" if alone else "" for alone in single)

    def whole(self, path: str) -> str:
        return f"{REPEAT}{{0}}" if path in self._single else ""

    def placing(self, name: str) -> Hashable:
        return name in self._single

    def note(self, path: str) -> str:
        return f"[{', '.join(['N', *map(str, self._source.shapes[path])])}]"


class _Pads:
    """The numeric padding of windows, for each position of a block."""

    def __init__(self, graph: Graph) -> None:
        self.found = defaultdict[Any, set[Pairs]](set)
        self.is_same = defaultdict[Any, bool](lambda: True)
        for node in graph:
            if isinstance(node.op, Conv | DepthwiseConv | SeparableConv):
                key = place(graph, node)
                found = padding(node.op, len(graph.input_shapes(node)[0]) - 1)
                if found is not None:
                    self.found[key].add(found.pairs)
                self.is_same[key] &= found is None or found.is_same
        for key, all_pairs in self.found.items():
            self.is_same[key] &= any(any(map(any, pairs)) for pairs in all_pairs)


def _lifted(lowered: Lowered, missing: int) -> Lowered:
    """A use whose input has a lower rank than others: it gets dimensions of size 1 after the batch."""
    axes = [*range(1, missing + 1)]
    template = lowered.code.template.replace("{0}", f"ops.expand_dims({{0}}, {axes})")
    return replace(lowered, code=Code(f"ops.squeeze({template}, {axes})", lowered.code.literals))


def _in_float32(lowered: Lowered) -> Lowered:
    """A lowered op that computes in float32 whatever the policy. Such layers cast their inputs themselves."""
    if lowered.module is not None:
        return replace(lowered, module=replace(lowered.module, args=(*lowered.module.args, ("dtype", "float32"))))
    spaced = lowered.code.template.replace("**", " ** ")  # as Black has it where a side is a call
    template = re.sub(r"\{\d\}", lambda match: f'ops.cast({match[0]}, "float32")', spaced)
    return replace(lowered, code=Code(template, lowered.code.literals))
