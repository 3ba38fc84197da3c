"""Defaults of arguments of layers."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.backends.code.values import Argument, Literal

_USUAL: Mapping[str, Literal] = {
    "strides": 1,
    "padding": "valid",
    "dilation_rate": 1,
    "groups": 1,
    "depth_multiplier": 1,
    "use_bias": True,
    "epsilon": 1e-3,
    "momentum": 0.99,
    "scale": True,
    "center": True,
    "axis": -1,
    "offset": 0.0,
    "alpha": 1.0,
    "keepdims": False,
    "interpolation": "nearest",
    "antialias": False,
    "dropout": 0.0,
    "gamma_initializer": "ones",
    "beta_initializer": "zeros",
    "bias_initializer": "zeros",
    "kernel_initializer": "glorot_uniform",
    "depthwise_initializer": "glorot_uniform",
    "pointwise_initializer": "glorot_uniform",
    "embeddings_initializer": "uniform",
    "alpha_initializer": "zeros",
    "scale_initializer": "ones",
    "trainable": True,
    "count": 1,
    "per_channel": True,
}
_OF: Mapping[str, Mapping[str, Literal]] = {
    "Scale": {"initializer": "ones", "use_bias": False},
    "ClassToken": {"initializer": "zeros"},
    "layers.GroupNormalization": {"axis": -1},
    "layers.RMSNormalization": {"epsilon": 1e-6},
    "RootMeanSquareNormalization": {"epsilon": 1e-6},
    "layers.Resizing": {"interpolation": "bilinear"},
    "ResizeLike": {"interpolation": "bilinear"},
    "layers.PReLU": {"shared_axes": None},
    "Attention": {
        "scale": None,
        "learned_scale": False,
        "causal": False,
        "talking_heads": False,
        "rotary_base": 10_000.0,
        "rotary_pairs": "interleaved",
        "shift": (0, 0),
    },
}


def usual(callee: str, name: str, args: Mapping[str, Argument]) -> Argument:
    """The default of an argument; ``None`` also if it has none."""
    if callee.startswith(("layers.MaxPooling", "layers.AveragePooling")) and name == "strides":
        return args["pool_size"]
    if name in _OF.get(callee, {}):
        return _OF[callee][name]
    return _USUAL.get(name)
