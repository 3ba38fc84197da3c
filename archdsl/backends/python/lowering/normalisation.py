"""Normalisations."""

from __future__ import annotations

from archdsl.backends.code.values import Argument
from archdsl.backends.python.registry import (
    Lowered,
    Site,
    called,
    expression,
    frozen,
    initializer,
    lowers,
    own,
    penalty,
)
from archdsl.ops.base import Weighted
from archdsl.ops.normalisation import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RmsNorm


def _gain_and_offset(op: Weighted) -> dict[str, Argument]:
    """The arguments that Keras's normalisations share."""
    return {
        "gamma_initializer": initializer(op, "init", "ones"),
        "beta_initializer": initializer(op, "bias_init", "zeros"),
        "gamma_regularizer": penalty(op),
        **frozen(op),
    }


@lowers(BatchNorm)
def batch_norm(op: BatchNorm, site: Site) -> Lowered:
    return called(
        "BatchNormalization",
        momentum=op.momentum,
        epsilon=op.eps,
        scale=op.scale,
        center=op.center,
        **_gain_and_offset(op),
    )


@lowers(LayerNorm)
def layer_norm(op: LayerNorm, site: Site) -> Lowered:
    return called("LayerNormalization", epsilon=op.eps, scale=op.scale, center=op.center, **_gain_and_offset(op))


@lowers(GroupNorm)
def group_norm(op: GroupNorm, site: Site) -> Lowered:
    return called("GroupNormalization", ("groups", op.groups), epsilon=op.eps, **_gain_and_offset(op))


@lowers(InstanceNorm)
def instance_norm(op: InstanceNorm, site: Site) -> Lowered:
    return called(
        "GroupNormalization",
        ("groups", -1),
        epsilon=op.eps,
        scale=op.scale,
        center=op.center,
        **_gain_and_offset(op),
    )


@lowers(RmsNorm)
def rms_norm(op: RmsNorm, site: Site) -> Lowered:
    if not op.scale:
        return expression("ops.rms_normalization({0}, axis=-1, epsilon={epsilon})", epsilon=op.eps)
    if op.init is None and not op.l2:
        return called("RMSNormalization", epsilon=op.eps, **frozen(op))
    return own(
        "RootMeanSquareNormalization",
        epsilon=op.eps,
        scale_initializer=initializer(op, "init", "ones"),
        scale_regularizer=penalty(op),
        **frozen(op),
    )


@lowers(LocalResponseNorm)
def local_response_norm(op: LocalResponseNorm, site: Site) -> Lowered:
    alpha = op.alpha / op.size if op.divide else op.alpha
    return expression(
        "local_response_norm({0}, {size}, {alpha}, {beta}, {k})",
        "local_response_norm",
        size=op.size,
        alpha=alpha,
        beta=op.beta,
        k=op.k,
    )
