"""From what ``torch.export`` recorded to a program over tensors: each call of an operator in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from archdsl.intake.errors import Problem, Unreadable, Unsupported
from archdsl.intake.tensors.program import Constant, Node, Program
from archdsl.intake.torch import operators as operators
from archdsl.intake.torch import shapes as shapes
from archdsl.intake.torch.call import OPERATORS, Call, Reader, Tensor

_OF_SHAPES: Final = {"zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full"}
"""Operators that take a tensor for its size alone."""


def program(exported: Any, name: str) -> Program:
    """The program of an ``ExportedProgram``.

    Operators that have no reader here keep their names, and are told of with all others that cannot be read.

    Raises:
        Unreadable: it has no inputs or no outputs.
    """
    reader = _Recorded(Program(name))
    reader.run(exported)
    if not reader.program.inputs or not reader.program.outputs:
        raise Unreadable(name, [Problem("", "it has no inputs, or no outputs")])
    return reader.program


def results(of: Any) -> list[Any]:
    """The tensors of a structure, in order."""
    if isinstance(of, dict):
        return [each for value in of.values() for each in results(value)]
    if isinstance(of, tuple | list):
        return [each for value in of for each in results(value)]
    return [] if of is None else [of]


class _Recorded:
    def __init__(self, made: Program) -> None:
        self.program = made
        self._tensors: dict[Any, Tensor] = {}
        self._values: dict[Any, Any] = {}
        """What depends on no input, as tensors of PyTorch."""

    def run(self, exported: Any) -> None:
        held = _held(exported)
        for node in exported.graph.nodes:
            if node.op == "placeholder":
                self._placeholder(node, held)
            elif node.op == "output":
                found = [self._tensors.get(each) for each in results(node.args[0])]
                self.program.outputs = [each for each in found if isinstance(each, str)]
            elif node.op == "call_function" and all(each in self._values for each in node.all_input_nodes):
                self._compute(node, self._values)
            elif node.op == "call_function" and _name(node) in _OF_SHAPES:
                import torch

                self._compute(node, {each: torch.zeros(each.meta["val"].shape) for each in node.all_input_nodes})
            elif node.op == "call_function" and node.users:
                self._tensors[node] = made = self._call(node)
                self.program.shapes.update(
                    zip(made if isinstance(made, tuple) else (made,), _shapes(node), strict=False)
                )

    def _placeholder(self, node: Any, held: Mapping[str, tuple[str, Any]]) -> None:
        self._tensors[node] = node.name
        if node.name in held:
            source, value = held[node.name]
            self._values[node] = value.detach()
            self.program.constants[node.name] = Constant(_array(value), source)
        else:
            self.program.inputs[node.name] = tuple(int(n) for n in node.meta["val"].shape)

    def _compute(self, node: Any, values: Mapping[Any, Any]) -> None:
        """Runs an operator that takes no input of the model: masks, tables of positions, weights in another order."""
        from torch.fx.node import map_arg

        args, kwargs = (map_arg(each, values.__getitem__) for each in (node.args, node.kwargs))
        self._values[node] = made = node.target(*args, **kwargs)
        if hasattr(made, "detach"):
            self.program.constants[node.name] = Constant(_array(made))
            self._tensors[node] = node.name

    def _call(self, node: Any) -> Tensor:
        if getattr(node.target, "__name__", "") == "getitem":
            return self._item(node, *node.args)
        given = {key: self._known(value) for key, value in _given(node).items()}
        name, reader = _reader(node)
        if reader is None:
            return self._refused(node, node)
        tensors = {each: self._tensors[each] for each in node.all_input_nodes}
        sizes = {made: _shapes(each)[0] for each, made in tensors.items() if isinstance(made, str) and _shapes(each)}
        try:
            return reader(Call(self.program, node.name, _place(node), {**given, "operator": name}, sizes))
        except Unsupported as error:
            return self._refused(node, node, str(error))

    def _item(self, node: Any, whole: Any, place: Any) -> Tensor:
        """One of the results of an operator."""
        made = self._tensors[whole]
        several = made if isinstance(made, tuple) else (made,)
        if isinstance(place, int) and place < len(several):
            return several[place]
        return self._refused(node, whole, f"its result {place} is used")

    def _refused(self, node: Any, of: Any, reason: str = "") -> Tensor:
        """What an operator makes that cannot be read: one of the same name, with what ``of`` takes."""
        schema = getattr(of.target, "_schema", None)
        kind, made = str(of.target) if schema is None else str(schema.name), _shapes(node)
        is_single = not isinstance(node.meta["val"], tuple | list)
        names = [node.name] if is_single else [f"{node.name}.{place}" for place in range(len(made))]
        inputs = [name for each in of.all_input_nodes for name in results(self._tensors[each])]
        arguments = {key: value for key, value in _given(of).items() if not _has_nodes(value)}
        self.program.shapes.update(zip(names, made, strict=True))
        self.program.nodes.append(Node(kind, inputs, names, arguments, _place(node), reason))
        return node.name if is_single else tuple(names)

    def _known(self, value: Any) -> Any:
        """An argument with tensors by their names in the program."""
        if isinstance(value, list | tuple):
            return [self._known(each) for each in value]
        return self._tensors[value] if hasattr(value, "meta") else value


def _reader(node: Any) -> tuple[str, Reader | None]:
    """The name of an operator, and what reads it."""
    name = _name(node)
    name = name if name in OPERATORS else name.rstrip("_")
    schema = getattr(node.target, "_schema", None)
    is_known = schema is not None and (schema.name.startswith("aten::") or name in OPERATORS)
    return name, OPERATORS.get(name) if is_known else None


def _name(node: Any) -> str:
    schema = getattr(node.target, "_schema", None)
    return str(node.target) if schema is None else str(schema.name).removeprefix("aten::")


def _given(node: Any) -> dict[str, Any]:
    """The arguments of an operator by the names that its schema has, else by their places."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return {f"input{place}": value for place, value in enumerate(node.args)} | {**node.kwargs}
    given = {each.name: each.default_value if each.has_default_value() else None for each in schema.arguments}
    given |= dict(zip((each.name for each in schema.arguments), node.args, strict=False))
    return given | {**node.kwargs}


def _has_nodes(value: Any) -> bool:
    return any(hasattr(each, "meta") for each in results(value))


def _shapes(node: Any) -> list[tuple[int, ...]]:
    """The shapes of what an operator makes, as it was recorded."""
    return [tuple(map(int, each.shape)) for each in results(node.meta.get("val")) if hasattr(each, "shape")]


def _held(exported: Any) -> dict[str, tuple[str, Any]]:
    """Parameters, buffers and constants by the names of their placeholders: what the module calls them, and values."""
    signature = exported.graph_signature
    found = {key: (name, exported.state_dict[name]) for key, name in signature.inputs_to_parameters.items()}
    for key, name in signature.inputs_to_buffers.items():
        found[key] = (name, exported.state_dict[name] if name in exported.state_dict else exported.constants[name])
    for key, name in signature.inputs_to_lifted_tensor_constants.items():
        found[key] = (name, exported.constants[name])
    return found


def _array(value: Any) -> Any:
    import torch

    value = value.detach().cpu()
    return value.float().numpy() if value.dtype == torch.bfloat16 else value.numpy()


def _place(node: Any) -> str:
    """The path of the module that an operator belongs to."""
    stack = node.meta.get("nn_module_stack") or {}
    paths = [path for path, _ in stack.values()]
    found = str(paths[-1]) if paths else ""
    return found.replace("L['self'].", "") or str(node.name)
