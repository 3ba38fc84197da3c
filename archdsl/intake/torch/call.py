"""One operator of ATen: the arguments that its schema names, and what it appends operators of ONNX with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.program import Constant, Node, Program

Tensor: TypeAlias = Any
"""The name of a tensor of the program, or several of them."""


@dataclass(slots=True)
class Call:
    """One operator."""

    program: Program
    name: str
    place: str
    given: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    """Of the tensors that it takes."""

    def emit(self, kind: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> Any:
        """Appends an operator. Numbers among its inputs become constants."""
        number = len(self.program.nodes)
        names = [f"{self.name}.{number}.{i}" for i in range(outputs)]
        given = ["" if each is None else each if isinstance(each, str) else self.number(each) for each in inputs]
        while given and given[-1] == "":
            given.pop()
        self.program.nodes.append(Node(kind, given, names, attributes, self.place))
        return names[0] if outputs == 1 else tuple(names)

    def number(self, value: Any) -> str:
        """A constant of one or several numbers: integers stay such where they are in a list."""
        name = f"{self.name}.constant.{len(self.program.constants)}"
        is_list = isinstance(value, list | tuple)
        self.program.constants[name] = Constant(
            np.asarray([*value], np.int64) if is_list else np.asarray(value, np.float32)
        )
        return name

    def __getitem__(self, name: str) -> Any:
        return self.given.get(name)

    def shape(self, name: str = "self") -> tuple[int, ...]:
        given = self.given[name]
        if given not in self.shapes:
            raise Unsupported(f"`{name}` is no tensor")
        return self.shapes[given]

    def pairs(self, name: str, rank: int) -> tuple[Any, ...]:
        """A number, or one for each dimension."""
        value = self.given[name]
        listed = [*value] if isinstance(value, list | tuple) else [value]
        return tuple(listed * rank if len(listed) == 1 else listed)


Reader: TypeAlias = Callable[[Call], Tensor]
OPERATORS: Final[dict[str, Reader]] = {}


def reads(*names: str) -> Callable[[Reader], Reader]:
    def register(function: Reader) -> Reader:
        for name in names:
            assert name not in OPERATORS, f"{name} is read twice"
            OPERATORS[name] = function
        return function

    return register
