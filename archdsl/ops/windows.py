"""Validation of windowed attention: relative positions, and the map that the windows were cut from."""

from collections.abc import Sequence
from typing import Annotated

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, show
from archdsl.ops.base import Misfit, NonNegative, Positive, Wanted, known

Grid = Annotated[tuple[Positive, Positive], Wanted("a list [height, width] of positive ints")]
Shift = Annotated[
    NonNegative | tuple[NonNegative, NonNegative], Wanted("an int of 0 or more, or a list [rows, columns] of them")
]


def check_windows(
    window: tuple[int, int] | None, map: tuple[int, int] | None, shifts: tuple[int, int], inputs: Sequence[Shape]
) -> None:
    """Raises ``Misfit`` unless the inputs, queries first, are windows of that size, and shifted ones fit the map."""
    given = {"relative_position": window, "map": map}
    for argument in given if any(shifts) else ():
        if given[argument] is None:
            raise Misfit(codes.NeedsArgument, argument="shift", given="shift", missing=argument)
    if window is None:
        return
    h, w = window
    for x in inputs:
        if (tokens := known(x[-2], "the tokens")) != h * w:
            _mismatch("relative_position", f"{h} by {w} tokens in a window", str(tokens), x)
    if map is not None and any(shifts):
        _check_map(map, window, shifts, inputs[0])


def _check_map(map: tuple[int, int], window: tuple[int, int], shifts: tuple[int, int], x: Shape) -> None:
    for n, size in zip(map, window, strict=True):
        if n % size:
            raise Misfit(codes.IndivisibleMap, argument="map", what="the window", divisor=size, shape=show(map))
    if any(shift >= size for shift, size in zip(shifts, window, strict=True)):
        _mismatch("shift", f"a shift smaller than the window, {show(window)}", show(shifts), x)
    if len(x) < 3:
        raise Misfit(codes.WrongRank, argument="shift", wanted="[windows, tokens, features]", shape=show(x))
    windows = (map[0] // window[0]) * (map[1] // window[1])
    if (given := known(x[-3], "the windows")) != windows:
        _mismatch("map", f"{windows} windows", str(given), x)


def _mismatch(argument: str, wanted: str, given: str, x: Shape) -> None:
    raise Misfit(codes.WindowMismatch, argument=argument, wanted=wanted, given=given, input=show(x))
