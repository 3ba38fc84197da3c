"""How a layer of Keras becomes ops: one use of it, and the functions that read each class, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from archdsl.intake.errors import Unsupported
from archdsl.intake.flat import FlatGraph
from archdsl.intake.keras.config import Config
from archdsl.ops.base import Op
from archdsl.ops.registry import OPS


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a layer: what it is applied to, and the graph to which its ops are appended."""

    graph: FlatGraph
    kind: str
    """The class of the layer."""
    name: str
    owner: str
    """The name of the first use of the layer, which owns its weights."""
    inputs: tuple[str, ...]
    args: tuple[Any, ...] = ()
    """What it is called with by position; each tensor as a ``Tensor``, which says which of the inputs it is."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def argument(self, place: int, name: str, default: Any = None) -> Any:
        """The argument at a position, or with a name."""
        return self.args[place] if place < len(self.args) else self.kwargs.get(name, default)

    def value(self, of: Any) -> str | None:
        """The input that a tensor is; ``None`` for what is none."""
        return self.inputs[of.place] if isinstance(of, Tensor) else None

    def is_constant(self, place: int = 0) -> bool:
        """Whether an input depends on none of the model's."""
        queue = [self.inputs[place]]
        seen = {*queue}
        while queue:
            made = self.graph.nodes.get(queue.pop())
            if made is None:
                return False
            queue += [value for value in made.inputs if value not in seen]
            seen.update(made.inputs)
        return True

    def axis(self, axis: Any) -> int:
        """An axis as the language counts it: without the batch, the last one as -1."""
        rank = len(self.shape())
        if type(axis) is not int or axis == 0 or not -rank <= axis <= rank:
            raise Unsupported(f"axis={axis!r} is that of the batch, or none")
        return -1 if axis in (-1, rank) else axis - 1 if axis > 0 else axis + rank

    def shape(self, place: int = 0) -> tuple[Any, ...]:
        return self.graph.shape(self.inputs[place])

    @property
    def rank(self) -> int:
        return len(self.shape()) - 1

    def emit(self, op: str, *inputs: str, part: str = "", **arguments: Any) -> str:
        """Appends an op that is applied to some values, else to the inputs of the layer.

        With ``part``, the op is one of several that the layer is; the one that owns the layer's weights has none.
        """
        return self._add(op, inputs or self.inputs, part, arguments)

    def start(self, op: str, **arguments: Any) -> str:
        """Appends an op that takes no tensor."""
        return self._add(op, (), "", arguments)

    def _add(self, op: str, inputs: tuple[str, ...], part: str, arguments: Mapping[str, Any]) -> str:
        name, owner = (f"{self.name}.{part}", f"{self.owner}.{part}") if part else (self.name, self.owner)
        return self.graph.add(name, made(op, **arguments), inputs, owner)


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor among the arguments of a layer: which of its inputs it is."""

    place: int


Reader: TypeAlias = Callable[[Config, Use], str]
"""From a layer's configuration and a use of it to the value that it gives."""

READERS: Final[dict[str, Reader]] = {}
"""By class: layers by name, functions of ``keras.ops`` as ``ops.Add``, layers of our own as ``archdsl>Scale``."""


def kind_of(layer: Mapping[str, Any]) -> str:
    """The class of a layer, as ``READERS`` has it.

    A class from elsewhere is what it is registered as, which Keras notes in place of a module, or its module and name.
    """
    kind, module, registered = (str(layer.get(key) or "") for key in ("class_name", "module", "registered_name"))
    if registered.startswith("archdsl>") or (registered and not module):
        return registered if ">" in registered else f"custom>{registered}"
    if module.startswith("keras.src.ops"):
        return f"ops.{kind}"
    return kind if not module or module.split(".")[0] == "keras" else f"{module}.{kind}"


def reads(*classes: str) -> Callable[[Reader], Reader]:
    def register(function: Reader) -> Reader:
        for name in classes:
            assert name not in READERS, f"{name} is read twice"
            READERS[name] = function
        return function

    return register


def made(name: str, **arguments: Any) -> Op:
    """An op of the language. Raises ``Unsupported`` where its arguments are outside of what it allows."""
    try:
        return OPS[name](**arguments)
    except ValueError as error:
        reason = str(error).splitlines()[2].strip() if len(str(error).splitlines()) > 2 else str(error)
        raise Unsupported(f"`{name}`: {reason}") from None


def single(use: Use) -> None:
    if len(use.inputs) != 1:
        raise Unsupported(f"it has {len(use.inputs)} inputs")
