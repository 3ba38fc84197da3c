"""From a module of PyTorch to a program over tensors: ``torch.export`` runs it once on an example and records it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from archdsl.intake.errors import Problem, Unreadable, Unsupported
from archdsl.intake.tensors.program import Constant, Program
from archdsl.intake.torch import operators as operators
from archdsl.intake.torch import shapes as shapes
from archdsl.intake.torch.call import OPERATORS, Call, Tensor


def read(module: Any, example: Sequence[Any], name: str) -> Program:
    """The program of a module in inference, for inputs of the sizes of an example.

    Raises:
        Unreadable: it cannot be recorded, or has operators that cannot be read.
    """
    import torch

    try:
        with _inference(module):
            exported = torch.export.export(module, tuple(example))
    except (RuntimeError, ValueError, TypeError, NotImplementedError, AssertionError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise Unreadable(name, [Problem("", f"torch.export cannot record it: {first}")]) from error
    return _program(exported, name)


@contextmanager
def _inference(module: Any) -> Iterator[None]:
    """Has a module and all within it infer, without gradients; then each is in the mode in which it was."""
    import torch

    modes = {each: each.training for each in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for each, mode in modes.items():
            each.training = mode


def example(sizes: Sequence[Sequence[int]]) -> list[Any]:
    """Tensors of normal numbers, of such sizes after a batch of one."""
    import torch

    return [torch.randn(1, *size) for size in sizes]


def answers(module: Any) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """What a module makes of arrays."""

    def run(values: Sequence[Any]) -> Sequence[Any]:
        import torch

        with _inference(module):
            found = _results(module(*(torch.from_numpy(np.ascontiguousarray(value)) for value in values)))
        return [each.numpy() for each in found]

    return run


def _program(exported: Any, name: str) -> Program:
    program = Program(name)
    tensors: dict[Any, Tensor] = {}
    values: dict[Any, Any] = {}
    """What depends on no input, as tensors of PyTorch."""
    problems: list[Problem] = []
    held = _held(exported)
    for node in exported.graph.nodes:
        if node.op == "placeholder":
            tensors[node] = node.name
            if node.name in held:
                source, value = held[node.name]
                values[node] = value.detach()
                program.constants[node.name] = Constant(_array(value), source)
            else:
                program.inputs[node.name] = tuple(int(n) for n in node.meta["val"].shape)
        elif node.op == "output":
            program.outputs = [tensors[each] for each in _results(node.args[0]) if isinstance(tensors.get(each), str)]
        elif node.op == "call_function" and all(each in values for each in node.all_input_nodes):
            _compute(program, node, tensors, values)
        elif node.op == "call_function" and _name(node) in _OF_SHAPES:
            import torch

            like = {each: torch.zeros(each.meta["val"].shape) for each in node.all_input_nodes}
            _compute(program, node, tensors, values, like)
        elif node.op == "call_function":
            _call(program, node, tensors, problems)
    if problems:
        raise Unreadable(name, problems)
    if not program.inputs or not program.outputs:
        raise Unreadable(name, [Problem("", "it has no inputs, or no outputs")])
    return program


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


def _results(of: Any) -> list[Any]:
    if isinstance(of, dict):
        return [each for value in of.values() for each in _results(value)]
    if isinstance(of, tuple | list):
        return [each for value in of for each in _results(value)]
    return [] if of is None else [of]


_OF_SHAPES: Final = {"zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full"}
"""Operators that take a tensor for its size alone."""


def _name(node: Any) -> str:
    schema = getattr(node.target, "_schema", None)
    return str(node.target) if schema is None else str(schema.name).removeprefix("aten::")


def _compute(
    program: Program, node: Any, tensors: dict[Any, Any], values: dict[Any, Any], like: Mapping[Any, Any] | None = None
) -> None:
    """Runs an operator that takes no input of the model: masks, tables of positions, weights in another order."""
    from torch.fx.node import map_arg

    args, kwargs = (map_arg(each, lambda given: (like or values)[given]) for each in (node.args, node.kwargs))
    values[node] = made = node.target(*args, **kwargs)
    if hasattr(made, "detach"):
        program.constants[node.name] = Constant(_array(made))
        tensors[node] = node.name


def _call(program: Program, node: Any, tensors: dict[Any, Any], problems: list[Problem]) -> None:
    place = _place(node)
    target = node.target
    if getattr(target, "__name__", "") == "getitem":
        whole = tensors.get(node.args[0])
        if isinstance(whole, tuple) and isinstance(node.args[1], int) and node.args[1] < len(whole):
            tensors[node] = whole[node.args[1]]
        elif isinstance(whole, str) and node.args[1] == 0:
            tensors[node] = whole
        return
    schema = getattr(target, "_schema", None)
    name = _name(node)
    read_ = OPERATORS.get(name) or OPERATORS.get(name.rstrip("_"))
    if schema is None or read_ is None or not (schema.name.startswith("aten::") or name in OPERATORS):
        if node.users:
            problems.append(Problem(f"{place} ({name})", "there is no such operator in the language"))
        return
    given = {each.name: each.default_value if each.has_default_value() else None for each in schema.arguments}
    given |= dict(zip((each.name for each in schema.arguments), node.args, strict=False))
    given |= node.kwargs
    if missing := [each for each in node.all_input_nodes if each not in tensors]:
        if not problems:
            problems.append(Problem(f"{place} ({name})", f"nothing before it makes {missing[0]}"))
        return
    ranks = {
        each: len(each.meta["val"].shape) for each in node.all_input_nodes if hasattr(each.meta.get("val"), "shape")
    }
    known = {key: _known(value, tensors) for key, value in given.items()}
    call = Call(
        program, node.name, place, {**known, "operator": name.rstrip("_") if name not in OPERATORS else name}, {}
    )
    call.shapes.update(
        {tensors[each]: tuple(map(int, each.meta["val"].shape)) for each in ranks if isinstance(tensors[each], str)}
    )
    try:
        tensors[node] = read_(call)
    except Unsupported as error:
        problems.append(Problem(f"{place} ({name})", str(error)))


def _known(value: Any, tensors: dict[Any, Any]) -> Any:
    """An argument with tensors by their names in the program."""
    if isinstance(value, list | tuple):
        return [_known(each, tensors) for each in value]
    if hasattr(value, "meta"):
        return tensors[value]
    return value


def _place(node: Any) -> str:
    """The path of the module that an operator belongs to."""
    stack = node.meta.get("nn_module_stack") or {}
    paths = [path for path, _ in stack.values()]
    found = str(paths[-1]) if paths else ""
    return found.replace("L['self'].", "") or str(node.name)
