"""Operators of ATen in those of ONNX: a function each, from the arguments that the operator's schema names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Final, TypeAlias

import numpy as np

from archdsl.intake.errors import Unsupported
from archdsl.intake.tensors.program import Constant, Node, Program

Tensor: TypeAlias = Any
"""The name of a tensor of the program, or several of them."""


@dataclass(slots=True)
class Call:
    """One operator."""

    program: Program
    name: str
    place: str
    given: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    """Of the tensors that it takes."""

    def emit(self, kind: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> Any:
        """Appends an operator. Numbers among its inputs become constants."""
        number = len(self.program.nodes)
        names = [f"{self.name}.{number}.{i}" for i in range(outputs)]
        given = ["" if each is None else each if isinstance(each, str) else self.number(each) for each in inputs]
        while given and given[-1] == "":
            given.pop()
        self.program.nodes.append(Node(kind, given, names, attributes, self.place))
        return names[0] if outputs == 1 else tuple(names)

    def number(self, value: Any) -> str:
        """A constant of one or several numbers: integers stay such where they are in a list."""
        name = f"{self.name}.constant.{len(self.program.constants)}"
        is_list = isinstance(value, list | tuple)
        self.program.constants[name] = Constant(
            np.asarray([*value], np.int64) if is_list else np.asarray(value, np.float32)
        )
        return name

    def __getitem__(self, name: str) -> Any:
        return self.given.get(name)

    def shape(self, name: str = "self") -> tuple[int, ...]:
        given = self.given[name]
        if given not in self.shapes:
            raise Unsupported(f"`{name}` is no tensor")
        return self.shapes[given]

    def pairs(self, name: str, rank: int) -> tuple[Any, ...]:
        """A number, or one for each dimension."""
        value = self.given[name]
        listed = [*value] if isinstance(value, list | tuple) else [value]
        return tuple(listed * rank if len(listed) == 1 else listed)


Reader: TypeAlias = Callable[[Call], Tensor]
OPERATORS: Final[dict[str, Reader]] = {}


def reads(*names: str) -> Callable[[Reader], Reader]:
    def register(function: Reader) -> Reader:
        for name in names:
            assert name not in OPERATORS, f"{name} is read twice"
            OPERATORS[name] = function
        return function

    return register


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
    return call.emit("AdaptiveAveragePool", call["self"], size=tuple(wanted))


@reads("adaptive_max_pool2d")
def adaptive_max(call: Call) -> Tensor:
    if any(n != 1 for n in call.pairs("output_size", 2)):
        raise Unsupported("an adaptive pooling by the largest, to more than one place, has no counterpart")
    return call.emit("GlobalMaxPool", call["self"])


_REDUCTIONS: Final = {"mean": "ReduceMean", "sum": "ReduceSum", "amax": "ReduceMax", "amin": "ReduceMin"}


@reads(*_REDUCTIONS)
def reduce(call: Call) -> Tensor:
    dims = call["dim"]
    listed = [*range(len(call.shape()))] if dims in (None, []) else [dims] if isinstance(dims, int) else [*dims]
    return call.emit(_REDUCTIONS[call["operator"]], call["self"], listed, keepdims=int(bool(call["keepdim"])))


@reads("linalg_vector_norm", "norm")
def norm(call: Call) -> Tensor:
    if call["ord"] not in (None, 2) or call["p"] not in (None, 2):
        raise Unsupported("a norm other than L2 has no counterpart")
    dims = call["dim"]
    listed = [*dims] if isinstance(dims, list) else [dims]
    return call.emit("ReduceL2", call["self"], listed, keepdims=int(bool(call["keepdim"])))


# --- shapes -----------------------------------------------------------------------------------------------------------


@reads("view", "reshape", "_unsafe_view")
def reshape(call: Call) -> Tensor:
    return call.emit("Reshape", call["self"], call["shape"] if call["shape"] is not None else call["size"], allowzero=1)


@reads("flatten")
def flatten(call: Call) -> Tensor:
    shape = call.shape()
    first, last = call["start_dim"] % len(shape), call["end_dim"] % len(shape)
    return call.emit("Reshape", call["self"], [*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :]])


@reads("unflatten")
def unflatten(call: Call) -> Tensor:
    shape, place = call.shape(), call["dim"] % len(call.shape())
    return call.emit("Reshape", call["self"], [*shape[:place], *call["sizes"], *shape[place + 1 :]])


@reads("permute")
def permute(call: Call) -> Tensor:
    rank = len(call.shape())
    return call.emit("Transpose", call["self"], perm=tuple(n % rank for n in call["dims"]))


@reads("transpose", "swapaxes", "swapdims")
def transpose(call: Call) -> Tensor:
    order = [*range(len(call.shape()))]
    one, other = (call[f"dim{i}"] if call[f"dim{i}"] is not None else call[f"axis{i}"] for i in (0, 1))
    order[one], order[other] = order[other], order[one]
    return call.emit("Transpose", call["self"], perm=tuple(order))


@reads("t", "numpy_T")
def turned(call: Call) -> Tensor:
    return call.emit("Transpose", call["self"], perm=tuple(range(len(call.shape())))[::-1])


@reads("movedim")
def movedim(call: Call) -> Tensor:
    source, target = (
        call[name] if isinstance(call[name], list) else [call[name]] for name in ("source", "destination")
    )
    if len(source) != 1:
        raise Unsupported("several axes are moved")
    return call.emit("MoveAxis", call["self"], source=source[0], target=target[0])


@reads("squeeze")
def squeeze(call: Call) -> Tensor:
    dims, shape = call["dim"], call.shape()
    listed = [i for i, n in enumerate(shape) if n == 1] if dims is None else [dims] if isinstance(dims, int) else dims
    listed = [n for n in listed if shape[n] == 1]
    return call.emit("Squeeze", call["self"], listed) if listed else call["self"]


@reads("unsqueeze")
def unsqueeze(call: Call) -> Tensor:
    return call.emit("Unsqueeze", call["self"], [call["dim"]])


@reads("expand")
def expand(call: Call) -> Tensor:
    shape, size = call.shape(), call["size"]
    padded = (*(1 for _ in range(len(size) - len(shape))), *shape)
    return call.emit("Expand", call["self"], [n if m == -1 else m for n, m in zip(padded, size, strict=True)])


@reads("expand_as")
def expand_as(call: Call) -> Tensor:
    return call.emit("Expand", call["self"], [*call.shape("other")])


@reads("repeat")
def repeat(call: Call) -> Tensor:
    repeats = call["repeats"]
    padded = [*(1 for _ in range(len(repeats) - len(call.shape()))), *call.shape()]
    return call.emit("Tile", call.emit("Reshape", call["self"], padded), repeats)


@reads("slice")
def slice_(call: Call) -> Tensor:
    dim, size = call["dim"], call.shape()[call["dim"]]
    start, end = call["start"] or 0, call["end"] if call["end"] is not None else size
    return call.emit("Slice", call["self"], [start], [min(end, size)], [dim], [call["step"] or 1])


@reads("select")
def select(call: Call) -> Tensor:
    name = call.number([call["index"]])
    call.program.constants[name] = Constant(np.asarray(call["index"], np.int64))
    return call.emit("Gather", call["self"], name, axis=call["dim"])


@reads("split", "split_with_sizes", "chunk")
def split(call: Call) -> Tensor:
    size, dim = call.shape()[call["dim"]], call["dim"]
    if call["operator"].startswith("chunk"):
        each: Any = -(-size // call["chunks"])
    else:
        each = call["split_sizes"] if call["split_sizes"] is not None else call["split_size"]
    sizes = [*each] if isinstance(each, list) else [min(each, size - at) for at in range(0, size, each)]
    found = call.emit("Split", call["self"], sizes, outputs=len(sizes), axis=dim)
    return found if len(sizes) > 1 else (found,)


@reads("unbind")
def unbind(call: Call) -> Tensor:
    found = []
    for place in range(call.shape()[call["dim"]]):
        call.given["index"] = place
        found.append(select(call))
    return tuple(found)


@reads("roll")
def roll(call: Call) -> Tensor:
    return call.emit("Roll", call["self"], axes=tuple(call["dims"]), shifts=tuple(call["shifts"]))


@reads("pad", "constant_pad_nd")
def pad(call: Call) -> Tensor:
    rank, given = len(call.shape()), call["pad"]
    before, after = [0] * rank, [0] * rank
    for place in range(len(given) // 2):
        before[rank - 1 - place], after[rank - 1 - place] = given[2 * place], given[2 * place + 1]
    if min(before + after) < 0:
        starts, ends = [max(-n, 0) for n in before], [n - max(-m, 0) for n, m in zip(call.shape(), after, strict=True)]
        cut = call.emit("Slice", call["self"], starts, ends, [*range(rank)])
        before, after = ([max(n, 0) for n in each] for each in (before, after))
    else:
        cut = call["self"]
    return call.emit("Pad", cut, before + after, call["value"] or 0.0, mode=call["mode"] or "constant")


@reads("pixel_shuffle")
def pixel_shuffle(call: Call) -> Tensor:
    return call.emit("DepthToSpace", call["self"], blocksize=call["upscale_factor"], mode="CRD")


@reads("channel_shuffle")
def channel_shuffle(call: Call) -> Tensor:
    n, c, h, w = call.shape()
    groups = call["groups"]
    split_ = call.emit("Reshape", call["self"], [n, groups, c // groups, h, w])
    return call.emit("Reshape", call.emit("Transpose", split_, perm=(0, 2, 1, 3, 4)), [n, c, h, w])


@reads("upsample_nearest2d", "upsample_bilinear2d")
def upsample(call: Call) -> Tensor:
    shape = call.shape() if call["self"] is not None else call.shape("input")
    size, factors = call["output_size"], call["scale_factors"]
    after = [*size] if size is not None else [int(n * f) for n, f in zip(shape[2:], factors, strict=True)]
    is_nearest = call["operator"].startswith("upsample_nearest")
    places = "align_corners" if call["align_corners"] else "asymmetric" if is_nearest else "half_pixel"
    return call.emit(
        "Resize",
        call["self"] if call["self"] is not None else call["input"],
        None,
        None,
        [*shape[:2], *after],
        mode="nearest" if is_nearest else "linear",
        coordinate_transformation_mode=places,
        nearest_mode="floor",
    )
