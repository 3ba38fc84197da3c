"""Normalisations."""

from __future__ import annotations

from typing import Any

import keras

from archdsl.backends.keras.layers.normalisation import LocalResponseNormalization, RootMeanSquareNormalization
from archdsl.backends.keras.registry import Layers, Site, initializer, lowers, penalty
from archdsl.ops.base import Weighted
from archdsl.ops.normalisation import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm, RmsNorm


def gain_and_offset(op: Weighted, site: Site) -> dict[str, Any]:
    """The arguments that the norms of Keras share."""
    return {
        "gamma_initializer": initializer(op, "init", "ones"),
        "beta_initializer": initializer(op, "bias_init", "zeros"),
        "gamma_regularizer": penalty(op),
        "trainable": op.trainable,
        "name": site.path,
    }


@lowers(BatchNorm)
def batch_norm(op: BatchNorm, site: Site) -> Layers:
    return keras.layers.BatchNormalization(
        epsilon=op.eps, momentum=op.momentum, scale=op.scale, center=op.center, **gain_and_offset(op, site)
    )


@lowers(LayerNorm)
def layer_norm(op: LayerNorm, site: Site) -> Layers:
    return keras.layers.LayerNormalization(
        epsilon=op.eps, scale=op.scale, center=op.center, **gain_and_offset(op, site)
    )


@lowers(GroupNorm)
def group_norm(op: GroupNorm, site: Site) -> Layers:
    return keras.layers.GroupNormalization(op.groups, epsilon=op.eps, **gain_and_offset(op, site))


@lowers(RmsNorm)
def rms_norm(op: RmsNorm, site: Site) -> Layers:
    if op.scale and op.init is None and not op.l2:
        return keras.layers.RMSNormalization(epsilon=op.eps, trainable=op.trainable, name=site.path)
    return RootMeanSquareNormalization(
        op.eps,
        scale=op.scale,
        scale_initializer=initializer(op, "init", "ones"),
        scale_regularizer=penalty(op),
        trainable=op.trainable,
        name=site.path,
    )


@lowers(LocalResponseNorm)
def local_response_norm(op: LocalResponseNorm, site: Site) -> Layers:
    return LocalResponseNormalization(op.size, op.alpha, op.beta, op.k, op.divide, name=site.path)
