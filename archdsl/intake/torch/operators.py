"""Layers and functions of ATen in operators of ONNX: a function each."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.program import Constant
from archdsl.intake.torch.call import Call, Tensor, reads

# --- layers -----------------------------------------------------------------------------------------------------------


@reads("conv1d", "conv2d", "conv3d", "convolution")
def conv(call: Call) -> Tensor:
    rank = len(call.shape("weight")) - 2
    padding = call["padding"]
    attributes: dict[str, Any] = {}
    if isinstance(padding, str):
        attributes["auto_pad"] = {"same": "SAME_UPPER", "valid": "VALID"}[padding]
    else:
        attributes["pads"] = call.pairs("padding", rank) * 2
    if call["transposed"]:
        attributes["output_padding"] = call.pairs("output_padding", rank)
    return call.emit(
        "ConvTranspose" if call["transposed"] else "Conv",
        call["input"],
        call["weight"],
        call["bias"],
        strides=call.pairs("stride", rank),
        dilations=call.pairs("dilation", rank),
        group=call["groups"],
        **attributes,
    )


@reads("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def conv_transpose(call: Call) -> Tensor:
    call.given["transposed"] = True
    return conv(call)


@reads("batch_norm")
def batch_norm(call: Call) -> Tensor:
    if call["training"]:
        raise Unsupported("it is in training mode")
    channels = call.shape("input")[1]
    weight, bias = (_filled(call, name, value, channels) for name, value in (("weight", 1.0), ("bias", 0.0)))
    return call.emit(
        "BatchNormalization",
        call["input"],
        weight,
        bias,
        call["running_mean"],
        call["running_var"],
        epsilon=call["eps"],
        momentum=1 - call["momentum"],
    )


def _filled(call: Call, name: str, value: float, size: int) -> str:
    """A weight, or as many equal numbers where there is none."""
    if call[name] is not None:
        return str(call[name])
    made = call.number(value)
    call.program.constants[made] = Constant(np.full(size, value, np.float32))
    return made


@reads("layer_norm")
def layer_norm(call: Call) -> Tensor:
    return call.emit(
        "LayerNormalization",
        call["input"],
        call["weight"],
        call["bias"],
        axis=-len(call["normalized_shape"]),
        epsilon=call["eps"],
    )


@reads("rms_norm")
def rms_norm(call: Call) -> Tensor:
    eps = call["eps"] if call["eps"] is not None else float(np.finfo(np.float32).eps)
    return call.emit("RMSNormalization", call["input"], call["weight"], axis=-1, epsilon=eps)


@reads("group_norm")
def group_norm(call: Call) -> Tensor:
    channels = call.shape("input")[1]
    weight, bias = (_filled(call, name, value, channels) for name, value in (("weight", 1.0), ("bias", 0.0)))
    return call.emit(
        "GroupNormalization", call["input"], weight, bias, num_groups=call["num_groups"], epsilon=call["eps"]
    )


@reads("linear")
def linear(call: Call) -> Tensor:
    return call.emit("Gemm", call["input"], call["weight"], call["bias"], transB=1)


@reads("addmm")
def addmm(call: Call) -> Tensor:
    return call.emit("Gemm", call["mat1"], call["mat2"], call["self"])


@reads("matmul", "mm", "bmm")
def matmul(call: Call) -> Tensor:
    return call.emit("MatMul", call["self"], call["other"] or call["mat2"])


@reads("einsum")
def einsum(call: Call) -> Tensor:
    return call.emit("Einsum", *call["tensors"], equation=call["equation"])


@reads("scaled_dot_product_attention")
def attention(call: Call) -> Tensor:
    if call["enable_gqa"]:
        raise Unsupported("heads that share keys have no counterpart yet")
    scale = {} if call["scale"] is None else {"scale": call["scale"]}
    inputs = (call["query"], call["key"], call["value"], call["attn_mask"])
    return call.emit("Attention", *inputs, is_causal=int(call["is_causal"]), **scale)


# --- functions of one element -----------------------------------------------------------------------------------------

_PLAIN: Final = {
    "relu": "Relu",
    "relu6": "Relu6",
    "hardswish": "HardSwish",
    "silu": "Silu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "mish": "Mish",
    "softplus": "Softplus",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "abs": "Abs",
    "neg": "Neg",
    "reciprocal": "Reciprocal",
    "sin": "Sin",
    "cos": "Cos",
    "erf": "Erf",
    "floor": "Floor",
    "contiguous": "Identity",
    "clone": "Identity",
    "detach": "Identity",
    "alias": "Identity",
    "to": "Identity",
    "_to_copy": "Identity",
    "type_as": "Identity",
    "lift_fresh_copy": "Identity",
    "dropout": "Identity",
    "feature_dropout": "Identity",
    "alpha_dropout": "Identity",
}


@reads(*_PLAIN)
def plain(call: Call) -> Tensor:
    return call.emit(_PLAIN[call["operator"]], call["self"] if call["self"] is not None else call["input"])


@reads("gelu")
def gelu(call: Call) -> Tensor:
    return call.emit("Gelu", call["self"], approximate=call["approximate"])


@reads("hardsigmoid")
def hardsigmoid(call: Call) -> Tensor:
    return call.emit("HardSigmoid", call["self"], alpha=1 / 6, beta=0.5)


@reads("hardtanh", "clamp")
def clamp(call: Call) -> Tensor:
    low, high = (call[name] if call[name] is not None else call[f"{name}_val"] for name in ("min", "max"))
    return call.emit("Clip", call["self"], low, high)


@reads("clamp_min")
def clamp_min(call: Call) -> Tensor:
    return call.emit("Clip", call["self"], call["min"])


@reads("elu")
def elu(call: Call) -> Tensor:
    return call.emit("Elu", call["self"], alpha=float(call["alpha"]))


@reads("leaky_relu")
def leaky_relu(call: Call) -> Tensor:
    return call.emit("LeakyRelu", call["self"], alpha=float(call["negative_slope"]))


@reads("prelu")
def prelu(call: Call) -> Tensor:
    return call.emit("PRelu", call["self"], call["weight"])


@reads("rsqrt")
def rsqrt(call: Call) -> Tensor:
    return call.emit("Reciprocal", call.emit("Sqrt", call["self"]))


@reads("softmax", "_softmax")
def softmax(call: Call) -> Tensor:
    return call.emit("Softmax", call["self"], axis=call["dim"])


# --- functions of two tensors -----------------------------------------------------------------------------------------


@reads("add", "sub", "rsub")
def add(call: Call) -> Tensor:
    one, other = call["self"], call["other"]
    if call["alpha"] not in (None, 1):
        other = call.emit("Mul", other, call["alpha"])
    if call["operator"].startswith("rsub"):
        return call.emit("Sub", other, one)
    return call.emit("Sub" if call["operator"].startswith("sub") else "Add", one, other)


@reads("addcmul")
def addcmul(call: Call) -> Tensor:
    product = call.emit("Mul", call["tensor1"], call["tensor2"])
    if call["value"] not in (None, 1):
        product = call.emit("Mul", product, call["value"])
    return call.emit("Add", call["self"], product)


_JOINS: Final = {"mul": "Mul", "maximum": "Max", "minimum": "Min"}


@reads(*_JOINS)
def join(call: Call) -> Tensor:
    return call.emit(_JOINS[call["operator"]], call["self"], call["other"])


@reads("div")
def div(call: Call) -> Tensor:
    if call["rounding_mode"] is not None:
        raise Unsupported("a division that rounds has no counterpart")
    return call.emit("Div", call["self"], call["other"])


@reads("pow")
def power(call: Call) -> Tensor:
    return call.emit("Pow", call["self"], call["exponent"])


@reads("square")
def square(call: Call) -> Tensor:
    return call.emit("Mul", call["self"], call["self"])


@reads("cat", "concat")
def cat(call: Call) -> Tensor:
    return call.emit("Concat", *call["tensors"], axis=call["dim"])


@reads("stack")
def stack(call: Call) -> Tensor:
    dim = call["dim"]
    return call.emit("Concat", *(call.emit("Unsqueeze", each, [dim]) for each in call["tensors"]), axis=dim)


# --- windows and reductions -------------------------------------------------------------------------------------------


@reads("max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d")
def pool(call: Call) -> Tensor:
    rank = len(call.shape()) - 2
    kernel = call.pairs("kernel_size", rank)
    attributes: dict[str, Any] = {
        "kernel_shape": kernel,
        "strides": call.pairs("stride", rank) if call["stride"] else kernel,
        "pads": call.pairs("padding", rank) * 2,
        "ceil_mode": int(call["ceil_mode"]),
    }
    if call["operator"].startswith("max"):
        return call.emit("MaxPool", call["self"], dilations=call.pairs("dilation", rank), **attributes)
    if call["divisor_override"] is not None:
        raise Unsupported("divisor_override has no counterpart")
    return call.emit("AveragePool", call["self"], count_include_pad=int(call["count_include_pad"]), **attributes)


@reads("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d")
def adaptive(call: Call) -> Tensor:
    sizes = call.shape()[2:]
    wanted = [n if m is None else m for n, m in zip(sizes, call.pairs("output_size", len(sizes)), strict=True)]
    if all(size == 1 for size in wanted):
        return call.emit("ReduceMean", call["self"], [*range(2, len(call.shape()))], keepdims=1)
    return call.emit("AdaptiveAveragePool", call["self"], size=tuple(wanted))


@reads("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")
def adaptive_max(call: Call) -> Tensor:
    places = [*range(2, len(call.shape()))]
    if any(n != 1 for n in call.pairs("output_size", len(places))):
        raise Unsupported("an adaptive pooling by the largest, to more than one place, has no counterpart")
    return (call.emit("ReduceMax", call["self"], places, keepdims=1),)


_REDUCTIONS: Final = {"mean": "ReduceMean", "sum": "ReduceSum", "amax": "ReduceMax", "amin": "ReduceMin"}


@reads(*_REDUCTIONS)
def reduce(call: Call) -> Tensor:
    dims = call["dim"]
    listed = [*range(len(call.shape()))] if dims in (None, []) else [dims] if isinstance(dims, int) else [*dims]
    return call.emit(_REDUCTIONS[call["operator"]], call["self"], listed, keepdims=int(bool(call["keepdim"])))


_EXTREMES: Final = {"max": ("ReduceMax", "Max"), "min": ("ReduceMin", "Min")}


@reads(*_EXTREMES)
def extreme(call: Call) -> Tensor:
    """The largest along an axis, without its place; of all, or the larger of two tensors."""
    along, of_two = _EXTREMES[call["operator"]]
    if call["other"] is not None:
        return call.emit(of_two, call["self"], call["other"])
    if call["dim"] is None:
        return call.emit(along, call["self"], [*range(len(call.shape()))], keepdims=0)
    return (call.emit(along, call["self"], [call["dim"]], keepdims=int(bool(call["keepdim"]))),)


@reads("linalg_vector_norm", "norm")
def norm(call: Call) -> Tensor:
    if call["ord"] not in (None, 2) or call["p"] not in (None, 2):
        raise Unsupported("a norm other than L2 has no counterpart")
    dims = call["dim"]
    listed = [*dims] if isinstance(dims, list) else [dims]
    return call.emit("ReduceL2", call["self"], listed, keepdims=int(bool(call["keepdim"])))
