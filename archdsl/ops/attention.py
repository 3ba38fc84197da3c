"""Multi-head attention over tokens, within windows or over all of them."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, elements, show
from archdsl.ops.base import INPUT, Misfit, OverPlaces, Positive, Rate, Wanted, Weight, Weighted, known
from archdsl.ops.init import Init
from archdsl.ops.reach import SAME, WHOLE, Sight
from archdsl.ops.windows import Grid, Shift, check_windows

Projection = Literal["query", "key", "value", "output", "talking"]
Biases = Annotated[
    bool | tuple[Projection, ...],
    Wanted('a bool, or a list of those that have one: "query", "key", "value", "output", "talking"'),
]
Places = Annotated[
    Annotated[tuple[Positive, ...], Field(min_length=1, max_length=3)],
    Wanted("a list with the size of each dimension of the places: [tokens] or [height, width]"),
]
LogitScale = Annotated[float | Literal["learned"], Wanted('a number, or "learned"')]


class Tokens(NamedTuple):
    """The input sizes. Keys and values have the same number of tokens."""

    before: Shape
    queries: Dim
    width: int
    keys: Dim
    key_width: int
    value_width: int


class Attention(Weighted):
    """Multi-head attention, ``softmax(q k^T / sqrt(key_dim)) v`` in each head (Vaswani et al. 2017, arXiv:1706.03762).

    The tokens are the last axis but one, ``[n, c]``; axes before it, such as windows, do not see each other. Queries
    come from the flow; keys and values too, or else from ``context``, which is ``[m, c2]`` with the same axes before.
    Where values come from another tensor than keys, it is ``values``. ``logit_bias`` is added to the logits,
    ``[…, heads, n, m]``: a mask of 0 and -1e9, or a bias of positions. It may lack axes in front, and have size 1 along
    any. ``causal`` hides from each token those after it.

    Queries and keys may be normalised in each head: by ``layer_norm`` or ``rms_norm`` over its features, with weights
    that all heads share (Dehghani et al. 2023, arXiv:2302.05442), or to length 1 (``qk_norm="l2"``). With
    ``scale="learned"`` the logits are multiplied by ``exp(min(logit_scale, ln 100))``, a weight for each head that
    starts at ln 10 (Swin V2, Liu et al. 2022, arXiv:2111.09883); with another ``scale`` by that number.
    ``talking_heads`` mixes the heads by a linear layer before the softmax and by another after it (Shazeer et al. 2020,
    arXiv:2003.02436; CaiT). With ``kv_heads`` neighbouring heads share keys and values (Ainslie et al. 2023,
    arXiv:2305.13245): ``heads / kv_heads`` each.

    With ``rotary=[n]`` or ``[h, w]`` queries and keys are turned by angles that grow with their place (RoPE, Su et al.
    2021, arXiv:2104.09864), row by row; tokens before those of the places, such as a class token, stay as they are. The
    ``key_dim / 2`` pairs of features are shared out among the dimensions in order, first those of the rows; of ``p``
    pairs, pair ``j`` turns by ``place * rotary_base ** (-j / p)``: ``(a, b)`` becomes ``(a cos - b sin, b cos + a
    sin)``. Pairs are neighbours, 2i and 2i + 1 ("interleaved": the paper, EVA-02), or ``i`` and ``i + key_dim / 2``
    ("halves": LLaMA in Hugging Face's form).

    With ``relative_position=[h, w]`` the tokens are a window of ``h`` by ``w``, row by row, and each head adds to its
    logits a learned number for each difference of places (Swin, Liu et al. 2021, arXiv:2103.14030). ``shift`` says by
    how much ``map`` was rolled up and left before it was cut into these windows: tokens that were brought together
    from opposite edges then get -100 on their logits, as in the authors' code. A shift of 0 masks nothing.

    MACs, for ``n`` queries of ``c`` features, ``m`` keys of ``c2`` and ``d = heads * key_dim``: ``2 n c d`` for the
    queries' and the output's projection, ``2 m c2 d`` for keys and values, ``2 n m d`` for the products, and with
    talking heads ``2 n m heads ** 2``.
    """

    name = "attention"
    family = "linear"
    kind = "attention"
    aliases = (
        "MultiHeadAttention",
        "MultiheadAttention",
        "GroupQueryAttention",
        "mha",
        "msa",
        "self_attention",
        "multi_head_attention",
    )
    absent: ClassVar[Mapping[str, str]] = {
        "mask": "`logit_bias=` takes a tensor of 0 and -1e9; `causal=true` hides what comes later",
        "attn_mask": "`logit_bias=` takes a tensor of 0 and -1e9; `causal=true` hides what comes later",
        "qkv_bias": 'without it, `bias=["output"]`',
        "temperature": '`scale="learned"`',
    }
    positional = ("heads", "key_dim")
    tensors = ("context", "values", "logit_bias")
    stands_for: ClassVar[Mapping[str, int]] = {"context": 0, "values": 1}
    only_with: ClassVar[Mapping[str, str]] = {"map": "shift"}
    arity = (1, 4)
    example = "[197, 768] -> [197, 768]: attention(12)"
    backprop_reads = INPUT
    among_tokens = True
    depth = 2

    heads: Positive = Field(description="attentions side by side, each on its share of the features")
    key_dim: Positive | None = Field(None, description="features of each head; the input's, divided by the heads")
    value_dim: Positive | None = Field(None, description="features of each head's values; `key_dim`")
    units: Positive | None = Field(None, description="features of the output; the input's")
    kv_heads: Positive | None = Field(None, description="heads of keys and values, a divisor of `heads`; `heads`")
    bias: Biases = Field(True, description="whether the projections have biases, or which of them")
    scale: LogitScale | None = Field(None, description="factor of the logits; `1 / sqrt(key_dim)`")
    qk_norm: Literal["layer", "rms", "l2"] | None = Field(None, description="how queries and keys are normalised")
    causal: bool = Field(False, description="whether a token sees only itself and those before it")
    talking_heads: bool = Field(False, description="whether heads are mixed before and after the softmax")
    rotary: Places | None = Field(None, description="places [tokens] or [h, w] by which queries and keys turn")
    rotary_base: float = Field(10_000.0, gt=1, description="with `rotary`: how much slower the last pair would turn")
    rotary_pairs: Literal["interleaved", "halves"] = Field(
        "interleaved", description="with `rotary`: which features make a pair"
    )
    dropout: Rate = Field(0.0, description="share of the attention weights dropped while training")
    relative_position: Grid | None = Field(None, description="window [h, w] whose relative positions have biases")
    map: Grid | None = Field(None, description="with `shift`: the map [h, w] that was cut into the windows")
    shift: Shift = Field(0, description="by how much the map was rolled before; masks what does not belong together")

    @property
    def shifts(self) -> tuple[int, int]:
        return (self.shift, self.shift) if isinstance(self.shift, int) else self.shift

    @property
    def groups(self) -> int:
        """The number of heads of keys and values."""
        return self.kv_heads or self.heads

    @property
    def queries_apart(self) -> bool:  # type: ignore[override]  # of other ops it does not depend on arguments
        """Whether queries are independent of their position: neither a mask nor a position enters the logits."""
        return not (self.causal or self.rotary or self.relative_position or self.shift)

    def has_bias(self, part: Projection) -> bool:
        return self.bias if isinstance(self.bias, bool) else part in self.bias

    def size(self, *inputs: Shape) -> int:
        """The features of each head's queries and keys."""
        width = known(inputs[0][-1], "the features")
        if self.key_dim is None and width % self.heads:
            raise _indivisible("heads", self.heads, "the features", width)
        return self.key_dim or width // self.heads

    def unturned(self, *inputs: Shape) -> int:
        """The number of leading tokens that ``rotary`` does not rotate."""
        return known(inputs[0][-2], "the tokens") - prod(self.rotary or ())

    def _tokens(self, inputs: Sequence[Shape]) -> Tokens:
        for x in inputs[:3]:
            if len(x) < 2:
                raise Misfit(codes.WrongRank, wanted="[…, tokens, features]", shape=show(x))
        x, context, values = inputs[0], inputs[min(1, len(inputs) - 1)], inputs[min(2, len(inputs) - 1)]
        for argument, other, tokens in (("context", context, "tokens"), ("values", values, str(context[-2]))):
            if x[:-2] != other[:-2] or (argument == "values" and other[-2] != context[-2]):
                wanted = f"[{', '.join([*(str(dim) for dim in x[:-2]), tokens, 'features'])}]"
                raise Misfit(codes.WrongRank, argument=argument, wanted=wanted, shape=show(other))
        widths = (known(each[-1], "the features") for each in (x, context, values))
        width, key_width, value_width = widths
        return Tokens(x[:-2], x[-2], width, context[-2], key_width, value_width)

    def _check(self, inputs: Sequence[Shape], tokens: Tokens, size: int) -> None:
        if self.heads % self.groups:
            raise _indivisible("kv_heads", self.groups, "the heads", self.heads)
        for argument in ("causal", "rotary"):
            if getattr(self, argument) and tokens.queries != tokens.keys:
                self._cannot(argument, inputs, f"{tokens.queries} queries and {tokens.keys} keys have other places")
        if self.rotary is not None:
            share = 2 * len(self.rotary)
            if size % share:
                raise _indivisible("rotary", share, "the features of a head", size, what="twice the dimensions")
            if self.unturned(*inputs) < 0:
                self._cannot("rotary", inputs, f"there are {prod(self.rotary)} places for {tokens.queries} tokens")
        check_windows(self.relative_position, self.map, self.shifts, inputs[:2])
        if len(inputs) > 3:
            logits = (*tokens.before, self.heads, tokens.queries, tokens.keys)
            added = inputs[3]
            fits = zip(reversed(added), reversed(logits), strict=False)
            if len(added) > len(logits) or any(a not in (1, b) for a, b in fits):
                self._cannot("logit_bias", (added,), f"the logits are {show(logits)}")

    def _cannot(self, argument: str, inputs: Sequence[Shape], reason: str) -> None:
        shapes = " and ".join(map(show, dict.fromkeys(inputs[:2])))
        raise Misfit(codes.SizeMismatch, argument=argument, wanted=_WANTED[argument], shape=shapes, reason=reason)

    def shape(self, *inputs: Shape) -> Shape:
        tokens, size = self._tokens(inputs), self.size(*inputs)
        self._check(inputs, tokens, size)
        return (*inputs[0][:-1], self.units or tokens.width)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        tokens, size = self._tokens(inputs), self.size(*inputs)
        heads, value_size, units = self.heads, self.value_dim or size, self.units or tokens.width
        found: list[tuple[str, tuple[int, ...]]] = []

        def project(part: Projection, name: str, kernel: tuple[int, ...], bias: tuple[int, ...]) -> None:
            found.append((f"{name}/kernel", kernel))
            found.extend([(f"{name}/bias", bias)] if self.has_bias(part) else [])

        if self.relative_position is not None:
            h, w = self.relative_position
            found.append(("relative_position_bias", ((2 * h - 1) * (2 * w - 1), heads)))
        if self.scale == "learned":
            found.append(("logit_scale", (heads,)))
        project("query", "query", (tokens.width, heads, size), (heads, size))
        project("key", "key", (tokens.key_width, self.groups, size), (self.groups, size))
        project("value", "value", (tokens.value_width, self.groups, value_size), (self.groups, value_size))
        project("output", "attention_output", (heads, value_size, units), (units,))
        norms = {"layer": ("gamma", "beta"), "rms": ("scale",)}.get(self.qk_norm or "", ())
        found += [(f"{part}_norm/{name}", (size,)) for part in ("query", "key") for name in norms]
        for place in ("logits", "weights") if self.talking_heads else ():
            project("talking", f"talking_{place}", (heads, heads), (heads,))
        return tuple(Weight(name, shape, self.trainable) for name, shape in found)

    def start(self, weight: str) -> Init | None:
        return super().start(weight) if weight.endswith(("/kernel", "/bias")) else None

    def lies_over(self, weight: str, *inputs: Shape) -> OverPlaces | None:
        if weight != "relative_position_bias" or self.relative_position is None:
            return None
        height, width = self.relative_position
        return OverPlaces((2 * height - 1, 2 * width - 1), is_joined=True)

    def macs(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        """The four projections, ``q k^T``, the weighted sum of values, and talking heads."""
        before, n, width, m, key_width, value_width = self._tokens(inputs)
        size = self.size(*inputs)
        value_size, units = self.value_dim or size, self.units or width
        projections = n * self.heads * (width * size + value_size * units)
        projections = projections + m * self.groups * (key_width * size + value_width * value_size)
        talk = 2 * self.heads if self.talking_heads else 0
        return elements(before) * (projections + n * m * self.heads * (size + value_size + talk))

    def activations(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        """Queries, keys, values, logits, outputs of talking heads, weighted values and the output."""
        before, n, width, m, *_ = self._tokens(inputs)
        size = self.size(*inputs)
        value_size, units = self.value_dim or size, self.units or width
        logits = 3 if self.talking_heads else 1
        heads = n * self.heads * (size + value_size) + m * self.groups * (size + value_size)
        return elements(before) * (heads + logits * self.heads * n * m + n * units)

    def between(self, inputs: Sequence[Shape], output: Shape) -> Dim:
        """Queries, keys, values, attention weights and weighted values; queries and keys before their norm, too."""
        kept = self.activations(inputs, output) - elements(output)
        if self.qk_norm is None:
            return kept
        before, n, _, m, *_ = self._tokens(inputs)
        return kept + elements(before) * self.size(*inputs) * (n * self.heads + m * self.groups)

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return (*(SAME,) * (len(output) - 2), WHOLE, WHOLE)


_WANTED = {
    "causal": "a causal mask",
    "rotary": "rotary positions",
    "logit_bias": "a bias of the logits",
}


def _indivisible(argument: str, divisor: int, whole: str, size: int, what: str = "") -> Misfit:
    return Misfit(
        codes.IndivisibleChannels,
        argument=argument,
        what=what or argument,
        divisor=divisor,
        whole=whole,
        size=str(size),
    )
