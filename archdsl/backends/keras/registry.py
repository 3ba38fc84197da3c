"""Which function lowers which op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import keras

from archdsl.graph.dims import Shape
from archdsl.ops.base import Op, Weighted

Layers: TypeAlias = "keras.Layer | tuple[keras.Layer, ...]"


@dataclass(frozen=True, slots=True)
class Site:
    """Where an op is lowered: what its layer is called and what flows in and out."""

    path: str
    """Name of the layer (see ``layer_name``); helper layers before it are called ``path.pad`` and the like."""
    inputs: tuple[Shape, ...]
    output: Shape
    nonnegative: bool
    """Whether the (first) input is known not to be negative, so that zero is as good as ``-inf`` in a maximum."""

    @property
    def rank(self) -> int:
        """Spatial dimensions of the first input."""
        return len(self.inputs[0]) - 1


Lowering: TypeAlias = Callable[[Any, Site], Layers]
OpType = TypeVar("OpType", bound=Op)
_LOWERINGS: dict[type[Op], Lowering] = {}


def lowers(*ops: type[Op]) -> Callable[[Lowering], Lowering]:
    """Registers a function from an op and its site to a layer, or to several that are applied in sequence.

    The last layer is called ``site.path`` and owns the weights in the order of ``op.weights``. ``connect`` calls it.
    """

    def register(function: Lowering) -> Lowering:
        for op in ops:
            assert op not in _LOWERINGS, f"{op.name} is lowered twice"
            _LOWERINGS[op] = function
        return function

    return register


def layer_name(path: str) -> str:
    """What the layer of a node is called: its path, with colons for dots on PyTorch, which allows none."""
    return path.replace(".", ":") if keras.backend.backend() == "torch" else path


def lower(op: Op, site: Site) -> tuple[keras.Layer, ...]:
    layers = _LOWERINGS[type(op)](op, site)
    return layers if isinstance(layers, tuple) else (layers,)


def connect(layer: keras.Layer, tensors: Sequence[Any]) -> Any:
    """Calls a layer with the op's inputs: one tensor, or a list when there are several.

    Keras's own attention is the exception, with a query and a value, which are the same tensor in self-attention.
    """
    if isinstance(layer, keras.layers.MultiHeadAttention):
        return layer(tensors[0], tensors[-1])
    return layer(tensors[0] if len(tensors) == 1 else list(tensors))


def initializer(op: Weighted, field: str = "init", default: str = "glorot_uniform") -> Any:
    """The Keras initialiser of ``init`` or ``bias_init``."""
    from archdsl.ops.init import KINDS

    init = getattr(op, field)
    if init is None:
        return default
    kind = KINDS[init.kind]
    names = [name for name, _ in kind.parameters]
    values: dict[str, Any] = dict(zip(names, init.values, strict=False))
    if init.kind == "fan_out_normal":
        values |= {"mode": "fan_out", "distribution": "untruncated_normal"}
    return getattr(keras.initializers, kind.keras)(**values)


def penalty(op: Weighted) -> Any:
    """The Keras regulariser of ``l2``, or ``None``."""
    return keras.regularizers.L2(op.l2) if op.l2 else None
