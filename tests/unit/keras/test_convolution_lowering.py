"""Convolutions in Keras: what was stated is what was built, and numbers in ``pad`` mean what PyTorch means."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import archdsl
from archdsl.graph.dims import Shape, Sym
from archdsl.ops.base import per_axis
from archdsl.ops.convolution import Conv, DepthwiseConv, SeparableConv
from archdsl.ops.sliding import pad_pairs, same_pads
from archdsl.ops.transposed import ConvTranspose
from tests.unit.keras.harness import assert_agrees, assert_survives_saving, noise, reload, run, set_random

H, W = Sym.named("h"), Sym.named("w")
MAPS: tuple[Shape, ...] = ((9, 4), (9, 10, 4), (H, W, 4), (5, 6, 7, 4))
WINDOWS: tuple[dict[str, Any], ...] = (
    {},
    {"k": 5, "stride": 2},
    {"k": 3, "pad": "valid", "dilation": 2},
    {"k": 3, "stride": 2, "pad": 1},
    {"k": 3, "pad": 1, "bias": False},
    {"k": 2, "pad": 1, "trainable": False},
    {"k": 3, "pad": 2, "dilation": 2, "l2": 1e-4},
)


@pytest.mark.parametrize("shape", MAPS, ids=str)
@pytest.mark.parametrize("arguments", WINDOWS, ids=str)
def test_conv(arguments: dict[str, Any], shape: Shape) -> None:
    assert_agrees(Conv(filters=6, groups=2, **arguments), shape)


@pytest.mark.parametrize("shape", MAPS, ids=str)
@pytest.mark.parametrize("arguments", WINDOWS, ids=str)
def test_depthwise_conv(arguments: dict[str, Any], shape: Shape) -> None:
    assert_agrees(DepthwiseConv(multiplier=2, **arguments), shape)


@pytest.mark.parametrize("shape", MAPS[:3], ids=str)
@pytest.mark.parametrize("arguments", WINDOWS, ids=str)
def test_separable_conv(arguments: dict[str, Any], shape: Shape) -> None:
    assert_agrees(SeparableConv(filters=5, multiplier=2, **arguments), shape)


def strided(shape: tuple[int, ...], k: int, stride: int) -> list[tuple[slice, ...]]:
    """The windows of ``k`` elements a side that lie inside a map, in order."""
    starts = (range(0, n - k + 1, stride) for n in shape)
    return [tuple(slice(s, s + k) for s in corner) for corner in product(*starts)]


def test_explicit_padding_adds_zeros_where_it_says() -> None:
    op = Conv(filters=3, k=3, stride=2, pad=((0, 1), (2, 0)))
    model, x = assert_agrees(op, (8, 8, 4)), noise(2, 8, 8, 4)
    weights = set_random(model)
    padded = np.pad(x, ((0, 0), (0, 1), (2, 0), (0, 0)))
    windows = strided(padded.shape[1:3], 3, 2)
    wanted = np.stack([np.einsum("bhwc,hwcf->bf", padded[:, i, j], weights["kernel"]) for i, j in windows], 1)
    np.testing.assert_allclose(run(model, x).reshape(wanted.shape), wanted + weights["bias"], atol=1e-4)


@pytest.mark.parametrize("stride", [2, (2, 1)], ids=str)
def test_depthwise_conv_keeps_channels_apart(stride: Any) -> None:
    model, x = assert_agrees(DepthwiseConv(k=3, stride=stride, pad="valid", multiplier=2), (8, 8, 4)), noise(2, 8, 8, 4)
    down, right = (stride, stride) if isinstance(stride, int) else stride
    weights = set_random(model)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))[:, ::down, ::right]
    wanted = np.einsum("bijchw,hwcm->bijcm", windows, weights["kernel"].reshape(3, 3, 4, 2))
    wanted = wanted.reshape(*wanted.shape[:3], 8) + weights["bias"]
    np.testing.assert_allclose(run(model, x), wanted, atol=1e-4)


def test_depthwise_conv_in_three_dimensions_equals_slices_of_two() -> None:
    flat, deep = DepthwiseConv(k=(3, 3), multiplier=2), DepthwiseConv(k=(1, 3, 3), multiplier=2)
    one, other = assert_agrees(flat, (6, 6, 4)), assert_agrees(deep, (2, 6, 6, 4))
    weights = set_random(one)
    other.set_weights([weights["kernel"].reshape(1, 3, 3, 1, 8), weights["bias"]])
    x = noise(1, 2, 6, 6, 4)
    np.testing.assert_allclose(run(other, x)[0], run(one, x[0]), atol=1e-4)


TRANSPOSED = (
    {"pad": "same"},
    {"pad": "valid"},
    {"pad": 0},
    {"pad": 1},
    {"pad": 1, "output_pad": 1},
    {"pad": 0, "output_pad": 1, "bias": False, "trainable": False},
    {"pad": 0, "output_pad": 1},
)


@pytest.mark.parametrize("shape", [(7, 3), (H, W, 3), (3, 4, 5, 3)], ids=str)
@pytest.mark.parametrize(("k", "stride"), [(2, 2), (3, 2), (4, 2), (2, 3), (1, 2)])
@pytest.mark.parametrize("arguments", TRANSPOSED, ids=str)
def test_conv_transpose(arguments: dict[str, Any], k: int, stride: int, shape: Shape) -> None:
    small = arguments["pad"] == 1 and k == 1 and shape == (3, 4, 5, 3)
    assert_agrees(ConvTranspose(filters=5, k=k, stride=stride, **arguments), (6, 6, 6, 3) if small else shape)


GIVEN = [
    ("conv(6, k=3, stride=2, groups=2, kernel=w)", "[3, 3, 2, 6]", "conv(6, k=3, stride=2, groups=2)"),
    ("conv(6, k=[1, 3], pad=1, bias=false, kernel=w)", "[1, 3, 4, 6]", "conv(6, k=[1, 3], pad=1, bias=false)"),
    (
        "depthwise_conv(3, stride=2, multiplier=2, kernel=w)",
        "[3, 3, 1, 8]",
        "depthwise_conv(3, stride=2, multiplier=2)",
    ),
    (
        "depthwise_conv(3, stride=[1, 2], bias=false, kernel=w)",
        "[3, 3, 1, 4]",
        "depthwise_conv(3, stride=[1, 2], bias=false)",
    ),
]


@pytest.mark.parametrize(("step", "size", "own"), GIVEN)
def test_a_given_kernel_is_as_good_as_an_own_one(step: str, size: str, own: str, tmp_path: Path) -> None:
    """And is trained as well: the gradients of both are the same."""
    text = "model M() :: [?, 8, 4] -> [...] {{ {} }}"
    given = archdsl.load_text(text.format(f"id as x -> {{ parameter({size}) }} as w -> {{ x -> {step} }}")).build()
    alone = archdsl.load_text(text.format(own)).build()
    assert given.count_params() == alone.count_params()
    for to, of in zip(given.weights, alone.weights, strict=True):
        to.assign(noise(*of.shape, seed=3).reshape(to.shape))
        of.assign(noise(*of.shape, seed=3))
    x = noise(3, 7, 8, 4)
    np.testing.assert_allclose(run(given, x), run(alone, x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(run(reload(given, tmp_path), x), run(given, x), rtol=1e-6, atol=1e-6)
    steps = []
    for model in (given, alone):
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.train_on_batch(x, np.zeros_like(run(alone, x)))
        steps.append([np.ravel(weight) for weight in model.get_weights()])
    for one, other in zip(*steps, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_kernel_for_each_example(tmp_path: Path) -> None:
    """Of a hypernetwork, under a batch size that is known only when the model runs."""
    text = """\
