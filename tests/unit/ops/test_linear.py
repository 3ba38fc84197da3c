"""Shapes, weights and multiply-adds of dense layers and attention."""

from __future__ import annotations

from typing import Any

import pytest

from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.attention import Attention
from archdsl.ops.base import Weight
from archdsl.ops.convolution import Conv
from archdsl.ops.linear import Dense
from tests.unit.ops.misfits import refuses

N = Sym.named("n")


@pytest.mark.parametrize("before", [(), (7,), (7, 7), (N,)])
def test_dense_works_on_the_last_axis(before: Shape) -> None:
    op, x = Dense(units=10), (*before, 64)
    assert op.shape(x) == (*before, 10)
    assert op.weights(x) == (Weight("kernel", (64, 10)), Weight("bias", (10,)))


def test_dense_macs() -> None:
    assert Dense(units=10, bias=False).macs([(7, 64)], (7, 10)) == 7 * 64 * 10


def test_dense_misfits() -> None:
    with refuses(codes.UnknownDimension):
        Dense(units=10).shape((N,))
    with refuses(codes.WrongRank):
        Dense(units=10).shape(())


def test_attention_weights() -> None:
    op = Attention(heads=3, key_dim=16, relative_position=(2, 4))
    assert op.weights((8, 96)) == (
        Weight("relative_position_bias", (3 * 7, 3)),
        Weight("query/kernel", (96, 3, 16)),
        Weight("query/bias", (3, 16)),
        Weight("key/kernel", (96, 3, 16)),
        Weight("key/bias", (3, 16)),
        Weight("value/kernel", (96, 3, 16)),
        Weight("value/bias", (3, 16)),
        Weight("attention_output/kernel", (3, 16, 96)),
        Weight("attention_output/bias", (96,)),
    )


def test_cross_attention() -> None:
    op, x, context = Attention(heads=4, bias=False, trainable=False), (10, 64), (50, 32)
    assert op.shape(x, context) == x
    assert [w.shape for w in op.weights(x, context)] == [(64, 4, 16), (32, 4, 16), (32, 4, 16), (4, 16, 64)]
    assert not any(w.trainable for w in op.weights(x, context))
    assert op.macs([x, context], x) == 2 * 10 * 64 * 64 + 2 * 50 * 32 * 64 + 2 * 10 * 50 * 64
    assert op.activations([x, context], x) == 2 * 10 * 64 + 2 * 50 * 64 + 4 * 10 * 50 + 10 * 64


def test_macs_of_vit_b_16() -> None:
    """What torch's FlopCounterMode counts in timm's vit_base_patch16_224, halved."""
    x = (197, 768)
    block = Attention(heads=12).macs([x], x) + 2 * Dense(units=3072).macs([x], (197, 3072))
    patches = Conv(filters=768, k=16, stride=16).macs([(224, 224, 3)], (14, 14, 768))
    assert patches + 12 * block + Dense(units=1000).macs([(768,)], (1000,)) == 17_563_828_224


def test_attention_takes_any_axes_before() -> None:
    op = Attention(heads=3)
    for x in ((49, 96), (64, 49, 96), (8, 8, 49, 96), (N, 49, 96), (N, 96)):
        assert op.shape(x) == x
    assert op.macs([(64, 49, 96)], (64, 49, 96)) == 64 * op.macs([(49, 96)], (49, 96))


def test_swin_arguments_fit() -> None:
    op = Attention(heads=3, relative_position=(7, 7), map=(56, 56), shift=3)
    assert op.shape((64, 49, 96)) == (64, 49, 96)
    assert op.shifts == (3, 3)


@pytest.mark.parametrize(
    ("code", "argument", "arguments", "shape"),
    [
        (codes.IndivisibleChannels, "heads", {"heads": 5}, (49, 96)),
        (codes.WrongRank, None, {}, (96,)),
        (codes.UnknownDimension, None, {}, (49, N)),
        (codes.WindowMismatch, "relative_position", {"relative_position": (7, 7)}, (64, 96)),
        (codes.UnknownDimension, None, {"relative_position": (7, 7)}, (N, 96)),
        (codes.NeedsArgument, "shift", {"shift": 3}, (64, 49, 96)),
        (codes.NeedsArgument, "shift", {"relative_position": (7, 7), "shift": (0, 3)}, (64, 49, 96)),
        (codes.IndivisibleMap, "map", {"relative_position": (7, 7), "map": (56, 50), "shift": 3}, (64, 49, 96)),
        (codes.WindowMismatch, "map", {"relative_position": (7, 7), "map": (28, 28), "shift": 3}, (64, 49, 96)),
        (codes.WindowMismatch, "shift", {"relative_position": (7, 7), "map": (56, 56), "shift": 7}, (64, 49, 96)),
        (codes.WrongRank, "shift", {"relative_position": (7, 7), "map": (7, 7), "shift": 3}, (49, 96)),
    ],
)
def test_attention_misfits(
    code: type[Diagnostic], argument: str | None, arguments: dict[str, Any], shape: Shape
) -> None:
    with refuses(code, argument):
        Attention(**{"heads": 3} | arguments).shape(shape)


