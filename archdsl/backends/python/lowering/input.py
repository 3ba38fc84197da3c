"""Preprocessing that is part of the model."""

from __future__ import annotations

from math import sqrt
from typing import Any

from archdsl.backends.python.registry import Lowered, Site, called, expression, lowers
from archdsl.ops.base import known
from archdsl.ops.input import Normalize, Rescale

_FLOOR = 1e-7
"""What Keras's Normalization divides by at least."""


@lowers(Rescale)
def rescale(op: Rescale, site: Site) -> Lowered:
    return called("Rescaling", ("scale", op.factor), offset=op.offset)


@lowers(Normalize)
def normalize(op: Normalize, site: Site) -> Lowered:
    mean: Any = op.mean
    variance: Any = op.variance
    if mean is None or variance is None:
        return called("Normalization")
    if sqrt(min(variance) if isinstance(variance, tuple) else variance) < _FLOOR:
        deviation = tuple(map(sqrt, variance)) if isinstance(variance, tuple) else sqrt(variance)
        return expression("({0} - np.float32({mean})) / np.float32({deviation})", mean=mean, deviation=deviation)
    if isinstance(mean, tuple) != isinstance(variance, tuple):  # Keras wants both as numbers or both as lists
        channels = known(site.inputs[0][-1], "the channels")
        mean, variance = (v if isinstance(v, tuple) else (v,) * channels for v in (mean, variance))
    return called("Normalization", mean=mean, variance=variance)
