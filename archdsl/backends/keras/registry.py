"""The registry of lowerings, and their application: for each use at its own site, with its own shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

import keras

from archdsl.backends.keras.counterparts import INITIALISERS
from archdsl.graph.dims import Shape
from archdsl.ops.base import Op, Weighted

Tensor: TypeAlias = Any
"""A symbolic tensor of Keras."""


class Owner:
    """One set of weights: its layer, made for the first use, and the inputs of all uses."""

    def __init__(self, path: str, uses: Sequence[tuple[Shape, ...]]) -> None:
        self.path = path
        self.uses = tuple(uses)
        self.rank = max((len(inputs[0]) for inputs in self.uses if inputs), default=0)
        self._layer: keras.Layer | None = None

    def layer(self, kind: Callable[..., keras.Layer], **arguments: Any) -> Any:
        if self._layer is None:
            self._layer = kind(name=self.path, **arguments)
        return self._layer


@dataclass(frozen=True, slots=True)
class Site:
    """The site of a lowering: name, inputs and output."""

    path: str
    """Name of the layer or operation (see ``layer_name``); helpers beside it are called ``path.pad`` and the like."""
    inputs: tuple[Shape, ...]
    output: Shape
    nonnegative: bool
    """Whether the (first) input is known not to be negative, so that zero is as good as ``-inf`` in a maximum."""
    owner: Owner

    @property
    def rank(self) -> int:
        """The number of spatial dimensions of the first input."""
        return len(self.inputs[0]) - 1

    def below(self, what: str) -> str:
        """The name of a helper layer of the op."""
        return layer_name(f"{self.path}.{what}")

    def layer(self, kind: Callable[..., keras.Layer], **arguments: Any) -> Any:
        """The layer that owns the op's weights, named by the owner's path and shared by all uses.

        So the arguments must be right for all ``owner.uses``: what differs between them goes before or after it.
        """
        return self.owner.layer(kind, **arguments)


Lowering: TypeAlias = Callable[..., Tensor]
OpType = TypeVar("OpType", bound=Op)
_LOWERINGS: dict[type[Op], Lowering] = {}
_STRETCHING: set[type[Op]] = set()
_OF_ANY_RANK: set[type[Op]] = set()


def lowers(*ops: type[Op], stretches: bool = False, lifts: bool = True) -> Callable[[Lowering], Lowering]:
    """Registers a function of an op, its site and its input tensors that returns its output tensor.

    Layers without weights are called ``site.path``, one with weights comes from ``site.layer``, and operations
    (``keras.ops`` on a symbolic tensor) get their names from ``lower``. With ``stretches``, some inputs may have a
    batch of 1 where others have more. Without ``lifts``, a layer takes inputs of another rank than it was built for.
    """

    def register(function: Lowering) -> Lowering:
        for op in ops:
            assert op not in _LOWERINGS, f"{op.name} is lowered twice"
            _LOWERINGS[op] = function
            if stretches:
                _STRETCHING.add(op)
            if not lifts:
                _OF_ANY_RANK.add(op)
        return function

    return register


def stretches(op: Op) -> bool:
    """Whether an op's lowering broadcasts inputs of batch size 1."""
    return type(op) in _STRETCHING


def layer_name(path: str) -> str:
    """The layer name of a node: its path, with colons for dots on PyTorch, which allows none."""
    return path.replace(".", ":") if keras.backend.backend() == "torch" else path


def static(shape: Shape) -> tuple[int | None, ...]:
    """The shape as Keras writes it: ``None`` for a dimension known only at run time."""
    return tuple(dim if isinstance(dim, int) else None for dim in shape)


