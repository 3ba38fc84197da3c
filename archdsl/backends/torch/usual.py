"""Defaults of arguments of PyTorch's modules."""

from __future__ import annotations

from collections.abc import Mapping

from archdsl.backends.code.values import Argument, Literal

_USUAL: Mapping[str, Literal] = {
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "groups": 1,
    "bias": True,
    "eps": 1e-5,
    "momentum": 0.1,
    "ceil_mode": False,
    "count_include_pad": True,
    "affine": True,
    "elementwise_affine": True,
    "output_padding": 0,
    "mode": "nearest",
    "approximate": "none",
    "scale": True,
    "center": True,
    "negative_slope": 0.01,
    "num_parameters": 1,
}
_OF_ATTENTION: Mapping[str, Literal] = {
    "bias": ("query", "key", "value", "output", "talking"),
    "dropout": 0.0,
    "learned_scale": False,
    "causal": False,
    "talking_heads": False,
    "shift": (0, 0),
    "base": 10000.0,
    "interleaved": True,
}
_OF_RESPONSE: Mapping[str, Literal] = {"alpha": 1e-4, "beta": 0.75, "k": 1.0}


def usual(callee: str, name: str, args: Mapping[str, Argument]) -> Argument:
    """The default of an argument."""
    if callee == "Attention":
        return _OF_ATTENTION.get(name)
    if callee == "nn.LocalResponseNorm":
        return _OF_RESPONSE[name]
    if callee.startswith(("nn.MaxPool", "nn.AvgPool")) and name == "stride":
        return args["kernel_size"]
    if callee == "nn.ELU":
        return 1.0
    if callee.startswith("nn.InstanceNorm") and name == "affine":
        return False
    if callee == "nn.RMSNorm" and name == "eps":
        return None
    return _USUAL.get(name)
