"""Shapes, weights and multiply-adds of convolutions."""

from __future__ import annotations

from typing import Any

import pytest

from archdsl.diagnostics.catalogue import shapes as codes
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import Weight
from archdsl.ops.convolution import Conv, DepthwiseConv, SeparableConv
from archdsl.ops.init import Init
from archdsl.ops.sliding import same_pads
from archdsl.ops.transposed import ConvTranspose
from tests.unit.ops.misfits import refuses

H, W = Sym.named("h"), Sym.named("w")


@pytest.mark.parametrize(
    ("arguments", "shape", "out"),
    [
        ({"k": 7, "stride": 2, "pad": 3}, (224, 224, 3), (112, 112, 8)),
        ({"k": 11, "stride": 4, "pad": "valid"}, (227, 227, 3), (55, 55, 8)),
        ({"k": 3, "stride": 2}, (225, 224, 3), (113, 112, 8)),
        ({"k": 3, "stride": 2, "pad": ((0, 1), 1)}, (224, 225, 3), (112, 113, 8)),
        ({"k": 3, "dilation": 2, "pad": "valid"}, (9, 9, 3), (5, 5, 8)),
        ({"k": (1, 7)}, (17, 17, 3), (17, 17, 8)),
        ({"k": 3, "stride": 2}, (100, 3), (50, 8)),
        ({"k": 3, "stride": (1, 2, 2)}, (8, 32, 32, 3), (8, 16, 16, 8)),
        ({"k": 3, "stride": 2, "pad": 1}, (H, W, 3), (H / 2, W / 2, 8)),
    ],
)
def test_conv_shape(arguments: dict[str, Any], shape: Shape, out: Shape) -> None:
    assert Conv(filters=8, **arguments).shape(shape) == out


def test_conv_weights_and_macs() -> None:
    op, x = Conv(filters=64, k=(3, 1), groups=2), (8, 8, 32)
    assert op.weights(x) == (Weight("kernel", (3, 1, 16, 64)), Weight("bias", (64,)))
    assert op.macs([x], op.shape(x)) == 8 * 8 * 64 * 3 * 16


def test_conv_misfits() -> None:
    with refuses(codes.IndivisibleChannels, "groups"):
        Conv(filters=64, groups=3).shape((8, 8, 64))
    with refuses(codes.EmptyDimension, "k"):
        Conv(filters=64, k=5, pad="valid").shape((4, 8, 3))
    with refuses(codes.WrongRank):
        Conv(filters=64).shape((64,))
    with refuses(codes.WrongCount, "k"):
        Conv(filters=64, k=(3, 3)).shape((100, 8))
    with refuses(codes.UnknownDimension):
        Conv(filters=64).shape((8, 8, Sym.named("c")))


def test_given_kernels_are_no_weights() -> None:
    op, x, kernel = Conv(filters=8, k=(3, 1), groups=2), (9, 9, 4), (3, 1, 2, 8)
    assert op.shape(x, kernel) == op.shape(x) == (9, 9, 8)
    assert op.weights(x, kernel) == (Weight("bias", (8,)),)
    assert op.macs([x, kernel], (9, 9, 8)) == op.macs([x], (9, 9, 8))
    assert len(op.reach([x, kernel], (9, 9, 8))) == 3
    for multiplier in (1, 2):
        depthwise = DepthwiseConv(multiplier=multiplier, bias=False)
        assert depthwise.shape(x, (3, 3, 1, 4 * multiplier)) == (9, 9, 4 * multiplier)
        assert depthwise.weights(x, (3, 3, 1, 4 * multiplier)) == ()
    assert DepthwiseConv(k=2, stride=(1, 2)).shape((9, 9, 4), (2, 2, 1, 4)) == (9, 5, 4)


def test_given_kernels_fit() -> None:
    for op, kernel in (
        (Conv(filters=8), (3, 3, 8, 4)),
        (Conv(filters=8, groups=2), (3, 3, 4, 8)),
        (Conv(filters=8), (3, 4, 8)),
        (DepthwiseConv(), (3, 3, 4, 1)),
    ):
        with refuses(codes.BadKernel, "kernel"):
            op.shape((9, 9, 4), kernel)
    with refuses(codes.BadKernel, "l2"):
        Conv(filters=8, l2=1e-4).shape((9, 9, 4), (3, 3, 4, 8))
    with refuses(codes.BadKernel, "init"):
        DepthwiseConv(init=Init(kind="zeros")).shape((9, 9, 4), (3, 3, 1, 4))


@pytest.mark.parametrize("op", [Conv(filters=4, stride=2, dilation=2), DepthwiseConv(stride=(1, 2), dilation=(2, 1))])
def test_stride_excludes_dilation(op: Conv | DepthwiseConv) -> None:
    with refuses(codes.StrideWithDilation, "dilation"):
        op.shape((16, 16, 4))


