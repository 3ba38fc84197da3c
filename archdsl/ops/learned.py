"""Learned values that join the flow: a token, a position, a scale."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Dim, Shape, show
from archdsl.ops.axes import known_channels
from archdsl.ops.base import INPUT, Misfit, OverPlaces, Positive, Wanted, Weight, Weighted, known, spatial_rank
from archdsl.ops.init import Init
from archdsl.ops.reach import SAME, Layout, Sight


class ClassToken(Weighted):
    """Puts learned tokens before the sequence: BERT's and ViT's class token, DeiT's second, or registers.

    ViT: Dosovitskiy et al. 2020, arXiv:2010.11929. Registers: Darcet et al. 2023, arXiv:2309.16588.
    """

    name = "class_token"
    family = "learned"
    aliases = ("cls_token", "ClassToken", "cls", "register_tokens", "dist_token")
    positional = ("count",)
    example = "[196, 768] -> [197, 768]: class_token"

    count: Positive = Field(1, description="how many tokens")
    init: Init = Field(Init(kind="zeros"), description="how the tokens start")
    bias_init: Annotated[None, Wanted("left out")] = Field(None, description="unused: there is no bias")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 2:
            raise Misfit(codes.WrongRank, wanted="[n, c]", shape=show(x))
        return (x[0] + self.count, known_channels(x))

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        return (Weight("tokens", (self.count, known_channels(x)), self.trainable),)


class PositionEmbedding(Weighted):
    """Adds a learned vector to each place of a sequence or map, so that attention can tell them apart.

    One table over all places, as in ViT (Dosovitskiy et al. 2020, arXiv:2010.11929); hence the size must be known.
    """

    name = "position_embedding"
    family = "learned"
    aliases = (
        *("pos_embed", "PositionEmbedding", "position_embeddings", "positional_embedding", "positional_encoding"),
    )
    example = "[197, 768] -> [197, 768]: position_embedding"
    elementwise = True
    shares_gradient = True

    init: Init = Field(Init(kind="truncated_normal", values=(0.02,)), description="how the table starts")
    bias_init: Annotated[None, Wanted("left out")] = Field(None, description="unused: there is no bias")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        spatial_rank(x)
        self.weights(x)  # whose size must be known
        return x

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        table = tuple(known(dim, "every dimension") for dim in x)
        return (Weight("embeddings", table, self.trainable),)

    def lies_over(self, weight: str, *inputs: Shape) -> OverPlaces | None:
        (x,) = inputs
        grid = tuple(known(dim, "every dimension") for dim in x[:-1])
        return OverPlaces(grid, is_joined=False) if len(grid) > 1 else OverPlaces((), is_joined=True)


class Scale(Weighted):
    """Multiplies each channel by a learned factor, and adds a learned bias if told to.

    LayerScale (CaiT, Touvron et al. 2021, arXiv:2103.17239; ConvNeXt) is ``scale(1e-6)`` at the end of a residual
    branch, ReZero (Bachlechner et al. 2020) ``scale(0.0, per="tensor")``, ResMLP's affine ``scale(1.0, bias=true)``.
    """

    name = "scale"
    family = "learned"
    aliases = ("LayerScale", "layer_scale", "gamma", "affine", "Affine", "rezero")
    positional = ("value",)
    example = "[56, 56, 96] -> [56, 56, 96]: scale(1e-6)"
    elementwise = True
    backprop_reads = INPUT

    value: float = Field(1e-6, description="what the factors start with")
    per: Literal["channel", "tensor"] = Field(
        "channel", description="whether each channel has a factor, or all share one"
    )
    bias: bool = Field(False, description="whether a bias is added after, of the shape of the factors")
    init: Init | None = Field(None, description="how the factors start; at `value` when not given")

    def shape(self, *inputs: Shape) -> Shape:
        self.weights(*inputs)  # whose size must be known
        return inputs[0]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        size = (known_channels(x),) if self.per == "channel" else ()
        bias = (Weight("bias", size, self.trainable),) if self.bias else ()
        return (Weight("gamma", size, self.trainable), *bias)


class Embedding(Weighted):
    """Replaces each number by a row of a table: words or codes by vectors (Bengio et al. 2003).

    What flows in are whole numbers from 0 to ``vocabulary - 1``; an input of the model that only such ops read is one
    of integers. The table is the op's own, of ``vocabulary`` rows, or the tensor ``rows`` of shape ``[vocabulary,
    width]``, so that another step may use its weights too: GPT-2's logits are products with the rows of the table that
    it begins with (Press & Wolf 2017, arXiv:1608.05859).
    """

    name = "embedding"
    family = "learned"
    aliases = ("Embedding", "nn.Embedding", "EmbeddingBag", "token_embedding", "lookup")
    positional = ("vocabulary", "width")
    tensors = ("rows",)
    arity = (1, 2)
    example = "[1024] -> [1024, 768]: embedding(50_257, 768)"
    backprop_reads = INPUT

    vocabulary: Positive | None = Field(None, description="how many rows the op's own table has")
    width: Positive | None = Field(None, description="how many features a row of it has")
    init: Init | None = Field(None, description="how the table starts; uniform between -0.05 and 0.05 when not given")
    bias_init: Annotated[None, Wanted("left out")] = Field(None, description="unused: there is no bias")

    def _table(self, inputs: Sequence[Shape]) -> tuple[Dim, Dim]:
        rows = inputs[1:]
        if not rows:
            if self.vocabulary is None or self.width is None:
                reason = "needs a vocabulary and a width, or `rows`"
                raise Misfit(
                    codes.NoRows, reason=reason, help=("as in `embedding(1000, 64)` or `embedding(rows=wte)`",)
                )
            return self.vocabulary, self.width
        if self.vocabulary is not None or self.width is not None:
            reason = "has a vocabulary or a width besides `rows`, which has both"
            raise Misfit(codes.NoRows, argument="rows", reason=reason)
        (table,) = rows
        if len(table) != 2:
            raise Misfit(
                codes.NoRows, argument="rows", reason=f"takes `rows` of [vocabulary, width], not {show(table)}"
            )
        return table[0], table[1]

    def shape(self, *inputs: Shape) -> Shape:
        return (*inputs[0], self._table(inputs)[1])

    def looks_up(self, *inputs: Shape) -> Dim | None:
        return self._table(inputs)[0]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        vocabulary, width = self._table(inputs)
        return (Weight("embeddings", (vocabulary, width), self.trainable),) if len(inputs) == 1 else ()  # type: ignore[arg-type]  # numbers, as arguments are

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        return (SAME,) * len(inputs[0])

    def carry(self, layout: Layout, inputs: Sequence[Shape], output: Shape) -> Layout:
        return (*layout, frozenset())
