"""Activation functions, applied to each element; ``softmax`` to each vector along an axis."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from archdsl.graph.dims import Shape
from archdsl.ops.axes import Axis, axis_index, known_channels
from archdsl.ops.base import INPUT, OUTPUT, Op, Wanted, Weight, Weighted, known
from archdsl.ops.init import Init
from archdsl.ops.reach import SAME, WHOLE, Sight


class _Activation(Op):
    """Base of activations without weights: the shape stays, and the output is not negative where the input is not."""

    family = "activation"
    elementwise = True
    backprop_reads = OUTPUT
    keeps_sign = True


class Relu(_Activation):
    """Rectified linear unit: ``max(x, 0)`` (Nair & Hinton 2010)."""

    name = "relu"
    aliases = ("ReLU", "Relu", "rectifier")
    nonnegative = True
    example = "[56, 56, 64] -> [56, 56, 64]: relu"


class Relu6(_Activation):
    """ReLU that stops at 6: ``min(max(x, 0), 6)``, robust in low precision (MobileNet, Howard et al. 2017)."""

    name = "relu6"
    aliases = ("ReLU6",)
    nonnegative = True
    example = "[56, 56, 32] -> [56, 56, 32]: relu6"


class LeakyRelu(_Activation):
    """``x`` above zero and ``slope * x`` below (Maas et al. 2013). Darknet's slope is 0.1; Keras's default is 0.3."""

    name = "leaky_relu"
    aliases = ("LeakyReLU", "LeakyRelu", "leakyrelu", "lrelu")
    positional = ("slope",)
    example = "[52, 52, 128] -> [52, 52, 128]: leaky_relu(0.1)"

    slope: float = Field(0.01, ge=0, le=1, description="slope below zero")


class Prelu(Weighted):
    """Leaky ReLU whose slopes are learned (He et al. 2015, arXiv:1502.01852)."""

    name = "prelu"
    family = "activation"
    keeps_sign = True
    aliases = ("PReLU", "PRelu", "parametric_relu")
    positional = ("per",)
    example = "[56, 56, 64] -> [56, 56, 64]: prelu"
    elementwise = True
    backprop_reads = INPUT

    per: Literal["channel", "tensor", "element"] = Field(
        "channel", description="what shares a slope: a channel, the whole tensor, or nothing (Keras's default)"
    )
    init: Init = Field(Init(kind="constant", values=(0.25,)), description="how the slopes start; the paper's 0.25")
    bias_init: Annotated[None, Wanted("left out")] = Field(None, description="unused: there is no bias")

    def shape(self, *inputs: Shape) -> Shape:
        self.weights(*inputs)  # whose size must be known
        return inputs[0]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        if self.per == "element":
            slopes = tuple(known(dim, "every dimension") for dim in x)
        else:
            slopes = (*(1 for _ in x[:-1]), known_channels(x) if self.per == "channel" else 1)
        return (Weight("alpha", slopes, self.trainable),)


class Elu(_Activation):
    """Exponential linear unit: ``x`` above zero, ``alpha * (exp(x) - 1)`` below (Clevert et al. 2015)."""

    name = "elu"
    aliases = ("ELU", "Elu")
    positional = ("alpha",)
    example = "[32, 32, 64] -> [32, 32, 64]: elu"

    alpha: float = Field(1.0, ge=0, le=1000, description="minus the limit far below zero")


class Gelu(_Activation):
    """``x * P(X <= x)`` with X standard normal (Hendrycks & Gimpel 2016, arXiv:1606.08415).

    With ``approximate``: ``0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))``, as in BERT and Flax's ViT.
    """

    name = "gelu"
    aliases = ("GELU", "GeLU", "Gelu", "gelu_tanh")
    example = "[197, 768] -> [197, 768]: gelu"
    backprop_reads = INPUT

    approximate: bool = Field(False, description="whether tanh stands in for the normal distribution")


class QuickGelu(_Activation):
    """``x * sigmoid(1.702 * x)``, an approximation of GELU (Hendrycks & Gimpel 2016, arXiv:1606.08415), as in CLIP."""

    name = "quick_gelu"
    aliases = ("QuickGELU", "QuickGelu")
    example = "[197, 768] -> [197, 768]: quick_gelu"
    backprop_reads = INPUT


class Silu(_Activation):
    """``x * sigmoid(x)``, also known as Swish (Ramachandran et al. 2017, arXiv:1710.05941)."""

    name = "silu"
    aliases = ("swish", "Swish", "SiLU", "Silu")
    example = "[112, 112, 32] -> [112, 112, 32]: silu"
    backprop_reads = INPUT


class HardSilu(_Activation):
    """``x * hard_sigmoid(x)``, also known as hard-swish (MobileNetV3, Howard et al. 2019, arXiv:1905.02244)."""

    name = "hard_silu"
    aliases = (
        *("hard_swish", "hardswish", "h_swish", "hswish", "HardSwish", "Hardswish"),
        *("HardSiLU", "hardsilu"),
    )
    example = "[112, 112, 16] -> [112, 112, 16]: hard_silu"
    backprop_reads = INPUT


class HardSigmoid(_Activation):
    """``relu6(x + 3) / 6``, as in MobileNetV3, PyTorch and Keras 3; Keras 2 had ``0.2 * x + 0.5``."""

    name = "hard_sigmoid"
    aliases = ("hardsigmoid", "h_sigmoid", "hsigmoid", "HardSigmoid", "Hardsigmoid")
    nonnegative = True
    example = "[1, 1, 96] -> [1, 1, 96]: hard_sigmoid"
    backprop_reads = INPUT


class Sigmoid(_Activation):
    """``1 / (1 + exp(-x))``: gates, and independent probabilities for each class."""

    name = "sigmoid"
    aliases = ("Sigmoid", "logistic")
    nonnegative = True
    example = "[1, 1, 96] -> [1, 1, 96]: sigmoid"


class Tanh(_Activation):
    """Hyperbolic tangent, between -1 and 1."""

    name = "tanh"
    aliases = ("Tanh",)
    example = "[28, 28, 6] -> [28, 28, 6]: tanh"


class Softmax(_Activation):
    """``exp(x) / sum(exp(x))`` along an axis: probabilities of classes that exclude each other, attention weights."""

    name = "softmax"
    aliases = ("Softmax", "SoftMax")
    positional = ("axis",)
    nonnegative = True
    example = "[1000] -> [1000]: softmax"

    axis: Axis = Field(-1, description="axis that sums to 1; 0 is the first after the batch, -1 the channels")

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        axis_index(self.axis, x)
        return x

    def reach(self, inputs: Sequence[Shape], output: Shape) -> tuple[Sight, ...]:
        axis = axis_index(self.axis, output)
        return tuple(WHOLE if index == axis else SAME for index in range(len(output)))


class Softplus(_Activation):
    """``log(1 + exp(x))``: a smooth ReLU."""

    name = "softplus"
    aliases = ("Softplus", "SoftPlus")
    nonnegative = True
    example = "[32, 32, 64] -> [32, 32, 64]: softplus"
    backprop_reads = INPUT


class Mish(_Activation):
    """``x * tanh(softplus(x))`` (Misra 2019, arXiv:1908.08681), as in YOLOv4."""

    name = "mish"
    aliases = ("Mish",)
    example = "[52, 52, 128] -> [52, 52, 128]: mish"
    backprop_reads = INPUT
