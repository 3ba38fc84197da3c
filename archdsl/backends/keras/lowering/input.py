"""Preprocessing that is part of the model."""

from __future__ import annotations

from typing import Any

import keras

from archdsl.backends.keras.registry import Layers, Site, lowers
from archdsl.ops.base import known
from archdsl.ops.input import Normalize, Rescale


@lowers(Rescale)
def rescale(op: Rescale, site: Site) -> Layers:
    return keras.layers.Rescaling(_plain(op.factor), _plain(op.offset), name=site.path)


@lowers(Normalize)
def normalize(op: Normalize, site: Site) -> Layers:
    mean, variance = op.mean, op.variance
    if mean is not None and variance is not None and isinstance(mean, tuple) != isinstance(variance, tuple):
        # Keras wants both as numbers or both as lists.
        channels = known(site.inputs[0][-1], "the channels")
        mean, variance = (v if isinstance(v, tuple) else (v,) * channels for v in (mean, variance))
    return keras.layers.Normalization(axis=-1, mean=_plain(mean), variance=_plain(variance), name=site.path)


def _plain(values: Any) -> Any:
    return list(values) if isinstance(values, tuple) else values
