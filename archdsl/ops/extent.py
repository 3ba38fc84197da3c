"""Ops that add, remove or rotate places at the ends of a dimension."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, ceil_div, show
from archdsl.ops.axes import Axis, Pair, Sides, axis_index, side_pairs
from archdsl.ops.base import Misfit, NonNegative, Op, Positive, Wanted, per_axis, positive, spatial_rank
from archdsl.ops.reach import SAME, UNKNOWN, Layout, Reach, Sight

Index = Annotated[
    int, Field(ge=-10_000_000, le=10_000_000), Wanted("an int; a negative one counts from the end of the axis")
]


class Pad(Op):
    """Adds places around a map, and channels if told to.

    Channels of zeros make a shortcut without weights where a stage widens (option A of He et al. 2015, PyramidNet).
    """

    name = "pad"
    family = "shape"
    aliases = (
        *("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "ZeroPad2d", "ConstantPad2d", "ReflectionPad2d"),
        *("padding", "zero_pad"),
    )
    positional = ("size",)
    example = "[224, 224, 3] -> [230, 230, 3]: pad(3)"

    size: Sides = Field(0, description="places to add at each end, or [before, after], for all dimensions or for each")
    channels: Annotated[
        NonNegative | tuple[NonNegative, NonNegative], Wanted("an int of 0 or more, or [before, after]")
    ] = Field(0, description="channels to add after, or [before, after]")
    value: float = Field(0.0, description='what to fill with when the mode is "constant"')
    mode: Literal["constant", "reflect"] = Field(
        "constant", description='"constant", or "reflect": the map mirrored at its edge, which is not repeated'
    )

    def sides(self, x: Shape) -> tuple[Pair, ...]:
        """(before, after) for every dimension, the channels last."""
        channels = self.channels if isinstance(self.channels, tuple) else (0, self.channels)
        return (*side_pairs(self.size, spatial_rank(x), "size"), channels)

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        sides = self.sides(x)
        for axis, (dim, side) in enumerate(zip(x, sides, strict=True), start=1):
            if self.mode == "reflect" and max(side) >= dim:
                argument = "channels" if axis == len(x) else "size"
                raise Misfit(
                    codes.AxisOutOfRange, argument=argument, what="reflection", value=show(side), shape=show(x)
                )
        return tuple(dim + before + after for dim, (before, after) in zip(x, sides, strict=True))

    def needs(self, *inputs: Shape) -> Shape:
        if self.mode != "reflect":
            return ()
        (x,) = inputs
        return tuple(dim - max(side) for dim, side in zip(x, self.sides(x), strict=True))

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return tuple(Reach.window(1, before=before) for before, _ in self.sides(inputs[0]))


class Crop(Op):
    """Removes places at the ends of the spatial dimensions (U-Net's skips, Ronneberger et al. 2015)."""

    name = "crop"
    family = "shape"
    keeps_sign = True
    aliases = ("Cropping1D", "Cropping2D", "Cropping3D", "center_crop", "CenterCrop")
    positional = ("size",)
    example = "[64, 64, 512] -> [56, 56, 512]: crop(4)"

    size: Sides = Field(description="places to remove at each end, or [before, after], for all dimensions or for each")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        pairs = side_pairs(self.size, spatial_rank(x), "size")
        kept = tuple(dim - before - after for dim, (before, after) in zip(x, pairs, strict=False))
        return (*positive(kept, x, argument="size"), x[-1])

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        pairs = side_pairs(self.size, len(output) - 1, "size")
        return (*(Reach.window(1, before=-before) for before, _ in pairs), SAME)


class Slice(Op):
    """A range of an axis, from ``start`` up to but without ``stop``; or one place of it.

    ``slice(0, c // 2)`` is the first half of the channels. ``slice(0, axis=0, keepdims=false)`` is the class token: it
    takes the one place ``start`` and drops the axis. Unlike in Python a range must lie inside the axis.
    """

    name = "slice"
    family = "shape"
    keeps_sign = True
    aliases = (*("take", "select", "narrow", "gather", "getitem", "index_select", "split", "chunk", "Lambda"),)
    positional = ("start", "stop")
    example = "[197, 768] -> [768]: slice(0, axis=0, keepdims=false)"

    start: Index = Field(description="first place that is taken; a negative one counts from the end")
    stop: Index | None = Field(None, description="first place that is not; to the end of the axis when not given")
    axis: Axis = Field(-1, description="axis to take from; 0 is the first after the batch, -1 the channels")
    step: Positive = Field(1, description="distance between the places that are taken")
    keepdims: bool = Field(True, description="false takes only the place `start` and drops the axis")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        axis = axis_index(self.axis, x)
        size, (first, end) = x[axis], self._range(x[axis])
        for argument, place in (("start", first), ("stop", end)):
            if not 0 <= place <= size or (place == size and argument == "start"):
                written = f"[{self.start}, {'…' if self.stop is None else self.stop})" if self.keepdims else self.start
                raise Misfit(
                    codes.AxisOutOfRange,
                    argument=argument,
                    what="range" if self.keepdims else "place",
                    value=str(written),
                    shape=show(x),
                )
        if not self.keepdims:
            return (*x[:axis], *x[axis + 1 :])
        return positive((*x[:axis], ceil_div(end - first, self.step), *x[axis + 1 :]), x, argument="stop")

    def needs(self, *inputs: Shape) -> Shape:
        """The range begins and ends inside the axis."""
        (x,) = inputs
        size = x[axis_index(self.axis, x)]
        first, end = self._range(size)
        return (first + 1, size - end + 1)

    def _range(self, size: Dim) -> tuple[Dim, Dim]:
        """Where the range begins and ends, counted from the beginning of an axis of this size."""
        first = self.start + (size if self.start < 0 else 0)
        end = size if self.stop is None else self.stop + (size if self.stop < 0 else 0)
        if self.keepdims:
            return first, end
        if self.stop is not None and end != first + 1:
            raise Misfit(codes.DroppedRange, argument="stop", start=self.start, stop=self.stop)
        return first, first + 1

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        axis = axis_index(self.axis, inputs[0])
        first, _ = self._range(inputs[0][axis])
        taken = Reach.window(1, stride=self.step, before=-first) if isinstance(first, int) else UNKNOWN
        return tuple(taken if index == axis else SAME for index in range(len(inputs[0])))

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        axis = axis_index(self.axis, inputs[0])
        return layout if self.keepdims else (*layout[:axis], *layout[axis + 1 :])


class Roll(Op):
    """Moves a map along its spatial dimensions; what leaves at one end enters at the other.

    A positive shift moves towards higher indices, as ``torch.roll`` does. Swin's shifted windows are ``roll(-shift)``
    before the windows and ``roll(shift)`` after (Liu et al. 2021, arXiv:2103.14030).
    """

    name = "roll"
    family = "shape"
    keeps_sign = True
    aliases = ("cyclic_shift", "shift", "Roll")
    positional = ("shift",)
    example = "[56, 56, 96] -> [56, 56, 96]: roll(-3)"

    shift: Annotated[
        Index | Annotated[tuple[Index, ...], Field(min_length=1, max_length=3)],
        Wanted("an int, or a list with one for each spatial dimension"),
    ] = Field(description="places to move by, for all spatial dimensions or for each")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        per_axis(self.shift, spatial_rank(x), "shift")
        return x

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        shifts = per_axis(self.shift, len(output) - 1, "shift")
        return (*(Reach.window(1, before=shift) for shift in shifts), SAME)
