"""What the layers of Keras are in the language: a function a class, from its configuration to ops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from archdsl.intake.errors import Unsupported
from archdsl.intake.flat import FlatGraph
from archdsl.intake.keras.config import Config
from archdsl.intake.numbers import shortest
from archdsl.ops.base import Op
from archdsl.ops.registry import OPS


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a layer: what it is applied to, and the graph to which its ops are appended."""

    graph: FlatGraph
    kind: str
    """The class of the layer."""
    name: str
    owner: str
    """The name of the first use of the layer, which owns its weights."""
    inputs: tuple[str, ...]
    arguments: tuple[Any, ...] = ()
    """What it is called with, tensors as ``TENSOR``."""

    def shape(self, place: int = 0) -> tuple[Any, ...]:
        return self.graph.shape(self.inputs[place])

    @property
    def rank(self) -> int:
        return len(self.shape()) - 1

    def emit(self, op: str, *inputs: str, part: str = "", **arguments: Any) -> str:
        """Appends an op that is applied to some values, else to the inputs of the layer.

        With ``part``, the op is one of several that the layer is; the one that owns the layer's weights has none.
        """
        name, owner = (f"{self.name}.{part}", f"{self.owner}.{part}") if part else (self.name, self.owner)
        return self.graph.add(name, made(op, **arguments), inputs or self.inputs, owner)


TENSOR: Final = object()

Reader: TypeAlias = Callable[[Config, Use], str]
"""From a layer's configuration and a use of it to the value that it gives."""

READERS: Final[dict[str, Reader]] = {}


def reads(*classes: str) -> Callable[[Reader], Reader]:
    def register(function: Reader) -> Reader:
        for name in classes:
            assert name not in READERS, f"{name} is read twice"
            READERS[name] = function
        return function

    return register


def made(name: str, **arguments: Any) -> Op:
    """An op of the language. Raises ``Unsupported`` where its arguments are outside of what it allows."""
    try:
        return OPS[name](**arguments)
    except ValueError as error:
        reason = str(error).splitlines()[2].strip() if len(str(error).splitlines()) > 2 else str(error)
        raise Unsupported(f"`{name}`: {reason}") from None


def _single(use: Use) -> None:
    if len(use.inputs) != 1:
        raise Unsupported(f"it has {len(use.inputs)} inputs")


# --- activations ----------------------------------------------------------------------------------------------

_ACTIVATIONS: Final = {
    "relu": "relu",
    "relu6": "relu6",
    "elu": "elu",
    "silu": "silu",
    "swish": "silu",
    "hard_silu": "hard_silu",
    "hard_swish": "hard_silu",
    "hard_sigmoid": "hard_sigmoid",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "softmax": "softmax",
    "softplus": "softplus",
    "mish": "mish",
    "gelu": "gelu",
}


def activated(config: Config, use: Use, value: str) -> str:
    """A value after the ``activation`` of a layer."""
    word = config.values.get("activation")
    if word is None or word == "linear":
        return value
    if not isinstance(word, str) or word not in _ACTIVATIONS:
        raise Unsupported(f"activation={word!r} has no counterpart")
    return use.emit(_ACTIVATIONS[word], value, part=_ACTIVATIONS[word])


@reads("Activation")
def _activation(config: Config, use: Use) -> str:
    word = config.word("activation")
    if word == "linear":
        return use.inputs[0]
    if word not in _ACTIVATIONS:
        raise Unsupported(f"activation={word!r} has no counterpart")
    return use.emit(_ACTIVATIONS[word])


@reads("ReLU")
def _relu(config: Config, use: Use) -> str:
    most = config.values.get("max_value")
    slope = config.number("negative_slope", 0.0)
    config.only("threshold", 0.0, 0)
    if most is None:
        return use.emit("leaky_relu", slope=slope) if slope else use.emit("relu")
    if slope or most != 6:
        raise Unsupported(f"max_value={most!r} with negative_slope={slope!r} has no counterpart")
    return use.emit("relu6")


