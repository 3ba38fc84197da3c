"""The registry of lowerings to Keras code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from archdsl.backends.code.terms import TUPLE
from archdsl.backends.code.values import Argument, Code, Literal, Make, make
from archdsl.backends.code.values import Lowered as Generic
from archdsl.backends.keras.counterparts import INITIALISERS
from archdsl.graph.dims import Dim, Shape
from archdsl.ops.base import Op, Weighted
from archdsl.ops.init import KINDS
from archdsl.ops.sliding import Pairs


@dataclass(frozen=True, slots=True)
class Lowered(Generic):
    """A lowered op: an expression, and the layer that it calls, if any."""

    helpers: frozenset[str] = frozenset()
    """Layers and functions of archdsl that the file must have."""


@dataclass(frozen=True, slots=True)
class Site:
    """The site of a lowering."""

    inputs: tuple[Shape, ...]
    output: Shape
    is_nonnegative: bool = False
    """Whether the first input is never below zero, so that zero is as good as ``-inf`` in a maximum."""
    single: tuple[bool, ...] = ()
    """Whether an input is the same for every example, and has a batch of 1."""
    pads: frozenset[Pairs] = frozenset()
    """The numbers with which windows are padded at this place of the block, in all of its instances."""
    is_same: bool = False
    """Whether ``padding="same"`` pads all of them so, and some at all."""
    ranks: frozenset[int] = field(default=frozenset())
    """Of the first inputs of all uses of the weights."""

    @property
    def rank(self) -> int:
        """The number of spatial dimensions of the first input."""
        return len(self.inputs[0]) - 1

    @property
    def is_single(self) -> bool:
        """Whether some inputs have batch size 1 and others do not."""
        return len(set(self.single)) > 1


Lowering: TypeAlias = Callable[[Any, Site], Lowered]
_LOWERINGS: dict[type[Op], Lowering] = {}
_STRETCHING: set[type[Op]] = set()


def lowers(*ops: type[Op], stretches: bool = False) -> Callable[[Lowering], Lowering]:
    """Registers a function of an op and its site that returns its Keras code.

    With ``stretches``, some inputs may have a batch of 1 where others have more.
    """

    def register(function: Lowering) -> Lowering:
        for op in ops:
            assert op not in _LOWERINGS, f"{op.name} is lowered twice"
            _LOWERINGS[op] = function
            if stretches:
                _STRETCHING.add(op)
        return function

    return register


def lower(op: Op, site: Site) -> Lowered:
    return _LOWERINGS[type(op)](op, site)


def stretches(op: Op) -> bool:
    return type(op) in _STRETCHING


# --- what lowerings share ---------------------------------------------------------------------------------------------

CALL = Code("{self}({0})")
"""A layer that is called."""


def called(kind: str, *placed: tuple[str, Argument], **named: Argument) -> Lowered:
    """A call of a Keras layer."""
    return Lowered(CALL, make(f"layers.{kind}", *placed, **named))


def own(kind: str, *placed: tuple[str, Argument], **named: Argument) -> Lowered:
    """A call of a layer defined in the file."""
    return Lowered(CALL, make(kind, *placed, **named), frozenset({kind}))


def joined(kind: str, site: Site, *placed: tuple[str, Argument], **named: Argument) -> Lowered:
    """A call of a Keras layer on a list of all inputs."""
    return Lowered(Code(f"{{self}}([{listed(site)}])"), make(f"layers.{kind}", *placed, **named))


def listed(site: Site) -> str:
    return ", ".join(f"{{{i}}}" for i in range(len(site.inputs)))


def expression(template: str, *helpers: str, **literals: Literal) -> Lowered:
    """An expression without a layer. ``helpers`` are functions of the file."""
    return Lowered(Code(template, tuple(literals.items())), None, frozenset(helpers))


def one(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """
    >>> one((3, 3)), one((3, 1))
    (3, (3, 1))
    """
    return values[0] if len(set(values)) == 1 else values


def sides(pairs: Pairs) -> Literal:
    """Padding or cropping in Keras's shortest form.

    >>> sides(((3, 3), (3, 3))), sides(((0, 1), (0, 1))), sides(((1, 1), (2, 2)))
    (3, ((0, 1), (0, 1)), (1, 2))
    """
    if len(pairs) == 1:
        (pair,) = pairs
        return pair[0] if pair[0] == pair[1] else pair
    if all(before == after for before, after in pairs):
        return one(tuple(before for before, _ in pairs))
    return tuple(pairs)


_SIZES = {1: ("channels",), 2: ("tokens", "channels"), 3: ("height", "width", "channels")}


def sizes(dims: tuple[Dim, ...]) -> Make:
    """Sizes as source, each a literal of its own: -1 for one known only at run time."""
    names = _SIZES.get(len(dims), tuple(f"size{i}" for i in range(len(dims))))
    return Make(
        TUPLE, tuple((name, dim if isinstance(dim, int) else -1) for name, dim in zip(names, dims, strict=True))
    )


def is_known(shape: Shape) -> bool:
    return all(isinstance(dim, int) for dim in shape)


def initializer(op: Weighted, name: str = "init", default: str = "glorot_uniform", fan_out: int | None = None) -> Any:
    """An initialiser as an argument.

    ``fan_out`` is for kernels whose shape does not tell Keras how many places they write to.
    """
    init = getattr(op, name)
    if init is None:
        return default
    kind = INITIALISERS[init.kind]
    named: dict[str, Argument] = dict(zip((name for name, _ in KINDS[init.kind]), init.values, strict=False))
    if init.kind == "fan_out_normal":
        scale = named.get("scale", 2.0)
        if fan_out is not None:
            assert isinstance(scale, int | float), "a number, as all arguments of initialisers"
            return Make("initializers.RandomNormal", (("stddev", (scale / fan_out) ** 0.5),))
        named = {"scale": scale, "mode": "fan_out", "distribution": "untruncated_normal"}
    if not named:
        return _snake(kind)
    return Make(f"initializers.{kind}", tuple(named.items()))


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def penalty(op: Weighted) -> Argument:
    return Make("regularizers.L2", (("l2", op.l2),), 1) if op.l2 else None


def frozen(op: Weighted) -> Mapping[str, Argument]:
    """``trainable=False`` for frozen weights."""
    return {} if op.trainable else {"trainable": False}
