"""Local functions: one for all instances of a block that compute the same."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np

from archdsl.backends.onnx.program import ABSENT, Program, Step
from archdsl.graph.model import Graph, Instance


@dataclass(frozen=True, slots=True)
class Function:
    """A local function. Its tensors have local names, relative to the instance that it was made from."""

    name: str
    doc: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    steps: tuple[Step, ...]


def chains(graph: Graph) -> list[tuple[int, ...]]:
    """For each instance, the enclosing blocks, outermost first, including itself if it is a block."""
    found: list[tuple[int, ...]] = []
    for index, instance in enumerate(graph.instances):
        outer = found[instance.parent] if instance.parent is not None else ()
        found.append((*outer, index) if instance.kind == "block" else outer)
    return found


def folded(program: Program, graph: Graph, outputs: Sequence[str]) -> tuple[list[Step], list[Function]]:
    """The model's steps with blocks replaced by calls; and the functions, each after its callees."""
    folding = _Folding(program, graph.instances, outputs)
    return folding.steps(0, len(program.steps), 0), list(folding.functions.values())


_FLOW: Final = "input"
"""The name of a function's input; several are numbered."""


class _Folding:
    def __init__(self, program: Program, instances: Sequence[Instance], outputs: Iterable[str]) -> None:
        self._all = program.steps
        self._arrays = program.arrays.keys()
        self._instances = instances
        self.functions: dict[Hashable, Function] = {}
        """By what they compute."""
        self._names: set[str] = set()
        self._last = {name: index for index, step in enumerate(self._all) for name in step.inputs}
        """The last step that reads a tensor."""
        self._last |= dict.fromkeys(outputs, len(self._all))

    def steps(self, begin: int, end: int, depth: int) -> list[Step]:
        """The steps of a range, with a call for each run of steps of one instance at a depth of the tree of blocks.

        The runs are ranges of a topological order, so that no call depends on what depends on it.
        """
        found: list[Step] = []

        def instance(index: int) -> int | None:
            blocks = self._all[index].blocks
            return blocks[depth] if len(blocks) > depth else None

        for owner, indices in groupby(range(begin, end), instance):
            first, *others = indices
            last = others[-1] if others else first
            if owner is None:
                found += self._all[first : last + 1]
            else:
                found.append(self._call(self._instances[owner], first, last + 1, depth))
        return found

    def _call(self, instance: Instance, begin: int, end: int, depth: int) -> Step:
        body = self.steps(begin, end, depth + 1)
        made = {name for step in body for name in step.outputs}
        inputs = [*dict.fromkeys(n for step in body for n in step.inputs if n not in made and n != ABSENT)]
        outputs = [name for step in body for name in step.outputs if self._last[name] >= end]
        key = _meaning(instance.block, body, inputs, outputs)
        function = self.functions.get(key)
        if function is None:
            function = self.functions[key] = self._function(instance, body, inputs, outputs)
        return Step(function.name, inputs, outputs, name=instance.path, is_call=True)

    def _function(self, instance: Instance, body: list[Step], inputs: list[str], outputs: list[str]) -> Function:
        names = self._local_names(instance.path, body, inputs)
        steps = tuple(
            Step(
                step.kind,
                [names[name] for name in step.inputs],
                [names[name] for name in step.outputs],
                step.attributes,
                name=_relative(step.name, instance.path),
                is_call=step.is_call,
            )
            for step in body
        )
        name, number = instance.block, 1
        while name in self._names:
            number += 1
            name = f"{instance.block}_{number}"
        self._names.add(name)
        doc = "\n\n".join(part for part in (str(instance.call), instance.doc) if part)
        return Function(name, doc, tuple(names[n] for n in inputs), tuple(names[n] for n in outputs), steps)

    def _local_names(self, path: str, body: Sequence[Step], inputs: Sequence[str]) -> Mapping[str, str]:
        """The local names of an instance's tensors in its function: without the path of the instance.

        A tensor that flows in has a name that says where it came from, which is another one in each instance.
        """
        found, taken = {ABSENT: ABSENT}, set[str]()

        def name(tensor: str, local: str) -> None:
            unique, number = local, 1
            while unique in taken:
                number += 1
                unique = f"{local}_{number}"
            taken.add(unique)
            found[tensor] = unique

        for step in body:
            for tensor in step.outputs:
                name(tensor, _relative(tensor, path))
        for tensor in inputs:
            relative = _relative(tensor, path)
            name(tensor, relative if relative != tensor else _FLOW)
        return found


def _meaning(block: str, body: Sequence[Step], inputs: Sequence[str], outputs: Sequence[str]) -> Hashable:
    """A key that is equal for two instances exactly if they can share one function."""
    numbers: dict[str, int] = {ABSENT: -1}
    for name in inputs:
        numbers[name] = len(numbers)
    steps = []
    for step in body:
        read = tuple(numbers[name] for name in step.inputs)
        for name in step.outputs:
            numbers[name] = len(numbers)
        attributes = tuple((key, _hashable(value)) for key, value in sorted(step.attributes.items()))
        steps.append((step.kind, step.is_call, read, len(step.outputs), attributes))
    return block, tuple(steps), tuple(numbers[name] for name in outputs)


def _hashable(value: object) -> Hashable:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _relative(name: str, path: str) -> str:
    return name.removeprefix(f"{path}.")
