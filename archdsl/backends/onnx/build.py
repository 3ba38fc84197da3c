"""Graph to program: each node becomes steps named by its path, with transposes only where the axis order changes."""

from __future__ import annotations

from itertools import takewhile
from typing import Final

from archdsl.backends.onnx.functions import chains
from archdsl.backends.onnx.program import Program, Step, Value
from archdsl.backends.onnx.registry import AS_THEY_COME, FIRST, lowering
from archdsl.backends.onnx.scope import Scope
from archdsl.backends.onnx.site import Arrays, Site
from archdsl.graph.dims import Shape
from archdsl.graph.model import Graph, Node
from archdsl.passes.constants import constants

NAMES: Final = {False: "channels_last", True: "channels_first"}


def program(graph: Graph, arrays: Arrays, *, blocks: bool) -> tuple[Program, tuple[str, ...]]:
    """The steps of a graph, and the names of its outputs, which are those of their ports. Outputs have channels last.

    With ``blocks``, each step knows the instances of blocks that it is in, and none reads what another made for itself.
    """
    builder = _Builder(graph, arrays, chains(graph) if blocks else [()] * len(graph.instances))
    return builder.program, builder.outputs


class _Builder:
    def __init__(self, graph: Graph, arrays: Arrays, chains: list[tuple[int, ...]]) -> None:
        self.program = Program(names={port.name for port in graph.inputs})
        self._graph = graph
        self._arrays = arrays
        self._chains = chains
        self._constant = constants(graph)
        self._values = {port.name: Value(port.name) for port in graph.inputs}
        self._moved: dict[str, list[tuple[tuple[int, ...], str]]] = {}
        """By the name of a tensor, the same one with its axes in the other order, and the blocks that it is made in."""
        self._owned = {
            node.path: {weight.name: weight.shape for weight in node.op.weights(*graph.input_shapes(node))}
            for node in graph
            if node.layer == node.path
        }
        for node in graph:
            self._values[node.path] = self._lowered(node)
        self._finish()

    def _lowered(self, node: Node) -> Value:
        entry = lowering(type(node.op))
        blocks = self._chains[node.instance]
        given = [self._values[name] for name in node.inputs]
        first = entry.takes is FIRST or (entry.takes is AS_THEY_COME and self._is_first(node))
        begin = len(self.program.steps)
        site = Site(
            program=self.program,
            arrays=self._arrays,
            path=node.path,
            owner=node.layer,
            shapes=self._owned[node.layer],
            blocks=blocks,
            inputs=self._graph.input_shapes(node),
            output=node.shape,
            given=tuple(given),
            constant=tuple(name in self._constant for name in node.inputs),
            first=first,
        )
        if not entry.stretches and node.path not in self._constant:
            given = self._repeated(node, site, given)
        tensors = [self._moved_to(v, first, s, blocks) for v, s in zip(given, site.inputs, strict=True)]
        made = entry.lowering(node.op, site, *tensors)
        value = made if isinstance(made, Value) else Value(made, first)
        return self._named(node, Value(value.name, value.first and len(node.shape) > 1), begin)

    def _is_first(self, node: Node) -> bool:
        """Whether an input of a node, other than a constant, has channels first."""
        return any(self._values[name].first for name in node.inputs if name not in self._constant) or (
            bool(node.inputs) and self._values[node.inputs[0]].first
        )

    def _repeated(self, node: Node, site: Site, given: list[Value]) -> list[Value]:
        """Constants, of batch size 1, repeated to the batch size of the other inputs."""
        anchor = next((self._values[name].name for name in node.inputs if name not in self._constant), None)
        return [
            Value(site.repeated(value.name, shape, anchor), value.first)
            if name in self._constant and anchor is not None
            else value
            for name, value, shape in zip(node.inputs, given, site.inputs, strict=True)
        ]

    def _moved_to(self, value: Value, first: bool, shape: Shape, blocks: tuple[int, ...]) -> str:
        """The name of a tensor transposed to an axis order, for a step in some blocks.

        It is moved in the innermost block that both the tensor and the step are in, for all steps of that block.
        """
        if value.first == first or len(shape) < 2:
            return value.name
        for scope, name in self._moved.get(value.name, ()):
            if blocks[: len(scope)] == scope:
                return name
        rank, home = len(shape), self.program.homes.get(value.name, ())
        scope = tuple(a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(home, blocks, strict=False)))
        name = self.program.fresh(f"{value.name}/{NAMES[first]}")
        order = (0, rank, *range(1, rank)) if first else (0, *range(2, rank + 1), 1)
        step = Step("Transpose", [value.name], [name], {"perm": order}, scope, name)
        self.program.insert(step, before=blocks[: len(scope) + 1] if len(scope) < len(blocks) else None)
        self._moved.setdefault(value.name, []).append((scope, name))
        return name

    def _named(self, node: Node, value: Value, begin: int) -> Value:
        """Renames the output of a lowering to the node's path, unless it is a tensor that existed before."""
        for step in reversed(self.program.steps[begin:]):
            if value.name in step.outputs:
                name = self.program.fresh(node.path)
                step.outputs = [name if output == value.name else output for output in step.outputs]
                step.name = name
                self.program.homes[name] = step.blocks
                return Value(name, value.first)
        return value

    def _finish(self) -> None:
        """Names the model's outputs after their ports, and removes dead steps."""
        root = Scope(self.program, "output", ())
        batch = self._graph.inputs[0].name
        results = []
        for port in self._graph.outputs:
            name = self._moved_to(self._values[port.node], False, port.shape, ())
            results.append(root.repeated(name, port.shape, batch) if port.node in self._constant else name)
        for index, port in enumerate(self._graph.outputs):
            results[index] = self._called(results, index, port.name)
        self.outputs = tuple(results)
        self.program.prune(results)

    def _called(self, results: list[str], index: int, wanted: str) -> str:
        """The name of an output: that of its port, unless an input of the model has it."""
        name = results[index]
        inputs = {port.name for port in self._graph.inputs}
        wanted = wanted if wanted not in inputs else self.program.fresh(f"{wanted}/output")
        if name == wanted and name not in results[:index]:
            return name
        if wanted in self.program.names:
            other = self.program.fresh(f"{wanted}/value")
            self.program.rename(wanted, other)
            results[:] = [other if result == wanted else result for result in results]
        if name in inputs or name in self.program.arrays or name in results[:index] or name in results[index + 1 :]:
            self.program.names.add(wanted)
            self.program.insert(Step("Identity", [name], [wanted], name=wanted))
        else:
            self.program.rename(name, wanted)
        return wanted
