"""Converts subclassed Keras models and layers to functional ones, by tracing ``call`` with symbolic tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import keras

from archdsl.backends.keras.names import unnumbered

_DEEPEST: Final = 32
"""Classes within classes."""
_KNOWN: Final = ("keras", "archdsl")
"""Packages whose layers need no tracing."""


class NotRecorded(ValueError):
    """A model cannot be traced."""


@dataclass(slots=True)
class _Names:
    """Names of layers while a model is recorded."""

    kept: dict[int, tuple[keras.Layer, str]] = field(default_factory=dict)
    """Those that they had."""
    given: set[str] = field(default_factory=set)
    plain: set[str] = field(default_factory=set)
    """What names of layers within others begin with, without the numbers of Keras."""


@contextmanager
def recorded(model: keras.Model) -> Iterator[keras.Model]:
    """An equivalent functional or sequential model: the model itself, if it consists of Keras's own layers.

    Layers of other classes are replaced by what they call, as far as this is layers and functions of Keras, and they
    have no weights beside those of these layers. A name stands for one layer in a model; so, meanwhile, layers within
    others have the names of these before their own.

    Raises:
        NotRecorded: the model was never called, so that the shape of its input is not known, or its ``call`` fails.
        TypeError: it is no model of Keras.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"a model of Keras is wanted, not {type(model).__name__}")
    if not _is_foreign(model) and not any(map(_is_foreign, model.layers)):
        yield model
        return
    names = _Names()
    try:
        _rename(model, "", names)
        yield _expanded(
            _called(model) if _is_foreign(model) else keras.Model(model.inputs, model.outputs, name=model.name)
        )
    finally:
        for layer, name in names.kept.values():
            layer.name = name


def _is_foreign(layer: Any) -> bool:
    return type(layer).__module__.partition(".")[0] not in _KNOWN


def _within(layer: keras.Layer) -> list[keras.Layer]:
    """The direct sublayers of a layer."""
    return list(layer._flatten_layers(include_self=False, recursive=False))  # Keras has no public way


def _rename(layer: keras.Layer, prefix: str, names: _Names) -> None:
    """Gives the layers within a layer names that stand for one each: those within them after theirs."""
    for inner in _within(layer):
        if id(inner) in names.kept:
            continue
        names.kept[id(inner)] = (inner, inner.name)
        plain = _free(f"{prefix}{unnumbered(inner.name, type(inner).__name__) or inner.name}", names.plain)
        inner.name = _free(plain if prefix else inner.name, names.given)
        if _is_foreign(inner):
            _rename(inner, f"{plain}_", names)


def _free(name: str, taken: set[str]) -> str:
    found, number = name, 0
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found


def _called(model: keras.Model) -> keras.Model:
    """A subclassed model traced with inputs of the shapes that it was last called with."""
    shapes = getattr(model, "_build_shapes_dict", None)
    if not shapes:
        raise NotRecorded("it was never called, so that nobody knows the shape of its input: call it on an array first")
    given = {name.removesuffix("_shape"): _inputs(shape, name.removesuffix("_shape")) for name, shape in shapes.items()}
    try:
        made = model.call(*given.values()) if len(given) == 1 else model.call(**given)
    except Exception as error:  # whatever somebody else's code raises
        said = f"its `call` raises {type(error).__name__} for symbolic tensors: {error}"
        raise NotRecorded(said) from error
    return keras.Model(list(given.values()) if len(given) > 1 else next(iter(given.values())), made, name=model.name)


def _inputs(shape: Any, name: str) -> Any:
    """Symbolic tensors for a structure of shapes; the batch size is open."""
    if isinstance(shape, Mapping):
        return {key: _inputs(each, str(key)) for key, each in shape.items()}
    if any(isinstance(each, list | tuple | Mapping) for each in shape):
        return [_inputs(each, f"{name}_{place}") for place, each in enumerate(shape)]
    return keras.Input(tuple(shape[1:]), name=name)


def _expanded(model: keras.Model) -> keras.Model:
    """The model with custom layers replaced, recursively, by what they call."""
    refused: set[int] = set()

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_foreign(layer) or id(layer) in refused or not _is_made_of_layers(layer):
            return layer(*args, **kwargs)
        try:
            return layer.call(*args, **kwargs)
        except Exception:  # noqa: BLE001  # whatever somebody else's code raises: the layer stays one that is not known
            refused.add(id(layer))
            return layer(*args, **kwargs)

    for _ in range(_DEEPEST):
        left = [
            each for each in model.layers if _is_foreign(each) and _is_made_of_layers(each) and id(each) not in refused
        ]
        if not left:
            break
        model = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    return model


def _is_made_of_layers(layer: keras.Layer) -> bool:
    """Whether all weights of a layer belong to sublayers."""
    inner = {id(weight) for each in _within(layer) for weight in each.weights}
    return all(id(weight) in inner for weight in layer.weights)