@pytest.mark.parametrize(
    ("shape", "kernel"),
    [((9, 4), (3, 1, 8)), ((9, 9, 4), (3, 3, 1, 8)), ((5, 9, 9, 4), (3, 3, 3, 1, 8))],
)
def test_depthwise_weights(shape: Shape, kernel: tuple[int, ...]) -> None:
    op = DepthwiseConv(multiplier=2, bias=False)
    assert op.weights(shape) == (Weight("kernel", kernel),)
    assert op.shape(shape) == (*shape[:-1], 8)


def test_uneven_strides() -> None:
    own = (Weight("kernel", (3, 3, 1, 8)),)
    assert DepthwiseConv(stride=(2, 1), multiplier=2, bias=False).weights((8, 8, 4)) == own
    with refuses(codes.UnevenStride, "stride"):
        SeparableConv(filters=8, stride=(2, 1)).shape((8, 8, 4))


def test_depthwise_macs() -> None:
    op, x = DepthwiseConv(k=7, multiplier=2), (14, 14, 96)
    assert op.macs([x], op.shape(x)) == 14 * 14 * 192 * 49


def test_separable_counts_both_convolutions() -> None:
    op, x = SeparableConv(filters=128, stride=2, multiplier=2, trainable=False), (32, 32, 64)
    first, second = DepthwiseConv(stride=2, multiplier=2), Conv(filters=128, k=1)
    between = first.shape(x)
    assert op.shape(x) == second.shape(between)
    assert op.macs([x], op.shape(x)) == first.macs([x], between) + second.macs([between], op.shape(x))
    assert op.activations([x], op.shape(x)) == 16 * 16 * (128 + 128)
    assert op.weights(x) == (
        Weight("depthwise_kernel", (3, 3, 1, 128), False),
        Weight("pointwise_kernel", (1, 1, 128, 128), False),
        Weight("bias", (128,), False),
    )


def test_separable_has_no_third_dimension() -> None:
    with refuses(codes.WrongRank):
        SeparableConv(filters=8).shape((8, 8, 8, 4))


@pytest.mark.parametrize(
    ("arguments", "shape", "out"),
    [
        ({"k": 2, "stride": 2}, (28, 28, 4), (56, 56, 8)),
        ({"k": 4, "stride": 2, "pad": 1}, (7, 7, 4), (14, 14, 8)),  # DCGAN
        ({"k": 3, "stride": 2, "pad": 1}, (7, 7, 4), (13, 13, 8)),
        ({"k": 3, "stride": 2, "pad": 1, "output_pad": 1}, (7, 7, 4), (14, 14, 8)),
        ({"k": 4, "stride": 1, "pad": "valid"}, (1, 1, 4), (4, 4, 8)),
        ({"k": 2, "stride": 3, "pad": "valid"}, (7, 7, 4), (21, 21, 8)),
        ({"k": 2, "stride": 3, "pad": 0}, (7, 7, 4), (20, 20, 8)),
        ({"k": 3, "stride": 2, "pad": ((0, 1),)}, (7, 4), (14, 8)),
        ({"k": 4, "stride": 2, "pad": 1}, (H, W, 4), (2 * H, 2 * W, 8)),
        ({"k": 3, "stride": 2, "pad": "valid"}, (2, H, W, 4), (5, 2 * H + 1, 2 * W + 1, 8)),
    ],
)
def test_conv_transpose_shape(arguments: dict[str, Any], shape: Shape, out: Shape) -> None:
    assert ConvTranspose(filters=8, **arguments).shape(shape) == out


def test_conv_transpose_weights_and_macs() -> None:
    op, x = ConvTranspose(filters=8, k=2, stride=2), (7, 7, 4)
    assert op.weights(x) == (Weight("kernel", (2, 2, 8, 4)), Weight("bias", (8,)))
    assert op.macs([x], op.shape(x)) == 14 * 14 * 8 * 4, "each output element sees one input element"


def test_conv_transpose_misfits() -> None:
    for pad, extra in (("same", 1), ("valid", 1), (1, 2), (1, (0, 2))):
        with refuses(codes.OutputPadTooLarge, "output_pad"):
            ConvTranspose(filters=8, stride=2, pad=pad, output_pad=extra).shape((7, 7, 4))
    with refuses(codes.EmptyDimension, "pad"):
        ConvTranspose(filters=8, k=2, pad=3).shape((4, 4, 4))


def test_same_pads() -> None:
    assert same_pads(224, k=7, stride=2) == (2, 3)
    assert same_pads(225, k=3, stride=2) == (1, 1)
    assert same_pads(8, k=1, stride=2) == (0, 0)
    assert same_pads(H, k=4, stride=1) == (1, 2)
    assert same_pads(H, k=3, stride=2) is None
