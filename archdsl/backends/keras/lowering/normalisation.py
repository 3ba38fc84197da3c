"""Normalisations."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from archdsl.backends.keras.layers import functions
from archdsl.backends.keras.layers.normalisation import RootMeanSquareNormalization
from archdsl.backends.keras.registry import Site, Tensor, initializer, lowers, penalty
from archdsl.ops.base import Weighted
from archdsl.ops.normalisation import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RmsNorm


def gain_and_offset(op: Weighted) -> dict[str, Any]:
    """The arguments that Keras's normalisations share."""
    return {
        "gamma_initializer": initializer(op, "init", "ones"),
        "beta_initializer": initializer(op, "bias_init", "zeros"),
        "gamma_regularizer": penalty(op),
        "trainable": op.trainable,
    }


@lowers(BatchNorm)
def batch_norm(op: BatchNorm, site: Site, x: Tensor) -> Tensor:
    return site.layer(
        keras.layers.BatchNormalization,
        epsilon=op.eps,
        momentum=op.momentum,
        scale=op.scale,
        center=op.center,
        **gain_and_offset(op),
    )(x)


@lowers(LayerNorm)
def layer_norm(op: LayerNorm, site: Site, x: Tensor) -> Tensor:
    return site.layer(
        keras.layers.LayerNormalization, epsilon=op.eps, scale=op.scale, center=op.center, **gain_and_offset(op)
    )(x)


@lowers(GroupNorm)
def group_norm(op: GroupNorm, site: Site, x: Tensor) -> Tensor:
    return site.layer(keras.layers.GroupNormalization, groups=op.groups, epsilon=op.eps, **gain_and_offset(op))(x)


@lowers(InstanceNorm)
def instance_norm(op: InstanceNorm, site: Site, x: Tensor) -> Tensor:
    return site.layer(
        keras.layers.GroupNormalization,
        groups=-1,
        epsilon=op.eps,
        scale=op.scale,
        center=op.center,
        **gain_and_offset(op),
    )(x)


@lowers(RmsNorm)
def rms_norm(op: RmsNorm, site: Site, x: Tensor) -> Tensor:
    if not op.scale:
        return ops.rms_normalization(x, axis=-1, epsilon=op.eps)
    if op.init is None and not op.l2:
        return site.layer(keras.layers.RMSNormalization, epsilon=op.eps, trainable=op.trainable)(x)
    return site.layer(
        RootMeanSquareNormalization,
        epsilon=op.eps,
        scale_initializer=initializer(op, "init", "ones"),
        scale_regularizer=penalty(op),
        trainable=op.trainable,
    )(x)


@lowers(LocalResponseNorm)
def local_response_norm(op: LocalResponseNorm, _site: Site, x: Tensor) -> Tensor:
    alpha = op.alpha / op.size if op.divide else op.alpha
    return functions.local_response_norm(x, op.size, alpha, op.beta, op.k)
