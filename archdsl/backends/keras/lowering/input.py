"""Preprocessing that is part of the model."""

from __future__ import annotations

from math import sqrt
from typing import Any

import keras
import numpy as np

from archdsl.backends.keras.registry import Site, Tensor, lowers
from archdsl.ops.base import known
from archdsl.ops.input import Normalize, Rescale

_FLOOR = 1e-7
"""What Keras's Normalization divides by at least."""


@lowers(Rescale)
def rescale(op: Rescale, site: Site, x: Tensor) -> Tensor:
    return keras.layers.Rescaling(_plain(op.factor), _plain(op.offset), name=site.path)(x)


@lowers(Normalize)
def normalize(op: Normalize, site: Site, x: Tensor) -> Tensor:
    mean, variance = op.mean, op.variance
    if mean is None or variance is None:
        return site.layer(keras.layers.Normalization, axis=-1)(x)
    if sqrt(min(variance) if isinstance(variance, tuple) else variance) < _FLOOR:
        means, deviations = (np.asarray(values, x.dtype) for values in (mean, np.sqrt(variance)))
        return keras.ops.divide(keras.ops.subtract(x, means), deviations)
    if isinstance(mean, tuple) != isinstance(variance, tuple):
        # Keras wants both as numbers or both as lists.
        channels = known(site.inputs[0][-1], "the channels")
        mean, variance = (v if isinstance(v, tuple) else (v,) * channels for v in (mean, variance))
    return keras.layers.Normalization(axis=-1, mean=_plain(mean), variance=_plain(variance), name=site.path)(x)


def _plain(values: Any) -> Any:
    return list(values) if isinstance(values, tuple) else values