@reads("LeakyReLU")
def _leaky_relu(config: Config, use: Use) -> str:
    return use.emit("leaky_relu", slope=config.number("negative_slope"))


@reads("ELU")
def _elu(config: Config, use: Use) -> str:
    return use.emit("elu", alpha=config.number("alpha", 1.0))


@reads("Softmax")
def _softmax(config: Config, use: Use) -> str:
    return use.emit("softmax", axis=_axis(config.integer("axis", -1), use))


@reads("PReLU")
def _prelu(config: Config, use: Use) -> str:
    shared = config.values.get("shared_axes") or []
    rank = len(use.shape())
    if sorted(shared) == [*range(1, rank)]:
        return use.emit("prelu", per="channel")
    if not shared:
        return use.emit("prelu", per="element")
    raise Unsupported(f"shared_axes={shared!r} has no counterpart")


# --- convolutions ---------------------------------------------------------------------------------------------


def _window(config: Config) -> dict[str, Any]:
    config.channels_last()
    found: dict[str, Any] = {
        "k": config.sizes("kernel_size"),
        "stride": config.sizes("strides"),
        "pad": config.word("padding", "same", "valid"),
        "bias": config.flag("use_bias", True),
        "trainable": config.flag("trainable", True),
    }
    return found


@reads("Conv1D", "Conv2D", "Conv3D")
def _conv(config: Config, use: Use) -> str:
    _single(use)
    value = use.emit(
        "conv",
        filters=config.integer("filters"),
        dilation=config.sizes("dilation_rate"),
        groups=config.integer("groups", 1),
        l2=config.l2("kernel_regularizer"),
        **_window(config),
    )
    return activated(config, use, value)


@reads("DepthwiseConv1D", "DepthwiseConv2D")
def _depthwise(config: Config, use: Use) -> str:
    _single(use)
    value = use.emit(
        "depthwise_conv",
        dilation=config.sizes("dilation_rate"),
        multiplier=config.integer("depth_multiplier", 1),
        l2=config.l2("depthwise_regularizer"),
        **_window(config),
    )
    return activated(config, use, value)


@reads("SeparableConv1D", "SeparableConv2D")
def _separable(config: Config, use: Use) -> str:
    _single(use)
    penalties = {config.l2("depthwise_regularizer"), config.l2("pointwise_regularizer")}
    if len(penalties) > 1:
        raise Unsupported("its two kernels have different penalties")
    value = use.emit(
        "separable_conv",
        filters=config.integer("filters"),
        dilation=config.sizes("dilation_rate"),
        multiplier=config.integer("depth_multiplier", 1),
        l2=penalties.pop(),
        **_window(config),
    )
    return activated(config, use, value)


@reads("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def _transposed(config: Config, use: Use) -> str:
    _single(use)
    config.only("output_padding", None)
    if config.sizes("dilation_rate") != 1:
        raise Unsupported("dilation_rate has no counterpart")
    value = use.emit(
        "conv_transpose",
        filters=config.integer("filters"),
        l2=config.l2("kernel_regularizer"),
        **_window(config),
    )
    return activated(config, use, value)


@reads("Dense")
def _dense(config: Config, use: Use) -> str:
    _single(use)
    config.only("quantization_config", None)
    value = use.emit(
        "dense",
        units=config.integer("units"),
        bias=config.flag("use_bias", True),
        l2=config.l2("kernel_regularizer"),
        trainable=config.flag("trainable", True),
    )
    return activated(config, use, value)


# --- normalisation --------------------------------------------------------------------------------------------


def _last(config: Config, use: Use) -> None:
    """The axis that is normalised must be the last one."""
    axis = config.values.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, len(use.shape())) or isinstance(axis, bool):
        raise Unsupported(f"axis={axis!r} is not that of the channels")


@reads("BatchNormalization")
def _batch_norm(config: Config, use: Use) -> str:
    _single(use)
    _last(config, use)
    config.only("renorm", False)
    return use.emit(
        "batch_norm",
        eps=config.number("epsilon"),
        momentum=config.number("momentum"),
        scale=config.flag("scale", True),
        center=config.flag("center", True),
        trainable=config.flag("trainable", True),
    )


