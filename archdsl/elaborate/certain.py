"""Shapes of ops on unknown values that hold for all of them: for definitions that nothing calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import combinations, product
from typing import Final

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.elaborate.values import Unknown, Value
from archdsl.graph.dims import Dim, Shape, Sym
from archdsl.graph.symbols import Var, never_equal
from archdsl.ops.base import Misfit, Op
from archdsl.ops.types import Type

_CHOICES: Final = 3
"""Arguments of an op of which only the type is known, at most, for all their values to be tried."""
_OF_RANKS: Final = (codes.WrongRank, codes.WrongCount, codes.NotAPermutation)
"""What is said of the number of dimensions, whatever their sizes."""


def either(one: Shape | None, other: Shape | None) -> Shape | None:
    if one is None or other is None or len(one) != len(other):
        return None
    return tuple(a if a == b else Var.some(1) for a, b in zip(one, other, strict=True))


def shape(made: Op, shapes: Sequence[Shape], is_open: bool) -> Shape | None:
    """What is known of an op's output shape, ``None`` if nothing. Raises ``Misfit`` if the op fits for no values."""
    found: list[Shape | None] = []
    problems: list[Misfit] = []
    for choice in _choices(made, len(shapes[0]) - 1 if shapes else 0) if is_open else [made]:
        try:
            found.append(choice.shape(*shapes))
        except Misfit as misfit:
            if _is_certain(misfit, choice, shapes, is_open):
                problems.append(misfit)
            else:
                agreed = _agreed(choice, shapes) if misfit.code is codes.ShapeMismatch else None
                found.append(agreed if isinstance(agreed, tuple) else None)
        except (TypeError, ArithmeticError):  # the shape depends on what is not known
            found.append(None)
    if not found:
        raise problems[0]
    return reduce(either, found)


def _choices(made: Op, axes: int) -> Iterator[Op]:
    """The op for each kind of value of the arguments of which only the type is known."""
    open_ = {name: value for name, value in made if isinstance(value, Unknown)}
    if len(open_) > _CHOICES:
        return iter([made])
    values = [[*_values(value.type, axes)] for value in open_.values()]
    return (made.model_copy(update=dict(zip(open_, chosen, strict=True))) for chosen in product(*values))


def _values(of: Type, axes: int) -> Iterator[Value]:
    for kind in of.alternatives:
        if kind.name == "bool":
            yield from (True, False)
        elif kind.name == "int":
            yield Var.some()
        elif kind.name == "list":
            yield (Var.some(),) * axes
        else:
            yield from kind.choices or (Unknown(Type((kind,))),)


def _is_certain(misfit: Misfit, made: Op, shapes: Sequence[Shape], is_open: bool) -> bool:
    """Whether an op does not fit its inputs for any values of unknown dimensions and arguments."""
    if not is_open and not any(isinstance(dim, Sym) for shape in shapes for dim in shape):
        return True
    if misfit.code is codes.ShapeMismatch:
        return _agreed(made, shapes) is codes.ShapeMismatch and not _may_stretch(made, shapes)
    if misfit.code in _OF_RANKS or misfit.values.get("what") == "axis":
        alike = [(1,) * len(shape) for shape in shapes]
        return not is_open and _outcome(made, alike) is misfit.code
    return False


def _outcome(made: Op, shapes: Sequence[Shape]) -> object:
    """The output's shape, or the code of the mistake."""
    try:
        return made.shape(*shapes)
    except Misfit as misfit:
        return misfit.code


def _may_stretch(made: Op, shapes: Sequence[Shape]) -> bool:
    """Whether unknown dimensions may be 1 and broadcast."""
    return getattr(made, "broadcast", False) and any(
        isinstance(dim, Sym) and not never_equal(dim, 1) for shape in shapes for dim in shape
    )


def _agreed(made: Op, shapes: Sequence[Shape]) -> object:
    """The output shape of a join with the fewest unknown dimensions taken to be equal, or the code of the mistake."""
    if len({len(shape) for shape in shapes}) > 1:
        return codes.ShapeMismatch
    axes = [axis for axis, dims in enumerate(zip(*shapes, strict=True)) if len(set(dims)) > 1 and _may_agree(dims)]
    result: object = codes.ShapeMismatch
    for chosen in (some for number in range(1, len(axes) + 1) for some in combinations(axes, number)):
        alike = [tuple(shapes[0][i] if i in chosen else dim for i, dim in enumerate(shape)) for shape in shapes]
        result = _outcome(made, alike)
        if result is not codes.ShapeMismatch:
            break
    return result


def _may_agree(dims: Sequence[Dim]) -> bool:
    return not any(never_equal(one, other) for one, other in combinations(dims, 2))
