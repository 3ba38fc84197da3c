"""Ops without an input, at the start of flows: learned tensors, constants, and constants computed by a rule."""

from collections.abc import Sequence
from math import prod
from typing import Annotated, Literal

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, show
from archdsl.ops.base import NO_INPUT, Misfit, Op, Positive, Wanted, Weight, Weighted
from archdsl.ops.init import Init
from archdsl.ops.reach import Sight
from archdsl.ops.windows import Grid

Size = Annotated[
    Annotated[tuple[Positive, ...], Field(min_length=1, max_length=8)],
    Wanted("a list with the size of each dimension"),
]
Values = Annotated[
    float | Annotated[tuple[float, ...], Field(min_length=1)],
    Wanted("a number, or a list of numbers"),
]
Even = Annotated[int, Field(gt=0, le=10_000_000, multiple_of=2), Wanted("an even positive int")]
Pairs = Literal["interleaved", "halves"]
_PAIRS = "which features make a pair: neighbours, or `i` and `i + features / 2`"


class _Source(Op):
    """Base of ops without an input."""

    family = "source"
    arity = NO_INPUT

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return ()


class Parameter(_Source, Weighted):
    """A learned tensor, the same for every example: queries of a decoder, prompts, a table that two steps use.

    It takes no input and starts a flow, so it stands first in a branch or in braces: ``{ parameter([100, 256]) }``.
    With a tap, several steps use the same weights.
    """

    name = "parameter"
    aliases = ("Parameter", "nn.Parameter", "add_weight", "Variable", "variable", "learned", "register_parameter")
    positional = ("size", "init")
    example = "[197, 768] -> [197, 768]: add { x: id  prompt: parameter([197, 768]) }"
    view = True

    size: Size = Field(description="the shape: a list with the size of each dimension, without the batch")
    init: Init = Field(Init(kind="truncated_normal", values=(0.02,)), description="how the tensor starts")
    bias_init: Annotated[None, Wanted("left out")] = Field(None, description="unused: there is no bias")

    def shape(self, *inputs: Shape) -> Shape:
        return self.size

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return (Weight("value", self.size, self.trainable),)


class Constant(_Source):
    """Given numbers, which training does not change: ``constant([0.0, 0.5, 1.0])``, ``constant(1.0, [n, 1])``.

    A list fills ``size`` row by row; a number fills all of it.
    """

    name = "constant"
    aliases = ("Constant", "register_buffer", "tensor", "full", "buffer")
    positional = ("values", "size")
    example = "[49, 3] -> [49, 3]: mul(broadcast=true) { x: id  weight: constant([0.299, 0.587, 0.114], [1, 3]) }"

    values: Values = Field(
        description="the numbers in the order in which the last dimension runs fastest, or one for all"
    )
    size: Size | None = Field(None, description="the shape, without the batch; one dimension when not given")

    def shape(self, *inputs: Shape) -> Shape:
        count = len(self.values) if isinstance(self.values, tuple) else 1
        size = self.size or (count,)
        if isinstance(self.values, tuple) and prod(size) != count:
            raise Misfit(codes.ValueCount, argument="values", given=count, wanted=prod(size), shape=show(size))
        return size


class Ramp(_Source):
    """``start + step * i`` for ``i`` from 0 to ``count - 1``: positions, coordinates, the bins of a distribution."""

    name = "ramp"
    aliases = ("arange", "Arange", "iota")
    positional = ("count", "start", "step")
    example = "[49, 64] -> [49, 64]: add(broadcast=true) { x: id  places: ramp(49) -> reshape([49, 1]) }"

    count: Positive = Field(description="how many numbers")
    start: float = Field(0.0, description="the first number")
    step: float = Field(1.0, description="the difference of neighbours")

    def shape(self, *inputs: Shape) -> Shape:
        return (self.count,)


class Sinusoid(_Source):
    """Positions as sines and cosines (Vaswani et al. 2017, arXiv:1706.03762): ``[places, features]``.

    Pair ``j`` of the ``p = features / 2`` is the sine and the cosine of ``place * base ** (-j / p)`` radians.
    """

    name = "sinusoid"
    aliases = ("SinePositionEncoding", "sinusoidal", "SinusoidalPositionEmbedding", "sincos", "positional_sinusoid")
    positional = ("places", "features")
    example = "[50, 256] -> [50, 256]: add { x: id  places: sinusoid(50, 256) }"

    places: Positive = Field(description="how many places")
    features: Even = Field(description="how many features each place has")
    base: float = Field(10_000.0, gt=1, description="how much slower than the first the pair after the last would turn")
    pairs: Pairs = Field("interleaved", description=_PAIRS)

    def shape(self, *inputs: Shape) -> Shape:
        return (self.places, self.features)