def lower(op: Op, site: Site, tensors: Sequence[Tensor], casts: Sequence[str | None] = ()) -> Tensor:
    """The op applied to tensors, as layers and operations named by the node's path.

    An op without an input is applied to any tensor of the model, which ties it to the model and is not read.
    ``casts`` are the types in which it takes tensors of numbers that were computed in another precision.
    """
    given = [_cast(tensor, dtype) for tensor, dtype in zip(tensors, casts, strict=True)] if casts else tensors
    missing = site.owner.rank - len(site.inputs[0]) if site.inputs else 0
    is_lifted = missing > 0 and type(op) not in _OF_ANY_RANK
    result = _lifted(op, site, given, missing) if is_lifted else _LOWERINGS[type(op)](op, site, *given)
    if any(result is tensor for tensor in given):
        result = keras.layers.Identity(name=site.path)(result)
    _name_operations(result, tensors, site.path)
    assert result.shape[1:] == static(site.output), f"{site.path}: {result.shape[1:]} for {site.output}"
    return result


def _cast(tensor: Tensor, dtype: str | None) -> Tensor:
    is_other = dtype is not None and "float" in tensor.dtype and tensor.dtype != dtype
    return keras.ops.cast(tensor, dtype) if is_other else tensor


def _lifted(op: Op, site: Site, tensors: Sequence[Tensor], missing: int) -> Tensor:
    """A use whose input has a lower rank than others: it gets dimensions of size 1 after the batch.

    Most layers of Keras take inputs of the rank that they were built for. What shares weights of equal shapes between
    ranks works along the last axes, so that more of them before those make no difference.
    """
    ones = (1,) * missing
    lifted = replace(site, inputs=tuple((*ones, *x) for x in site.inputs), output=(*ones, *site.output))
    axes = list(range(1, missing + 1))
    expanded = [keras.ops.expand_dims(tensor, axes) for tensor in tensors]
    return keras.ops.squeeze(_LOWERINGS[type(op)](op, lifted, *expanded), axes)


def _name_operations(result: Tensor, tensors: Sequence[Tensor], path: str) -> None:
    """Names the ``keras.ops`` operations between tensors and a result: the last by the path, others below it.

    Keras numbers operations over a whole process, and such a name could be that of a node.
    """
    found: dict[int, keras.Operation] = {}
    """By identity, the last one first."""
    known = {id(tensor) for tensor in tensors}
    queue = [result]
    while queue:
        tensor = queue.pop()
        if id(tensor) in known:
            continue
        known.add(id(tensor))
        operation = tensor._keras_history.operation  # Keras documents it as how a model finds its layers
        found.setdefault(id(operation), operation)
        node = operation._inbound_nodes[tensor._keras_history.node_index]
        queue.extend(node.input_tensors)
    taken = {operation.name for operation in found.values() if isinstance(operation, keras.Layer)}
    numbers = Counter[str]()
    for operation in found.values():
        if isinstance(operation, keras.Layer):
            continue
        name = path
        if name in taken:
            stem = name = layer_name(f"{path}.{type(operation).__name__.lower()}")
            while name in taken:
                numbers[stem] += 1
                name = f"{stem}_{numbers[stem]}"
        taken.add(name)
        operation.name = name


def initializer(op: Weighted, field: str = "init", default: str = "glorot_uniform", fan_out: int | None = None) -> Any:
    """The Keras initialiser for ``init`` or ``bias_init``.

    ``fan_out`` is for kernels whose shape does not tell Keras how many places they write to.
    """
    from archdsl.ops.init import KINDS

    init = getattr(op, field)
    if init is None:
        return default
    names = [name for name, _ in KINDS[init.kind]]
    values: dict[str, Any] = dict(zip(names, init.values, strict=False))
    if init.kind == "fan_out_normal":
        if fan_out is not None:
            scale = values.get("scale", 2.0)
            return keras.initializers.RandomNormal(stddev=(scale / fan_out) ** 0.5)
        values |= {"mode": "fan_out", "distribution": "untruncated_normal"}
    return getattr(keras.initializers, INITIALISERS[init.kind])(**values)


def penalty(op: Weighted) -> Any:
    """The Keras regulariser for ``l2``, or ``None``."""
    return keras.regularizers.L2(op.l2) if op.l2 else None
