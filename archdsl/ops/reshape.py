"""Ops that give the same numbers another shape or another order of dimensions."""

from collections.abc import Sequence
from math import prod
from typing import Annotated, Literal

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, Sym, elements, show
from archdsl.ops.axes import at_most_one_unknown
from archdsl.ops.base import Misfit, NonNegative, Op, Positive, Wanted, size_or_like, spatial_rank
from archdsl.ops.reach import Layout, Part, merged

MapSize = Annotated[
    tuple[Positive | Sym, ...],
    Field(min_length=1, max_length=3),
    Wanted("a list with the size of each spatial dimension: [14, 14]"),
]
"""The spatial dimensions of a map, each a number or a dimension of a signature."""

Target = Annotated[
    tuple[Positive | Literal[-1] | Sym, ...],
    Field(min_length=1, max_length=8),
    Wanted("a list of sizes without the batch, one of which may be -1"),
]


class _Reshape(Op):
    """Base of ops that change only the shape."""

    family = "shape"
    keeps_sign = True


class Flatten(_Reshape):
    """All dimensions in one. Kernels of a ``dense`` after it depend on the order."""

    name = "flatten"
    aliases = ("Flatten", "ravel")
    positional = ("order",)
    example = "[7, 7, 512] -> [25088]: flatten"
    view = True

    order: Literal["hwc", "chw"] = Field(
        "hwc",
        description='what varies slowest to fastest, at any rank: "hwc" with the channels last, or "chw" with them '
        "first, as weights from PyTorch expect it",
    )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return (elements(x),)

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        return (merged(layout),)


class Reshape(_Reshape):
    """The same numbers in another shape, in row-major order."""

    name = "reshape"
    aliases = ("Reshape", "view", "rearrange", "unflatten", "Unflatten")
    positional = ("to",)
    example = "[28, 28, 240] -> [28, 28, 3, 80]: reshape([28, 28, 3, 80])"
    view = True

    to: Target = Field(description="the new shape without the batch; -1 stands for what is left")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        total, given = elements(x), prod(dim for dim in self.to if dim != -1)
        inferred = self.to.count(-1)
        if inferred > 1:
            raise self._misfit(x, "only one size can be -1")
        try:
            rest = _quotient(total, given)
        except ArithmeticError:
            rest = 0
        if rest == 0 or (inferred == 0 and rest != 1):
            raise self._misfit(x, f"{given} {'does not divide' if inferred else 'is not'} the {total} elements")
        return at_most_one_unknown(tuple(rest if dim == -1 else dim for dim in self.to), argument="to")

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        """Axes that stay at the ends keep what they represent; those between may represent any of the axes between."""
        (x,) = inputs
        front = _alike(x, output)
        back = _alike(x[front:][::-1], output[front:][::-1])
        between = merged(layout[front : len(x) - back])
        made = (between,) * (len(output) - front - back)
        return (*layout[:front], *made, *layout[len(x) - back :])

    def _misfit(self, x: Shape, reason: str) -> Misfit:
        return Misfit(codes.SizeMismatch, argument="to", wanted=show(self.to), shape=show(x), reason=reason)


class Permute(_Reshape):
    """Another order of the dimensions: ``permute([2, 0, 1])`` makes ``[c, h, w]`` of ``[h, w, c]``."""

    name = "permute"
    aliases = ("Permute", "transpose", "swapaxes", "moveaxis")
    positional = ("order",)
    example = "[49, 96] -> [96, 49]: permute([1, 0])"

    order: Annotated[
        tuple[NonNegative, ...],
        Field(min_length=1, max_length=8),
        Wanted("a list that names each dimension once, counted from 0 without the batch"),
    ] = Field(description="for each dimension of the output, which of the input it is; 0 is the first after the batch")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if sorted(self.order) != list(range(len(x))):
            raise Misfit(
                codes.NotAPermutation,
                argument="order",
                order=show(self.order),
                shape=show(x),
                wanted=show(tuple(range(len(x)))),
            )
        return tuple(x[axis] for axis in self.order)

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        return tuple(layout[axis] for axis in self.order)


class FlattenSpatial(_Reshape):
    """A map as a sequence of tokens, row by row: ``[h, w, c]`` becomes ``[h * w, c]``."""

    name = "flatten_spatial"
    aliases = ("to_tokens", "map_to_tokens", "img2seq")
    example = "[14, 14, 768] -> [196, 768]: flatten_spatial"
    view = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        spatial_rank(x)
        return at_most_one_unknown((elements(x[:-1]), x[-1]))

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        return (merged(layout[:-1]), layout[-1])


class UnflattenSpatial(_Reshape):
    """A sequence of tokens as a map, the inverse of ``flatten_spatial``: ``[h * w, c]`` becomes ``[h, w, c]``.

    ``like=x`` takes the size from another map, also where it is known only when the model runs.
    """

    name = "unflatten_spatial"
    aliases = ("to_map", "tokens_to_map", "seq2img")
    positional = ("size",)
    tensors = ("like",)
    arity = (1, 2)
    example = "[196, 768] -> [14, 14, 768]: unflatten_spatial([14, 14])"
    view = True

    size: MapSize | None = Field(None, description="spatial dimensions of the map")

    def shape(self, *inputs: Shape) -> Shape:
        x = inputs[0]
        if len(x) != 2:
            raise Misfit(codes.WrongRank, wanted="[n, c]", shape=show(x))
        size = tuple(size_or_like(self.size, inputs))
        if elements(size) != x[0]:
            raise Misfit(
                codes.SizeMismatch,
                argument="size" if self.size else "like",
                wanted=f"a map {show(size)}",
                shape=show(x),
                reason=f"the map has {elements(size)} places for {x[0]} tokens",
            )
        return (*size, x[-1]) if self.size is None else at_most_one_unknown((*size, x[-1]))

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        tokens, channels = layout
        places = tuple(frozenset([Part(axis)]) for axis in range(len(output) - 1))
        return (*(places if merged(places) == tokens else (tokens,) * len(places)), channels)


def _alike(x: Shape, y: Shape) -> int:
    """The length of the common prefix of two shapes."""
    return next((i for i, (a, b) in enumerate(zip(x, y, strict=False)) if a != b), min(len(x), len(y)))


def _quotient(total: Dim, part: Dim) -> Dim:
    """Exact division. Raises ``ArithmeticError`` when there is a remainder."""
    if isinstance(total, int) and isinstance(part, int) and total % part:
        raise ArithmeticError(f"{total} is not divisible by {part}")
    return total / part if isinstance(total, Sym) else total // part
