"""How a configuration names tensors: what each use of a layer is called with, and what a model takes and gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from archdsl.intake.keras.use import Tensor

Key: TypeAlias = tuple[str, int, int]
"""A layer by its name, a use of it, and which of its results: how Keras names a tensor."""
_DEEPEST: Final = 32
_MOST: Final = 1000


class Call(NamedTuple):
    """A use of a layer: the tensors that it takes, and all of its arguments, these as ``Tensor`` among them."""

    inputs: tuple[Key, ...] = ()
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = MappingProxyType({})
    shapes: tuple[Any, ...] = ()
    """Of ``inputs``, as the configuration has them: lists with the batch, where all is well."""


def call(node: object) -> Call:
    """The use that an entry of ``inbound_nodes`` is."""
    if not isinstance(node, Mapping):
        return Call()
    args, kwargs = node.get("args"), node.get("kwargs")
    inputs: list[Key] = []
    shapes: list[Any] = []

    def run(item: Any, depth: int = 0) -> Any:
        if isinstance(item, list) and depth < _DEEPEST:
            return [run(each, depth + 1) for each in item]
        if isinstance(item, Mapping) and item.get("class_name") == "__keras_tensor__":
            config = item.get("config")
            history = config.get("keras_history") if isinstance(config, Mapping) else None
            if (tensor := key(history)) is not None:
                inputs.append(tensor)
                shapes.append(config.get("shape") if isinstance(config, Mapping) else None)
                return Tensor(len(inputs) - 1)
        return item

    given = tuple(map(run, args if isinstance(args, list) else ()))
    named = {str(name): run(each) for name, each in kwargs.items()} if isinstance(kwargs, Mapping) else {}
    return Call(tuple(inputs), given, named, tuple(shapes))


def ports(struct: object, label: str = "", depth: int = 0) -> Iterator[tuple[str, Key]]:
    """The tensors of a structure, each with its label if it has one. No model has them deep."""
    if depth > _DEEPEST:
        return
    if (tensor := key(struct)) is not None:
        yield label, tensor
    elif isinstance(struct, list):
        for each in struct[:_MOST]:
            yield from ports(each, "", depth + 1)
    elif isinstance(struct, Mapping):
        for name, each in struct.items():
            yield from ports(each, str(name), depth + 1)


def layer_name(layer: Mapping[str, Any]) -> str:
    """The name of a layer."""
    name = layer.get("name")
    config = layer.get("config")
    if not isinstance(name, str) and isinstance(config, Mapping):
        name = config.get("name")
    return name if isinstance(name, str) else "layer"


def key(of: object) -> Key | None:
    """The tensor that a list names."""
    if isinstance(of, list) and len(of) == 3 and isinstance(of[0], str) and type(of[1]) is int and type(of[2]) is int:
        return (of[0], of[1], of[2])
    return None
