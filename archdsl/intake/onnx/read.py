"""From a file of ONNX to a program over tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from archdsl.intake.errors import Problem, Unreadable, Unsupported
from archdsl.intake.onnx.file import array, message
from archdsl.intake.onnx.nodes import attributes, constant_value, modern, place
from archdsl.intake.onnx.shapes import shapes as tensor_shapes
from archdsl.intake.tensors.program import Constant, Node, Numbers, Program

_MOST: Final = 50_000
"""Nodes, those of functions at each call: far more than a model has."""
_DEEPEST: Final = 32
_OLDEST: Final = 11
_FLOATS: Final = (1, 10, 11, 16)
"""ONNX's numbers for types of a model's inputs that can be read."""
_NAMELESS: Final = {"", "graph", "main_graph", "model", "onnx_graph", "tf2onnx", "torch_jit", "torch-jit-export"}
"""The default names that exporters give to graphs."""
_DOMAINS: Final = ("", "ai.onnx")


def read(file: str, *, shapes: bool = False) -> Program:
    """The program in a file, with the shapes of its tensors if told so.

    Raises:
        Unreadable: it is broken, or of a form that cannot be read.
        OnnxMissing: the package ``onnx`` is not installed.
        OSError: it cannot be read.
    """
    return _Reader(file, message(file)).run(shapes=shapes)


@dataclass(slots=True)
class _Reader:
    file: str
    model: Any
    program: Program = field(default_factory=lambda: Program(""))
    made: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    calls: int = 0

    def run(self, *, shapes: bool) -> Program:
        graph, program = self.model.graph, self.program
        opset = next((each.version for each in self.model.opset_import if each.domain in _DOMAINS), 0)
        if opset < _OLDEST:
            raise self._refused("", f"it is of opset {opset}; {_OLDEST} is the oldest that can be read")
        if len(graph.node) > _MOST:
            raise self._refused("", f"it has {len(graph.node)} nodes; at most {_MOST} can be read")
        program.name = graph.name if graph.name.lower() not in _NAMELESS else Path(self.file).stem
        program.writer = f"{self.model.producer_name} {self.model.producer_version}".strip()
        for tensor in graph.initializer:
            program.constants[tensor.name] = Constant(array(tensor, self.file), tensor.name)
        for value in graph.input:
            if value.name not in program.constants:
                program.inputs[value.name] = self._shape(value)
        if not program.inputs or len(graph.sparse_initializer):
            raise self._refused("", "it has no inputs, or sparse arrays")
        self.made = {*program.inputs, *program.constants}
        functions = {(each.domain, each.name): each for each in self.model.functions}
        names = {name: name for name in self.made}
        self._nodes(graph.node, names, functions, {}, "", opset, 0)
        if shapes:
            batch = next(iter(program.inputs.values()))[0]
            found = tensor_shapes(self.model, batch, self.file)
            program.shapes = {names[name]: shape for name, shape in found.items() if name in names}
        program.outputs = [names.get(value.name, value.name) for value in graph.output]
        for value in graph.output:
            if names.get(value.name) is None:
                self.problems.append(Problem(value.name, "an output that nothing makes"))
        if not program.outputs:
            self.problems.append(Problem("", "it has no outputs"))
        if self.problems:
            raise Unreadable(self.file, self.problems)
        return program

    def _refused(self, where: str, reason: str) -> Unreadable:
        return Unreadable(self.file, [Problem(where, reason)])

    def _shape(self, value: Any) -> tuple[int, ...]:
        kind = value.type.tensor_type
        if not value.type.HasField("tensor_type") or not kind.HasField("shape"):
            raise self._refused(value.name, "an input that says no shape")
        if kind.elem_type not in _FLOATS:
            raise self._refused(value.name, f"an input of type {kind.elem_type}; only floats can be read yet")
        sizes = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in kind.shape.dim]
        if len(sizes) < 2 or any(n < 0 for n in sizes):
            raise self._refused(value.name, f"an input {sizes} has no batch, or no size")
        if any(n == 0 for n in sizes[1:]):
            raise self._refused(value.name, f"an input {sizes} of open size (0); export the model for one size")
        return (sizes[0] or 1, *sizes[1:])

    def _nodes(
        self,
        nodes: Any,
        names: dict[str, str],
        functions: Mapping[tuple[str, str], Any],
        given: Mapping[str, Any],
        within: str,
        opset: int,
        depth: int,
    ) -> None:
        """Appends nodes, with what their tensors are called in the program by what they are called here."""
        if depth > _DEEPEST:
            raise self._refused(within, "functions within functions are too many")
        for node in nodes:
            function = functions.get((node.domain, node.op_type))
            where = place(node, self.program.constants, within)
            self.calls += 1
            if len(self.program.nodes) > _MOST or self.calls > _MOST:
                raise self._refused("", f"it has more than {_MOST} nodes")
            inputs = [names.get(name) if name else "" for name in node.input]
            if None in inputs:
                missing = node.input[inputs.index(None)]
                self.problems.append(Problem(where, f"nothing before it makes its input {missing}", node.op_type))
                raise Unreadable(self.file, self.problems)
            known = [name for name in inputs if name is not None]
            taken = attributes(node, given, lambda tensor: array(tensor, self.file))
            if function is not None:
                self._call(function, node, known, names, functions, taken, where, depth)
            else:
                self._node(node, known, names, taken, where, opset)

    def _call(
        self,
        function: Any,
        node: Any,
        inputs: list[str],
        names: dict[str, str],
        functions: Mapping[tuple[str, str], Any],
        taken: Mapping[str, Any],
        within: str,
        depth: int,
    ) -> None:
        """The steps of a function in the place of its call."""
        own = dict(zip(function.input, inputs, strict=False))
        opset = next((each.version for each in function.opset_import if each.domain in _DOMAINS), _OLDEST)
        self._nodes(function.node, own, functions, taken, within, opset, depth + 1)
        for ours, theirs in zip(node.output, function.output, strict=False):
            if ours:
                names[ours] = own[theirs] if theirs in own else self._fresh(ours)

    def _node(
        self, node: Any, inputs: list[str], names: dict[str, str], taken: dict[str, Any], where: str, opset: int
    ) -> None:
        kind = node.op_type if node.domain in _DOMAINS else f"{node.domain}.{node.op_type}"
        outputs = [self._fresh(name) if name else "" for name in node.output]
        names.update(zip(node.output, outputs, strict=True))
        wrong = next((str(value) for value in taken.values() if isinstance(value, Unsupported)), "")
        plain = {name: value for name, value in taken.items() if not isinstance(value, Unsupported)}
        made = Node(kind, inputs, outputs, plain, where, wrong)
        try:
            if kind == "Constant" and not wrong:
                self.program.constants[outputs[0]] = Constant(constant_value(plain))
                return
            modern(made, opset, self._constant)
        except (Unsupported, IndexError) as error:
            made.refused = str(error)
        self.program.nodes.append(made)

    def _constant(self, value: Numbers) -> str:
        name = self._fresh("constant")
        self.program.constants[name] = Constant(np.asarray(value))
        return name

    def _fresh(self, name: str) -> str:
        """A name that is unused in the program."""
        found, number = name, len(self.made)
        while found in self.made:
            number += 1
            found = f"{name} {number}"
        self.made.add(found)
        return found
