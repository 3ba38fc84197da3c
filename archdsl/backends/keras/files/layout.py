"""Names for the arrays that Keras numbers in its files: those of each class of layer, in order of saving."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from typing import Any, Final, NamedTuple


class Named(NamedTuple):
    """An array of a layer, and the argument that must be set for the layer to have it."""

    name: str
    unless_false: str = ""


_LINEAR: Final = (Named("kernel"), Named("bias", "use_bias"))
_NORM: Final = (Named("gamma", "scale"), Named("beta", "center"))
_ARRAYS: Final[Mapping[str, tuple[Named, ...]]] = {
    **{f"{kind}{n}d": _LINEAR for kind in ("conv", "depthwise_conv") for n in (1, 2, 3)},
    **{f"{kind}conv{n}d_transpose": _LINEAR for kind in ("", "trimmed_") for n in (1, 2, 3)},
    **{
        f"separable_conv{n}d": (Named("depthwise_kernel"), Named("pointwise_kernel"), Named("bias", "use_bias"))
        for n in (1, 2)
    },
    "dense": _LINEAR,
    "einsum_dense": _LINEAR,
    "batch_normalization": (*_NORM, Named("moving_mean"), Named("moving_variance")),
    "layer_normalization": _NORM,
    "group_normalization": _NORM,
    "rms_normalization": (Named("scale"),),
    "root_mean_square_normalization": (Named("scale"),),
    "normalization": (Named("mean"), Named("variance"), Named("count")),
    "p_re_lu": (Named("alpha"),),
    "class_token": (Named("tokens"),),
    "position_embedding": (Named("embeddings"),),
    "scale": (Named("gamma"), Named("bias", "use_bias")),
    "multi_head_attention": (),
    "grouped_query_attention": (),
    "attention": (),  # beside those of its layers it names its own
}
_ATTENTIONS: Final = frozenset({"multi_head_attention", "grouped_query_attention", "attention"})


def snake_case(name: str) -> str:
    """The name of a class in Keras's files.

    >>> snake_case("Conv2DTranspose"), snake_case("PReLU"), snake_case("BatchNormalization")
    ('conv2d_transpose', 'p_re_lu', 'batch_normalization')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def names(kind: str, count: int, config: Mapping[str, Any] | None) -> tuple[tuple[str, ...], ...]:
    """The possible names of ``count`` arrays of a layer: one tuple, unless the layer's arguments are not known.

    No possibility means that the class is none that a graph of ours has, or has other arrays here.

    >>> names("conv2d", 1, None)
    (('kernel',),)
    >>> names("batch_normalization", 3, None)
    (('gamma', 'moving_mean', 'moving_variance'), ('beta', 'moving_mean', 'moving_variance'))
    >>> names("batch_normalization", 3, {"scale": False, "center": True})
    (('beta', 'moving_mean', 'moving_variance'),)
    """
    arrays = _ARRAYS.get(kind)
    if arrays is None:
        return ()
    choices = [_choices(array, config) for array in arrays]
    found = (
        tuple(array.name for array, is_there in zip(arrays, which, strict=True) if is_there)
        for which in product(*choices)
    )
    return tuple(those for those in found if len(those) == count)


def _choices(array: Named, config: Mapping[str, Any] | None) -> tuple[bool, ...]:
    if not array.unless_false:
        return (True,)
    if config is None:
        return (True, False)
    return (config.get(array.unless_false, True) not in (False, None),)


def part_kind(kind: str, name: str, config: Mapping[str, Any] | None) -> str:
    """The class of a sublayer; empty if it is not known.

    >>> part_kind("attention", "query", None), part_kind("attention", "key_norm", {"qk_norm": "rms"})
    ('einsum_dense', 'rms_normalization')
    """
    if kind not in _ATTENTIONS:
        return ""
    if not name.endswith("_norm"):
        return "einsum_dense"
    return "rms_normalization" if config and config.get("qk_norm") == "rms" else "layer_normalization"