def test_context_has_the_same_axes_before() -> None:
    with refuses(codes.WrongRank, "context"):
        Attention(heads=2).shape((4, 9, 8), (3, 9, 8))


def test_attention_of_other_widths() -> None:
    op, x, keys, values = Attention(heads=4, kv_heads=2, key_dim=5, value_dim=3, units=7), (10, 8), (6, 9), (6, 11)
    assert op.shape(x, keys, values) == (10, 7)
    assert [(w.name, w.shape) for w in op.weights(x, keys, values) if w.name.endswith("kernel")] == [
        ("query/kernel", (8, 4, 5)),
        ("key/kernel", (9, 2, 5)),
        ("value/kernel", (11, 2, 3)),
        ("attention_output/kernel", (4, 3, 7)),
    ]
    projections = 10 * 8 * 4 * 5 + 6 * 9 * 2 * 5 + 6 * 11 * 2 * 3 + 10 * 4 * 3 * 7
    assert op.macs([x, keys, values], (10, 7)) == projections + 4 * 10 * 6 * (5 + 3)
    made = 10 * 4 * 5 + 6 * 2 * 5 + 6 * 2 * 3 + 4 * 10 * 6 + 10 * 4 * 3
    assert op.activations([x, keys, values], (10, 7)) == made + 10 * 7
    assert op.between([x, keys, values], (10, 7)) == made


def test_talking_heads() -> None:
    """Two matrices of heads by heads, for each pair of tokens; the logits are there three times."""
    op, plain, x = Attention(heads=3, talking_heads=True), Attention(heads=3), (5, 6)
    assert op.weights(x)[-4:] == (
        Weight("talking_logits/kernel", (3, 3)),
        Weight("talking_logits/bias", (3,)),
        Weight("talking_weights/kernel", (3, 3)),
        Weight("talking_weights/bias", (3,)),
    )
    assert op.macs([x], x) == plain.macs([x], x) + 2 * 5 * 5 * 3 * 3
    assert op.activations([x], x) == plain.activations([x], x) + 2 * 3 * 5 * 5


def test_norms_and_scale_of_attention() -> None:
    x = (5, 6)
    layer, rms = (Attention(heads=3, qk_norm=norm, scale="learned") for norm in ("layer", "rms"))
    assert layer.weights(x)[0] == Weight("logit_scale", (3,))
    assert [w.name for w in layer.weights(x)[-4:]] == [
        *("query_norm/gamma", "query_norm/beta", "key_norm/gamma", "key_norm/beta")
    ]
    assert rms.weights(x)[-2:] == (Weight("query_norm/scale", (2,)), Weight("key_norm/scale", (2,)))
    assert rms.between([x], x) == Attention(heads=3).between([x], x) + 2 * 5 * 6


def test_biases_of_attention() -> None:
    op = Attention(heads=3, bias=("query", "value"))
    assert [w.name for w in op.weights((5, 6)) if w.name.endswith("bias")] == ["query/bias", "value/bias"]


@pytest.mark.parametrize(
    ("code", "argument", "arguments", "shapes"),
    [
        (codes.IndivisibleChannels, "kv_heads", {"kv_heads": 3}, [(6, 8)]),
        (codes.SizeMismatch, "causal", {"causal": True}, [(6, 8), (5, 8)]),
        (codes.SizeMismatch, "rotary", {"rotary": (6,)}, [(6, 8), (5, 8)]),
        (codes.SizeMismatch, "rotary", {"rotary": (2, 4)}, [(6, 8)]),
        (codes.IndivisibleChannels, "rotary", {"rotary": (2, 3)}, [(6, 12)]),
        (codes.UnknownDimension, None, {"rotary": (2, 3)}, [(N, 8)]),
        (codes.WrongRank, "values", {}, [(6, 8), (5, 8), (4, 8)]),
        (codes.SizeMismatch, "logit_bias", {}, [(6, 8), (5, 8), (5, 8), (2, 6, 6)]),
        (codes.SizeMismatch, "logit_bias", {}, [(6, 8), (5, 8), (5, 8), (1, 2, 6, 5)]),
    ],
)
def test_opened_attention_misfits(
    code: type[Diagnostic], argument: str | None, arguments: dict[str, Any], shapes: list[Shape]
) -> None:
    with refuses(code, argument):
        Attention(**{"heads": 2} | arguments).shape(*shapes)
