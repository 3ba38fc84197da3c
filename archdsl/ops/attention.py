"""Multi-head attention among tokens, in windows or over all of them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, elements, show
from archdsl.ops.base import INPUT, Misfit, NonNegative, Positive, Rate, Wanted, Weight, Weighted, known
from archdsl.ops.reach import SAME, WHOLE, Sight

Grid = Annotated[tuple[Positive, Positive], Wanted("a list [height, width] of positive ints")]
Shift = Annotated[
    NonNegative | tuple[NonNegative, NonNegative], Wanted("an int of 0 or more, or a list [rows, columns] of them")
]


class Attention(Weighted):
    """Multi-head attention, ``softmax(q k^T / sqrt(key_dim)) v`` in each head (Vaswani et al. 2017, arXiv:1706.03762).

    The tokens are the last axis but one, ``[n, c]``; axes before it, such as windows, do not see each other. Queries
    come from the flow; keys and values too, or else from ``context``, which is ``[m, c2]`` with the same axes before.

    With ``relative_position=[h, w]`` the tokens are a window of ``h`` by ``w``, row by row, and each head adds to its
    logits a learned number for each difference of places (Swin, Liu et al. 2021, arXiv:2103.14030). ``shift`` says by
    how much ``map`` was rolled up and left before it was cut into these windows: tokens that were brought together
    from opposite edges then get -100 on their logits, as in the authors' code. A shift of 0 masks nothing.

    MACs, for ``n`` queries of ``c`` features, ``m`` keys of ``c2`` and ``d = heads * key_dim``: ``2 n c d`` for the
    queries' and the output's projection, ``2 m c2 d`` for keys and values, ``2 n m d`` for the products.
    """

    name = "attention"
    family = "linear"
    kind = "attention"
    aliases = (
        "MultiHeadAttention",
        "MultiheadAttention",
        "mha",
        "msa",
        "self_attention",
        "multi_head_attention",
    )
    absent: ClassVar[Mapping[str, str]] = {
        "units": "what comes out has the features that come in; `-> dense(units)` changes them",
        "talking_heads": "heads do not talk; that is written out with `matmul` and `dense`",
    }
    positional = ("heads", "key_dim")
    tensors = ("context",)
    arity = (1, 2)
    keras = "MultiHeadAttention; archdsl's WindowedAttention with relative positions, more axes, or frozen"
    example = "[197, 768] -> [197, 768]: attention(12)"
    backprop_reads = INPUT
    among_tokens = True
    depth = 2

    heads: Positive = Field(description="attentions side by side, each on its share of the features")
    key_dim: Positive | None = Field(None, description="features of each head; the input's, divided by the heads")
    bias: bool = Field(True, description="whether the four projections have biases")
    dropout: Rate = Field(0.0, description="share of the attention weights dropped while training")
    relative_position: Grid | None = Field(None, description="window [h, w] whose relative positions have biases")
    map: Grid | None = Field(None, description="with `shift`: the map [h, w] that was cut into the windows")
    shift: Shift = Field(0, description="by how much the map was rolled before; masks what does not belong together")

    @property
    def shifts(self) -> tuple[int, int]:
        return (self.shift, self.shift) if isinstance(self.shift, int) else self.shift

    def _axes(self, inputs: Sequence[Shape]) -> tuple[Shape, Dim, int, Dim, int]:
        """Axes before the tokens, then tokens and features of the queries and of the context."""
        for x in inputs:
            if len(x) < 2:
                raise Misfit(codes.WrongRank, wanted="[…, tokens, features]", shape=show(x))
        x, context = inputs[0], inputs[-1]
        if x[:-2] != context[:-2]:
            wanted = f"[{', '.join([*(str(dim) for dim in x[:-2]), 'tokens', 'features'])}]"
            raise Misfit(codes.WrongRank, argument="context", wanted=wanted, shape=show(context))
        return x[:-2], x[-2], known(x[-1], "the features"), context[-2], known(context[-1], "the features")

    def size(self, *inputs: Shape) -> int:
        """Features of each head."""
        width = known(inputs[0][-1], "the features")
        if self.key_dim is None and width % self.heads:
            raise Misfit(
                codes.IndivisibleChannels,
                argument="heads",
                what="heads",
                divisor=self.heads,
                whole="the features",
                size=str(width),
            )
        return self.key_dim or width // self.heads

    def _check_windows(self, inputs: Sequence[Shape]) -> None:
        if not any(self.shifts) and self.relative_position is None:
            return
        for argument in ("relative_position", "map") if any(self.shifts) else ():
            if getattr(self, argument) is None:
                raise Misfit(codes.NeedsArgument, argument="shift", given="shift", missing=argument)
        assert self.relative_position is not None
        h, w = self.relative_position
        for x in inputs:
            if (tokens := known(x[-2], "the tokens")) != h * w:
                self._mismatch("relative_position", f"{h} by {w} tokens in a window", str(tokens), x)
        if any(self.shifts):
            assert self.map is not None
            self._check_map(self.map, (h, w), inputs[0])

    def _check_map(self, map: tuple[int, int], window: tuple[int, int], x: Shape) -> None:
        for n, size in zip(map, window, strict=True):
            if n % size:
                raise Misfit(codes.IndivisibleMap, argument="map", what="the window", divisor=size, shape=show(map))
        if any(shift >= size for shift, size in zip(self.shifts, window, strict=True)):
            wanted = f"a shift smaller than the window, {show(window)}"
            self._mismatch("shift", wanted, show(self.shifts), x)
        if len(x) < 3:
            raise Misfit(codes.WrongRank, argument="shift", wanted="[windows, tokens, features]", shape=show(x))
        windows = (map[0] // window[0]) * (map[1] // window[1])
        if (given := known(x[-3], "the windows")) != windows:
            self._mismatch("map", f"{windows} windows", str(given), x)

    @staticmethod
    def _mismatch(argument: str, wanted: str, given: str, x: Shape) -> None:
        raise Misfit(codes.WindowMismatch, argument=argument, wanted=wanted, given=given, input=show(x))

    def shape(self, *inputs: Shape) -> Shape:
        self._axes(inputs)
        self.size(*inputs)
        self._check_windows(inputs)
        return inputs[0]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        _, _, width, _, width2 = self._axes(inputs)
        heads, size = self.heads, self.size(*inputs)
        found: list[Weight] = []
        if self.relative_position is not None:
            h, w = self.relative_position
            found.append(Weight("relative_position_bias", ((2 * h - 1) * (2 * w - 1), heads), self.trainable))
        for part, features in (("query", width), ("key", width2), ("value", width2)):
            found.append(Weight(f"{part}/kernel", (features, heads, size), self.trainable))
            found += [Weight(f"{part}/bias", (heads, size), self.trainable)] * self.bias
        found.append(Weight("attention_output/kernel", (heads, size, width), self.trainable))
        found += [Weight("attention_output/bias", (width,), self.trainable)] * self.bias
        return tuple(found)

    def macs(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        """The four projections, ``q k^T`` and the weighted sum of values."""
        before, n, width, m, width2 = self._axes(inputs)
        inner = self.heads * self.size(*inputs)
        return elements(before) * inner * (2 * n * width + 2 * m * width2 + 2 * n * m)

    def activations(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        """Queries, keys, values, logits, weighted values and the output."""
        before, n, width, m, _ = self._axes(inputs)
        inner = self.heads * self.size(*inputs)
        return elements(before) * (2 * n * inner + 2 * m * inner + self.heads * n * m + n * width)

    def between(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        """Queries, keys, values, attention weights and weighted values."""
        return self.activations(inputs, output) - elements(output)

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return (*(SAME,) * (len(output) - 2), WHOLE, WHOLE)
