"""Ops by name. A family is imported when one of its ops is first used: most models need few of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

from archdsl.ops.base import Op

MODULES: Final[Mapping[str, str]] = {
    "convolution": "conv depthwise_conv separable_conv",
    "transposed": "conv_transpose",
    "linear": "dense",
    "attention": "attention",
    "normalisation": "batch_norm layer_norm group_norm instance_norm rms_norm local_response_norm",
    "activation": "relu relu6 leaky_relu prelu elu gelu quick_gelu silu hard_silu hard_sigmoid sigmoid tanh softmax "
    "softplus mish",
    "elementwise": "exp log sqrt square power abs negative reciprocal sin cos clip",
    "reduction": "mean sum max min variance l2_normalize",
    "pooling": "max_pool avg_pool global_avg_pool global_max_pool adaptive_avg_pool",
    "regularisation": "dropout spatial_dropout drop_path",
    "joining": "add subtract mul divide maximum minimum average concat matmul",
    "reshape": "flatten reshape permute flatten_spatial unflatten_spatial",
    "tiling": "space_to_depth depth_to_space window_partition window_merge",
    "resize": "upsample resize",
    "extent": "pad crop slice roll",
    "source": "parameter constant ramp sinusoid rotary causal_mask relative_position_bias",
    "learned": "embedding class_token position_embedding scale",
    "input": "rescale normalize",
    "opaque": "opaque",
}
"""The modules of this package and the ops that each defines, in the order of the documentation."""


class _Ops(Mapping[str, type[Op]]):
    """All ops by name, in the order of ``MODULES``."""

    def __init__(self) -> None:
        self._homes = {name: module for module, names in MODULES.items() for name in names.split()}

    def __getitem__(self, name: str) -> type[Op]:
        home = self._homes[name]
        if name not in Op.registry:
            import_module(f"archdsl.ops.{home}")
        return Op.registry[name]

    def __contains__(self, name: object) -> bool:
        return name in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)


OPS: Final = _Ops()


def op_from_json(value: Any) -> Any:
    """An op from its serialised form: a mapping with its name under ``op``, next to its arguments."""
    if isinstance(value, Mapping):
        arguments = dict(value)
        name = arguments.pop("op", None)
        kind = OPS.get(name) if isinstance(name, str) else None
        if kind is None:
            raise ValueError(f"no op is called {name!r}")
        # As JSON, where strict still takes an array for a tuple, so that "64" and true are no numbers.
        return kind.model_validate_json(json.dumps(arguments))
    return value