@reads("LayerNormalization")
def _layer_norm(config: Config, use: Use) -> str:
    _single(use)
    _last(config, use)
    config.only("rms_scaling", False)
    return use.emit(
        "layer_norm",
        eps=config.number("epsilon"),
        scale=config.flag("scale", True),
        center=config.flag("center", True),
        trainable=config.flag("trainable", True),
    )


@reads("GroupNormalization")
def _group_norm(config: Config, use: Use) -> str:
    _single(use)
    _last(config, use)
    groups, scale, center = config.integer("groups"), config.flag("scale", True), config.flag("center", True)
    arguments: dict[str, Any] = {"eps": config.number("epsilon"), "trainable": config.flag("trainable", True)}
    if groups in (-1, use.shape()[-1]):
        return use.emit("instance_norm", scale=scale, center=center, **arguments)
    if not (scale and center):
        raise Unsupported("groups are normalised without scale or center")
    return use.emit("group_norm", groups=groups, **arguments)


@reads("Normalization")
def _normalization(config: Config, use: Use) -> str:
    _single(use)
    _last(config, use)
    config.only("invert", False)
    if config.values.get("mean") is None and config.values.get("variance") is None:
        return use.emit("normalize")
    return use.emit("normalize", mean=config.per_channel("mean"), variance=config.per_channel("variance"))


@reads("Rescaling")
def _rescaling(config: Config, use: Use) -> str:
    _single(use)
    return use.emit("rescale", factor=config.per_channel("scale"), offset=config.per_channel("offset"))


# --- poolings -------------------------------------------------------------------------------------------------


def _pooling(op: str, config: Config, use: Use) -> str:
    _single(use)
    config.channels_last()
    k, stride = config.sizes("pool_size"), config.sizes("strides")
    return use.emit(op, k=k, stride=None if stride == k else stride, pad=config.word("padding", "same", "valid"))


@reads("MaxPooling1D", "MaxPooling2D", "MaxPooling3D")
def _max_pool(config: Config, use: Use) -> str:
    return _pooling("max_pool", config, use)


@reads("AveragePooling1D", "AveragePooling2D", "AveragePooling3D")
def _avg_pool(config: Config, use: Use) -> str:
    return _pooling("avg_pool", config, use)


def _global(op: str, config: Config, use: Use) -> str:
    _single(use)
    config.channels_last()
    return use.emit(op, keepdims=config.flag("keepdims", False))


@reads("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D")
def _global_avg(config: Config, use: Use) -> str:
    return _global("global_avg_pool", config, use)


@reads("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D")
def _global_max(config: Config, use: Use) -> str:
    return _global("global_max_pool", config, use)


# --- joins ----------------------------------------------------------------------------------------------------


def _with_number(op: str, use: Use) -> str | None:
    """A function of a tensor and a number, in either order."""
    numbers = [n for n in use.arguments if isinstance(n, int | float) and not isinstance(n, bool)]
    if len(use.arguments) != 2 or len(numbers) != 1:
        return None
    number, is_first = float(numbers[0]), use.arguments[0] is not TENSOR
    if op == "add":
        return use.emit("rescale", factor=1.0, offset=number)
    if op == "mul":
        return use.emit("rescale", factor=number)
    if op == "subtract":
        return use.emit("rescale", factor=-1.0 if is_first else 1.0, offset=number if is_first else -number)
    if op == "divide" and number and not is_first:
        return use.emit("rescale", factor=1 / number)
    return None


_STRETCHING: Final = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "mul",
    "Divide": "divide",
    "TrueDivide": "divide",
}
_EQUAL: Final = {"Average": "average", "Maximum": "maximum", "Minimum": "minimum"}


