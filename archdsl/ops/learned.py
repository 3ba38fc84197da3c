"""Learned values that join the flow: a token, a position, a scale."""

from typing import Annotated, Literal

from pydantic import Field

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, show
from archdsl.ops.axes import known_channels
from archdsl.ops.base import INPUT, Misfit, Positive, Wanted, Weight, Weighted, known, spatial_rank
from archdsl.ops.init import Init


class ClassToken(Weighted):
    """Puts learned tokens before the sequence: BERT's and ViT's class token, DeiT's second, or registers.

    ViT: Dosovitskiy et al. 2020, arXiv:2010.11929. Registers: Darcet et al. 2023, arXiv:2309.16588.
    """

    name = "class_token"
    family = "learned"
    aliases = ("cls_token", "ClassToken", "cls", "register_tokens", "dist_token")
    positional = ("count",)
    keras = "archdsl's ClassToken"
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
    keras = "archdsl's PositionEmbedding"
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


class Scale(Weighted):
    """Multiplies each channel by a learned factor, and adds a learned bias if told to.

    LayerScale (CaiT, Touvron et al. 2021, arXiv:2103.17239; ConvNeXt) is ``scale(1e-6)`` at the end of a residual
    branch, ReZero (Bachlechner et al. 2020) ``scale(0.0, per="tensor")``, ResMLP's affine ``scale(1.0, bias=true)``.
    """

    name = "scale"
    family = "learned"
    aliases = ("LayerScale", "layer_scale", "gamma", "affine", "Affine", "rezero")
    positional = ("value",)
    keras = "DepthwiseConv2D of one place on [h, w, c], otherwise archdsl's Scale"
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