model M() :: (x: [5, 5, 4], z: [3]) -> [5, 5, 2] {
  z -> dense(9 * 4 * 2) -> reshape([3, 3, 4, 2]) as w
  -> { x -> conv(2, kernel=w) }
}
"""
    model = archdsl.load_text(text).build()
    x, z = noise(3, 5, 5, 4), noise(3, 3, seed=2)
    together = run(model, x, z)
    for i in range(3):
        np.testing.assert_allclose(run(model, x[i : i + 1], z[i : i + 1])[0], together[i], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.predict([x, z], verbose=0), together, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(run(reload(model, tmp_path), x, z), together, rtol=1e-6, atol=1e-6)
    assert np.abs(together[0] - run(model, x, z[::-1])[0]).max() > 0.01


def test_uses_of_several_ranks_share_a_bias() -> None:
    text = """\
block Part() :: (x: [..., 4], w: [..., 4, 2]) -> [..., 2] { x -> conv(2, k=3, stride=2, pad=1, kernel=w) }
model M() :: (x: [6, 4], y: [5, 6, 4]) -> (p: [3, 2], q: [3, 3, 2]) {
  shared part = Part
  ports {
    p: ports { x: x  w: parameter([3, 4, 2]) } -> part
    q: ports { x: y  w: parameter([3, 3, 4, 2]) } -> part
  }
}
"""
    model = archdsl.load_text(text).build()
    drawn = [noise(*weight.shape, seed=i) for i, weight in enumerate(model.weights)]
    model.set_weights(drawn)
    x, y = noise(2, 6, 4), noise(2, 5, 6, 4)
    answers = model([x, y])
    by_shape = {array.shape: array for array in drawn}
    for name, shape, kernel, given in (("p", (6, 4), (3, 4, 2), x), ("q", (5, 6, 4), (3, 3, 4, 2), y)):
        alone = archdsl.load_text(f"model M() :: {[*shape]} -> [...] {{ conv(2, k=3, stride=2, pad=1) }}").build()
        alone.set_weights([by_shape[kernel], by_shape[2,]])
        np.testing.assert_allclose(answers[name], alone(given), rtol=1e-5, atol=1e-5)


def scatter(x: np.ndarray[Any, Any], kernel: np.ndarray[Any, Any], stride: int, pad: int, extra: int) -> Any:
    """Transposed convolution as PyTorch defines it: every element adds its copy of the kernel; then edges are cut."""
    batch, n, _ = x.shape
    k, filters, _ = kernel.shape
    size = (n - 1) * stride + k
    whole = np.zeros((batch, size + extra, filters), "float32")
    for i in range(n):
        whole[:, i * stride : i * stride + k] += np.einsum("bc,kfc->bkf", x[:, i], kernel)
    return whole[:, pad : size + extra - pad]


@pytest.mark.parametrize(("k", "stride", "pad", "extra"), [(4, 2, 1, 0), (3, 2, 1, 1), (2, 3, 0, 2), (5, 1, 2, 0)])
def test_conv_transpose_pads_as_pytorch(k: int, stride: int, pad: int, extra: int) -> None:
    op = ConvTranspose(filters=5, k=k, stride=stride, pad=pad, output_pad=extra)
    model, x = assert_agrees(op, (Sym.named("l"), 3)), noise(2, 7, 3)
    weights = set_random(model)
    wanted = scatter(x, weights["kernel"], stride, pad, extra) + weights["bias"]
    np.testing.assert_allclose(run(model, x), wanted, atol=1e-4)


def test_trimmed_conv_transpose_survives_saving(tmp_path: Path) -> None:
    model = assert_agrees(ConvTranspose(filters=5, stride=2, pad=1, output_pad=1), (H, W, 3))
    assert_survives_saving(model, tmp_path, [noise(2, 5, 6, 3)])


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({"k": (3, 2, 3), "stride": (3, 1, 2), "pad": "valid"}, (5, 4, 4, 1)),
        ({"k": 3, "stride": 2}, (5, 4, 2, 1)),
        ({"k": 3, "stride": 2, "pad": ((1, 1), (1, 0), (0, 2))}, (5, 4, 2, 1)),
        ({"k": 2, "stride": 3, "pad": ((0, 0), (0, 0), (2, 1))}, (5, 5, 1, 1)),
        ({"k": (3, 5), "stride": 2, "pad": 1}, (6, 4, 1)),
    ],
    ids=str,
)
def test_a_single_column_is_computed_without_steps(arguments: dict[str, Any], shape: Shape) -> None:
    """Strided convolutions of one channel to a map of one column are wrong in oneDNN on processors with AVX-512."""
    op = Conv(filters=2, **arguments)
    assert op.shape(shape)[-2] == 1
    model, x = assert_agrees(op, shape), noise(2, *shape)
    made = [layer for layer in model.layers if hasattr(layer, "strides")]
    assert [layer.strides[-1] for layer in made] == [1]
    weights = set_random(model)
    strides, k = per_axis(op.stride, len(shape) - 1, "stride"), weights["kernel"].shape[:-2]
    if op.pad == "same":
        pads = [same_pads(n, size, s) for n, size, s in zip(shape, k, strides, strict=False)]
    else:
        pads = list(pad_pairs(0 if op.pad == "valid" else op.pad, len(shape) - 1))
    padded = np.pad(x, [(0, 0), *pads, (0, 0)])
    windows = strided_windows(padded, k, strides)
    wanted = np.stack([np.tensordot(padded[(slice(None), *w)], weights["kernel"], len(shape)) for w in windows], 1)
    np.testing.assert_allclose(run(model, x).reshape(wanted.shape), wanted + weights["bias"], atol=1e-4)


def strided_windows(padded: Any, k: tuple[int, ...], strides: tuple[int, ...]) -> list[tuple[slice, ...]]:
    starts = (range(0, n - size + 1, s) for n, size, s in zip(padded.shape[1:-1], k, strides, strict=True))
    return [tuple(slice(s, s + size) for s, size in zip(corner, k, strict=True)) for corner in product(*starts)]