@reads(*_STRETCHING, *_EQUAL)
def _join(_: Config, use: Use) -> str:
    if use.kind in _EQUAL:
        return use.emit(_EQUAL[use.kind])
    op = _STRETCHING[use.kind]
    if len(use.inputs) == 1 and (found := _with_number(op, use)) is not None:
        return found
    return use.emit(op, broadcast=len({use.shape(place) for place in range(len(use.inputs))}) > 1)


@reads("Concatenate")
def _concatenate(config: Config, use: Use) -> str:
    if len(use.inputs) == 1:
        return use.inputs[0]
    return use.emit("concat", axis=_axis(config.integer("axis", -1), use))


def _axis(axis: int, use: Use) -> int:
    """An axis as the language counts it: without the batch, the last one as -1."""
    rank = len(use.shape())
    if axis == 0 or not -rank <= axis <= rank:
        raise Unsupported(f"axis={axis} is that of the batch, or none")
    return -1 if axis in (-1, rank) else axis - 1 if axis > 0 else axis + rank


# --- shapes ---------------------------------------------------------------------------------------------------


@reads("Flatten")
def _flatten(config: Config, use: Use) -> str:
    config.channels_last()
    return use.inputs[0] if len(use.shape()) == 1 else use.emit("flatten")


@reads("Reshape")
def _reshape(config: Config, use: Use) -> str:
    return use.emit("reshape", to=config.axes("target_shape") if config.values.get("target_shape") else ())


@reads("Permute")
def _permute(config: Config, use: Use) -> str:
    value = config.values.get("dims")
    if not isinstance(value, list) or not all(type(n) is int for n in value):
        raise Unsupported(f"dims={value!r}")
    return use.emit("permute", order=tuple(n - 1 for n in value))


@reads("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def _zero_padding(config: Config, use: Use) -> str:
    config.channels_last()
    return use.emit("pad", size=shortest(config.pairs("padding")))


@reads("Cropping1D", "Cropping2D", "Cropping3D")
def _cropping(config: Config, use: Use) -> str:
    config.channels_last()
    return use.emit("crop", size=shortest(config.pairs("cropping")))


@reads("UpSampling1D", "UpSampling2D", "UpSampling3D")
def _upsampling(config: Config, use: Use) -> str:
    config.channels_last()
    method = config.word("interpolation", "nearest", "bilinear", "bicubic", default="nearest")
    return use.emit("upsample", size=config.sizes("size"), method=method)


# --- regularisation, and what changes nothing -----------------------------------------------------------------


@reads("Dropout")
def _dropout(config: Config, use: Use) -> str:
    rate, noise = config.number("rate"), config.values.get("noise_shape")
    if rate == 0:
        return use.inputs[0]
    if noise is None:
        return use.emit("dropout", rate=rate)
    if noise == [None, *[1] * len(use.shape())]:
        return use.emit("drop_path", rate=rate)
    raise Unsupported(f"noise_shape={noise!r} has no counterpart")


@reads("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
def _spatial_dropout(config: Config, use: Use) -> str:
    config.channels_last()
    rate = config.number("rate")
    return use.emit("spatial_dropout", rate=rate) if rate else use.inputs[0]


@reads("Identity", "ActivityRegularization")
def _identity(_: Config, use: Use) -> str:
    _single(use)
    return use.inputs[0]


# --- layers of keras.applications -----------------------------------------------------------------------------


@reads("LayerScale")
def _layer_scale(config: Config, use: Use) -> str:
    return use.emit("scale", value=config.number("init_values"))


@reads("StochasticDepth")
def _stochastic_depth(config: Config, use: Use) -> str:
    rate = config.number("drop_path_rate")
    return use.emit("drop_path", rate=rate) if rate else use.inputs[0]


@reads("CustomScaleLayer")
def _custom_scale(config: Config, use: Use) -> str:
    one, other = _two(use)
    scaled = use.emit("rescale", other, part="scale", factor=config.number("scale"))
    return use.emit("add", one, scaled)


def _two(use: Use) -> Sequence[str]:
    if len(use.inputs) != 2:
        raise Unsupported(f"it has {len(use.inputs)} inputs")
    return use.inputs
