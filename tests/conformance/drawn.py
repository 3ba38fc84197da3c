"""Weights and images that anyone can draw again: a function of a name and a shape, of nothing else.

A reference that needs PyTorch is run once, with the weights drawn here; its logits are kept, its weights are not.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]

_FACTOR = re.compile(r"weight|(gamma|ls)_?\d?|(layer_)?scale|alpha|temperature")
"""What norms, affine layers, layer scales and attention call their factors."""


def noise(name: str, shape: Sequence[int]) -> Array:
    """Uniform, of mean 0 and variance 1, from raw bits of PCG64, whose stream NumPy promises never to change.

    >>> noise("images", (2,))
    array([0.9213708, 1.0873307], dtype=float32)
    """
    bits = np.random.PCG64(zlib.crc32(name.encode())).random_raw(math.prod(shape))
    unit = (bits >> np.uint64(40)).astype(np.float32) / np.float32(2**24)  # 24 bits: what a float32 holds
    return ((unit - np.float32(0.5)) * np.float32(math.sqrt(12))).reshape(tuple(shape))


def whole(name: str, shape: Sequence[int], count: int) -> NDArray[np.int32]:
    """Whole numbers from 0 to ``count - 1``, such as tokens.

    >>> whole("images", (3,), 10)
    array([7, 8, 6], dtype=int32)
    """
    unit = noise(name, shape) / np.float32(math.sqrt(12)) + np.float32(0.5)
    return np.minimum((unit * count).astype("int32"), count - 1)


def draw(name: str, shape: Sequence[int]) -> Array:
    """The value of a weight with PyTorch's name and shape, such that each weight shows in the logits.

    Kernels are scaled by their fan-in, factors of norms and of layer scales lie around 1, variances are positive.
    """
    kind = name.rpartition(".")[2]
    values = noise(name, shape)
    if kind == "running_var":
        return np.exp(values / 4)
    if kind == "weight" and len(shape) > 1:
        return values * np.float32(math.sqrt(2 / math.prod(shape[1:])))
    if _FACTOR.fullmatch(kind):
        return 1 + values / 5
    return values / 5
