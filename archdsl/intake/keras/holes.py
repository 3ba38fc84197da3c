"""An unsupported Keras layer as an opaque step: its class, its inputs and outputs, and its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.use import Tensor, Use, made
from archdsl.intake.opaque import Opaque, in_words, shown

_USUAL: Final = ("name", "trainable", "dtype", "autocast", "activity_regularizer")
"""Arguments that all layers have."""
Results: TypeAlias = Mapping[int, Any]
"""For the results of a layer that are used, their shapes with the batch as a configuration has them, or ``None``."""


class Known(NamedTuple):
    """Facts about unsupported layers that a configuration does not have."""

    arrays: Mapping[str, Sequence[tuple[int, ...]]]
    """The shapes of the weights of each layer, by its name."""
    outputs: Sequence[Any] = ()
    """The shapes of the model's outputs, with the batch."""
    told: Opaque = Opaque()
    """Shapes that the user has given."""


def hole(use: Use, layer: str, config: Mapping[str, Any], results: Results, known: Known) -> dict[int, str]:
    """The results of a layer of a name that are used, each an opaque step; the first has the weights.

    Raises:
        Unsupported: nothing says the shape of a result, or the layer takes no tensor.
    """
    if not use.inputs:
        raise Unsupported("it takes no tensor")
    kind = shown(use.kind.removeprefix("custom>"))
    words = in_words({name: value for name, value in config.items() if name not in _USUAL} | _given(use))
    found: dict[int, str] = {}
    for place in sorted(results):
        told = known.told.shape(use.name, place, is_first=not found)
        shape = results[place] if told is None else (None, *told)
        op = made(
            "opaque",
            layer=kind,
            size=_size(shape),
            arrays=() if found else tuple(known.arrays.get(layer, ())),
            config=words,
            result=place,
        )
        name, owner = use.name, use.owner
        if found:
            name = owner = f"{use.name}.{place}"
        elif owner in use.graph.nodes and use.graph.nodes[owner].op != op:
            op, owner = op.model_copy(update={"arrays": ()}), name  # weights count once, of whatever shape a use is
        found[place] = use.graph.add(name, op, use.inputs, owner)
    return found


def _given(use: Use) -> dict[str, Any]:
    """What the layer is called with beside tensors."""
    placed = {f"argument{place}": value for place, value in enumerate(use.args)}
    return {name: value for name, value in (placed | dict(use.kwargs)).items() if not _has_tensors(value)}


def _has_tensors(value: Any) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, list) and any(map(_has_tensors, value)))


def _size(shape: Any) -> tuple[int, ...]:
    if shape is None:
        raise Unsupported("nothing says what shape it gives")
    if not isinstance(shape, list | tuple) or len(shape) < 2 or not all(type(n) is int and n > 0 for n in shape[1:]):
        raise Unsupported(f"it gives {shape!r}, of which sizes are open")
    return tuple(shape[1:])