class Rotary(_Source):
    """The angles of rotary positions, in radians (RoPE, Su et al. 2021, arXiv:2104.09864): ``[places, features]``.

    They are those of ``attention(rotary=places)``: the ``features / 2`` pairs are shared out among the dimensions of
    ``places`` in order, and of ``p`` pairs, pair ``j`` turns by ``place * base ** (-j / p)``. Both features of a pair
    have its angle, so that ``x * cos + turned * sin`` turns ``x``, where ``turned`` has ``(-b, a)`` for ``(a, b)``.
    """

    name = "rotary"
    aliases = ("RotaryEmbedding", "rope", "RoPE", "rotary_embedding")
    positional = ("places", "features")
    example = "[196, 64] -> [196, 64]: mul { x: id  cosine: rotary([14, 14], 64) -> cos }"

    places: Annotated[
        Annotated[tuple[Positive, ...], Field(min_length=1, max_length=3)],
        Wanted("a list with the size of each dimension of the places: [tokens] or [height, width]"),
    ] = Field(description="the size of each dimension of the places, such as [tokens] or [height, width]")
    features: Even = Field(description="how many features are turned: those of a head")
    base: float = Field(10_000.0, gt=1, description="how much slower than the first the pair after the last would turn")
    pairs: Pairs = Field("interleaved", description=_PAIRS)

    def shape(self, *inputs: Shape) -> Shape:
        share = 2 * len(self.places)
        if self.features % share:
            raise Misfit(
                codes.IndivisibleChannels,
                argument="features",
                what="twice the dimensions of `places`",
                divisor=share,
                whole="the features",
                size=str(self.features),
                help=(f"{-(-self.features // share) * share} features would do",),
            )
        return (prod(self.places), self.features)


class CausalMask(_Source):
    """What hides the future from logits ``[queries, keys]`` when it is added: 0, and -1e9 for keys after the query."""

    name = "causal_mask"
    aliases = ("CausalMask", "subsequent_mask", "tril_mask", "look_ahead_mask")
    positional = ("count",)
    example = (
        "[8, 64, 64] -> [8, 64, 64]: add(broadcast=true) { logits: id  mask: causal_mask(64) -> reshape([1, 64, 64]) }"
    )

    count: Positive = Field(description="how many tokens")

    def shape(self, *inputs: Shape) -> Shape:
        return (self.count, self.count)


class RelativePositionBias(_Source, Weighted):
    """A learned number for each head and difference of places, for each pair of tokens: ``[heads, tokens, tokens]``.

    What ``attention(relative_position=[h, w])`` adds to its logits (Swin, Liu et al. 2021, arXiv:2103.14030), for
    attention that is written out. The tokens are a map of ``h`` by ``w``, row by row; token ``i`` at ``(r, c)`` gets
    for token ``j`` at ``(s, d)`` row ``(r - s + h - 1) * (2 w - 1) + c - d + w - 1`` of a table of ``(2 h - 1) * (2 w -
    1)`` rows.
    """

    name = "relative_position_bias"
    aliases = ("RelativePositionBias", "rel_pos_bias", "relative_attention_bias", "RelPosBias")
    positional = ("heads", "map")
    example = "[4, 49, 49] -> [4, 49, 49]: add { logits: id  bias: relative_position_bias(4, [7, 7]) }"

    heads: Positive = Field(description="how many heads have numbers of their own")
    map: Grid = Field(description="the map of the tokens, [height, width]")
    init: Init = Field(Init(kind="truncated_normal", values=(0.02,)), description="how the table starts")
    bias_init: Annotated[None, Wanted("left out")] = Field(None, description="unused: the table is the only array")

    def shape(self, *inputs: Shape) -> Shape:
        return (self.heads, prod(self.map), prod(self.map))

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        h, w = self.map
        table = ((2 * h - 1) * (2 * w - 1), self.heads)
        return (Weight("relative_position_bias", table, self.trainable),)
