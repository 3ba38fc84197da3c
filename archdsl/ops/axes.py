"""Validation of arguments that refer to axes, channels or the sides of a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, Sym, show
from archdsl.ops.base import Misfit, NonNegative, Wanted, known

Axis = Annotated[int, Field(ge=-8, le=7), Wanted("an axis: 0 is the first after the batch, -1 the last")]

Sides = Annotated[
    NonNegative
    | Annotated[tuple[NonNegative | tuple[NonNegative, NonNegative], ...], Field(min_length=1, max_length=3)],
    Wanted("a number, or a list with a number or [before, after] for each spatial dimension"),
]
"""How much to put on, or take off, each end of the spatial dimensions."""

Pair: TypeAlias = tuple[int, int]


def axis_index(axis: int, shape: Shape) -> int:
    """The dimension of ``shape`` that the argument ``axis`` means; negative ones count from the end."""
    if not -len(shape) <= axis < len(shape):
        help_ = (f"axes are 0 to {len(shape) - 1}, or -1 for the last, without the batch",) if shape else ()
        raise Misfit(codes.AxisOutOfRange, argument="axis", help=help_, what="axis", value=str(axis), shape=show(shape))
    return axis % len(shape)


def side_pairs(sides: int | tuple[int | Pair, ...], rank: int, argument: str) -> tuple[Pair, ...]:
    """``Sides`` as (before, after) for each spatial dimension."""
    if not isinstance(sides, tuple):
        return ((sides, sides),) * rank
    if len(sides) != rank:
        raise Misfit(codes.WrongCount, argument=argument, name=argument, given=len(sides), wanted=rank)
    return tuple(side if isinstance(side, tuple) else (side, side) for side in sides)


def known_channels(shape: Shape) -> int:
    """The size of the last axis, for an op that owns a weight for each channel."""
    if not shape:
        raise Misfit(codes.WrongRank, wanted="[…, channels]", shape=show(shape))
    return known(shape[-1], "the channels")


def per_channel(values: Sequence[float], shape: Shape, argument: str) -> None:
    """Checks that a list has one number for each channel of ``shape``."""
    channels = known_channels(shape)
    if len(values) != channels:
        raise Misfit(codes.ChannelCount, argument=argument, name=argument, given=len(values), channels=str(channels))


def at_most_one_unknown(shape: Shape, argument: str | None = None) -> Shape:
    """The shape, unless two of its dimensions are known only at run time: a reshape can infer only one."""
    unknown = [dim for dim in shape if isinstance(dim, Sym) and dim.is_open]
    if len(unknown) > 1:
        raise Misfit(
            codes.UnknownDimension,
            argument=argument,
            dimension=str(unknown[1]),
            what="all but one dimension of its output",
        )
    return shape
