"""Joins of several tensors, and of a tensor and a number."""

from __future__ import annotations

from typing import Final

from archdsl.intake.errors import Unsupported
from archdsl.intake.keras.config import Config
from archdsl.intake.keras.use import Tensor, Use, reads, single

_STRETCHING: Final = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "mul",
    "Divide": "divide",
    "TrueDivide": "divide",
}
_EQUAL: Final = {"Average": "average", "Maximum": "maximum", "Minimum": "minimum"}


@reads(*_STRETCHING, *_EQUAL, *(f"ops.{name}" for name in (*_STRETCHING, "Maximum", "Minimum")))
def _join(_: Config, use: Use) -> str:
    kind = use.kind.removeprefix("ops.")
    op = _STRETCHING.get(kind) or _EQUAL[kind]
    if len(use.inputs) == 1 and (found := _with_number(op, use)) is not None:
        return found
    if kind in _EQUAL:
        return use.emit(op)
    return use.emit(op, *_of_one_rank(use), broadcast=len({use.shape(place) for place in range(len(use.inputs))}) > 1)


def _with_number(op: str, use: Use) -> str | None:
    """A function of a tensor and a number, in either order."""
    given = [*use.args, *use.kwargs.values()]
    numbers = [n for n in given if isinstance(n, int | float) and not isinstance(n, bool)]
    if len(given) != 2 or len(numbers) != 1:
        return None
    number, is_first = float(numbers[0]), not isinstance(given[0], Tensor)
    match op:
        case "add":
            return use.emit("rescale", factor=1.0, offset=number)
        case "mul":
            return use.emit("rescale", factor=number)
        case "subtract":
            return use.emit("rescale", factor=-1.0 if is_first else 1.0, offset=number if is_first else -number)
        case "divide" if number and not is_first:
            return use.emit("rescale", factor=1 / number)
        case "divide" if is_first:
            found = use.emit("reciprocal")
            return found if number == 1 else use.emit("rescale", found, part="rescale", factor=number)
        case "maximum":
            return use.emit("clip", min=number)
        case "minimum":
            return use.emit("clip", max=number)
    return None


def _of_one_rank(use: Use) -> list[str]:
    """The inputs, those of lower rank with dimensions of 1 before theirs."""
    rank = max(len(use.shape(place)) for place in range(len(use.inputs)))
    found = []
    for place, value in enumerate(use.inputs):
        shape = use.shape(place)
        ones = rank - len(shape)
        found.append(use.emit("reshape", value, part="reshape", to=(*(1,) * ones, *shape)) if ones else value)
    return found


@reads("Concatenate", "ops.Concatenate")
def _concatenate(config: Config, use: Use) -> str:
    if len(use.inputs) == 1:
        return use.inputs[0]
    return use.emit("concat", axis=use.axis(config.integer("axis", -1)))


@reads("Dot")
def _dot(config: Config, use: Use) -> str:
    axes = config.values.get("axes")
    config.only("normalize", False)
    if len(use.inputs) != 2 or [len(use.shape(place)) for place in (0, 1)] != [2, 2] or axes not in ([2, 1], [2, 2]):
        raise Unsupported(f"axes={axes!r} of such tensors have no counterpart")
    return use.emit("matmul", transpose_b=axes == [2, 2])


@reads("ops.Matmul")
def _matmul(_: Config, use: Use) -> str:
    return use.emit("matmul")


@reads("ops.Cast", "Identity", "ActivityRegularization")
def _identity(_: Config, use: Use) -> str:
    single(use)
    return use.inputs[0]
