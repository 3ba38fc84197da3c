"""Dense layers, and learned tables, tokens, positions and scales."""

from __future__ import annotations

from archdsl.backends.code.values import Argument, Make
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
from archdsl.ops.learned import ClassToken, Embedding, PositionEmbedding, Scale
from archdsl.ops.linear import Dense


@lowers(Dense)
def dense(op: Dense, site: Site) -> Lowered:
    return called(
        "Dense",
        ("units", op.units),
        use_bias=op.bias,
        kernel_initializer=initializer(op),
        bias_initializer=initializer(op, "bias_init", "zeros"),
        kernel_regularizer=penalty(op),
        **frozen(op),
    )


@lowers(ClassToken)
def class_token(op: ClassToken, site: Site) -> Lowered:
    return own("ClassToken", count=op.count, initializer=initializer(op), regularizer=penalty(op), **frozen(op))


@lowers(PositionEmbedding)
def position_embedding(op: PositionEmbedding, site: Site) -> Lowered:
    return own("PositionEmbedding", ("initializer", initializer(op)), regularizer=penalty(op), **frozen(op))


@lowers(Scale)
def scale(op: Scale, site: Site) -> Lowered:
    start: Argument = Make("initializers.Constant", (("value", op.value),), 1) if op.init is None else initializer(op)
    return own(
        "Scale",
        ("initializer", start),
        per_channel=op.per == "channel",
        use_bias=op.bias,
        bias_initializer=initializer(op, "bias_init", "zeros"),
        regularizer=penalty(op),
        **frozen(op),
    )


@lowers(Embedding, stretches=True)
def embedding(op: Embedding, site: Site) -> Lowered:
    if len(site.inputs) == 1:
        return called(
            "Embedding",
            ("input_dim", op.vocabulary),
            ("output_dim", op.width),
            embeddings_initializer=initializer(op, default="uniform"),
            embeddings_regularizer=penalty(op),
            **frozen(op),
        )
    places = 'ops.cast({0}, "int32")'
    rank = len(site.inputs[0])
    if site.single[1] and not site.single[0]:
        return expression(f"ops.take(ops.squeeze({{1}}, 0), {places}, axis=0)")
    beside = [*range(1, rank)]  # a table for each example, and one for all of its axes
    rows = f"ops.expand_dims({{1}}, {beside})"
    return expression(f"ops.take_along_axis({rows}, ops.expand_dims({places}, -1), axis={rank})")
